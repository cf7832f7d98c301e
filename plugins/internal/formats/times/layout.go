package times

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cllm4rec/core/sdk"
)

// isoForms are the forms of ISO 8601 as layouts of Go, which read a fraction of a
// second behind each of them; those without a zone, which are UTC, come last.
var isoForms = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700",
	"2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
}

// layout is how times are written as texts.
type layout struct {
	forms   []string // of Go
	last    int      // the form of the time before
	example string   // of what the user said; "" for ISO 8601
	told    bool
}

// like is what a time looks like.
func (l *layout) like() string {
	if l.example != "" {
		return l.example
	}
	return "2024-12-31T23:59:59Z"
}

func (c *Column) fromText(field []byte) (int64, error) {
	l, text := c.text, string(field)
	at, err := time.Parse(l.forms[l.last], text)
	for i := 0; err != nil && i < len(l.forms); i++ {
		if at, err = time.Parse(l.forms[i], text); err == nil {
			l.last = i
		}
	}
	if err != nil {
		return 0, fmt.Errorf("is %.40q, expected a time such as %q%s", field, l.like(), outOfRange(err))
	}
	if form := l.forms[l.last]; !l.told && !strings.Contains(form, "07") {
		l.told = true
		log := sdk.Logger()
		log.Info().Str("file", c.file).Str("column", c.name).Msg("the times name no zone: read as UTC")
	}
	return at.Unix(), nil
}

// outOfRange says so of a time such as one on 31 February.
func outOfRange(err error) string {
	var parse *time.ParseError
	if errors.As(err, &parse) && strings.HasSuffix(parse.Message, "out of range") {
		return " (" + strings.TrimPrefix(parse.Message, ": ") + ")"
	}
	return ""
}

// parseLayout makes a layout of Go of what the user said.
func parseLayout(format string) (string, error) {
	form := format
	if strings.Contains(format, "%") {
		var err error
		if form, err = fromStrptime(format); err != nil {
			return "", err
		}
	}
	if inert(form) {
		return "", fmt.Errorf("it holds no part of a time")
	}
	if strings.Contains(form, "MST") {
		return "", fmt.Errorf("abbreviations of time zones mean several zones each; only offsets such as +0100 are read")
	}
	return form, nil
}

// directives are those of strptime that have one meaning, as layouts of Go that take
// one digit or two where strptime does.
var directives = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "1", 'd': "2", 'e': "_2", 'j': "002", 'B': "January", 'b': "Jan", 'h': "Jan", 'A': "Monday", 'a': "Mon",
	'H': "15", 'I': "3", 'p': "PM", 'M': "4", 'S': "5", 'z': "Z0700", 'F': "2006-1-2", 'T': "15:4:5", 'D': "1/2/06", '%': "%",
}

// fromStrptime translates a format of strptime (POSIX; Python's documentation of
// datetime). It is translated and not read by a library because those that there are
// take the 31st of February for a day in March.
func fromStrptime(format string) (string, error) {
	format = strings.NewReplacer(".%f", "", ",%f", "", "%:z", "Z07:00").Replace(format) // a layout of Go reads fractions as it is
	var form strings.Builder
	for len(format) > 0 {
		literal, rest, found := strings.Cut(format, "%")
		if !inert(literal) {
			return "", fmt.Errorf("the text %q in it would be read as a part of a time", literal)
		}
		form.WriteString(literal)
		if !found {
			break
		}
		if rest == "" {
			return "", fmt.Errorf("it ends with a percent sign")
		}
		part, known := directives[rest[0]]
		if !known {
			return "", fmt.Errorf("the directive %%%.1s is not known; known are %s", rest, knownDirectives())
		}
		form.WriteString(part)
		format = rest[1:]
	}
	return form.String(), nil
}

func knownDirectives() string {
	var names []string
	for d := range directives {
		names = append(names, "%"+string(d))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// inert reports whether a text is no part of a layout: it stays as it is at any time.
func inert(text string) bool {
	for _, at := range []time.Time{time.Date(2011, 11, 22, 17, 33, 44, 555, time.FixedZone("X", 3600)), time.Date(1987, 9, 28, 8, 18, 29, 666, time.UTC)} {
		if at.Format(text) != text {
			return false
		}
	}
	return true
}
