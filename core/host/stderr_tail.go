package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"cllm4rec/core/printable"

	"github.com/rs/zerolog"
)

// wordsKept is how many of a plugin's last lines are kept.
const wordsKept = 20

// words turns what a plugin writes to stderr into log entries and keeps the
// last lines. After the first line of a Go crash it keeps that line and those
// that follow it, since the cause stands above a long stack.
type stderrTail struct {
	log zerolog.Logger

	mu      sync.Mutex
	last    []string
	crashed bool
}

// lines is the last lines, oldest first.
func (w *stderrTail) lines() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.last)
}

func (w *stderrTail) keep(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.crashed && (strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")) {
		w.crashed, w.last = true, nil
	}
	switch {
	case len(w.last) < wordsKept:
		w.last = append(w.last, line)
	case !w.crashed:
		w.last = append(w.last[1:], line)
	}
}

// line takes one line without its end.
func (w *stderrTail) line(text []byte) {
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	entry, ok := parseEntry(text)
	if !ok {
		line := printable.Text(string(bytes.TrimSuffix(text, []byte{'\r'})))
		w.keep(line)
		w.log.Info().Msg(line)
		return
	}
	w.keep(printable.Text(entry.String()))
	w.log.WithLevel(entry.level).Fields(shown(entry.fields)).Msg(printable.Text(entry.message))
}

// shown is the fields of an entry as they may be shown: the log prints names and
// texts of fields as they are.
func shown(fields map[string]any) map[string]any {
	safe := make(map[string]any, len(fields))
	for key, value := range fields {
		if text, ok := value.(string); ok {
			value = printable.Text(text)
		}
		safe[printable.Line(key)] = value
	}
	return safe
}

// entry is a line of zerolog or hclog in JSON.
type entry struct {
	level   zerolog.Level
	message string
	fields  map[string]any
}

func parseEntry(text []byte) (entry, bool) {
	if text[0] != '{' {
		return entry{}, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var fields map[string]any
	if d.Decode(&fields) != nil {
		return entry{}, false
	}
	level, hasLevel := take(fields, "level", "@level")
	message, _ := take(fields, "message", "@message")
	for _, key := range []string{"time", "@timestamp", "@module", "@caller"} {
		delete(fields, key)
	}
	parsed, err := zerolog.ParseLevel(level)
	if !hasLevel || err != nil {
		return entry{}, false
	}
	return entry{level: parsed, message: message, fields: fields}, true
}

// take removes the first of the keys that is there and holds a string.
func take(fields map[string]any, keys ...string) (string, bool) {
	for _, key := range keys {
		if s, ok := fields[key].(string); ok {
			delete(fields, key)
			return s, true
		}
	}
	return "", false
}

// String is the entry as a person reads it, without a stack.
func (e entry) String() string {
	text := e.level.String() + ": " + e.message
	for _, key := range slices.Sorted(keysOf(e.fields)) {
		if key != "stack" {
			text += fmt.Sprintf(" %s=%v", key, e.fields[key])
		}
	}
	return text
}

func keysOf(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

// lineWriter cuts a stream into lines. Lines beyond maxLine are cut in pieces.
type lineWriter struct {
	to *stderrTail

	mu   sync.Mutex
	part []byte
}

const maxLine = 256 << 10

// Write never fails.
func (l *lineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		l.part = append(l.part, line...)
		if whole || len(l.part) > maxLine {
			l.to.line(l.part)
			l.part = l.part[:0]
		}
		rest = after
	}
	return len(p), nil
}

// flush takes a last line that has no end.
func (l *lineWriter) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.part) > 0 {
		l.to.line(l.part)
		l.part = nil
	}
}
