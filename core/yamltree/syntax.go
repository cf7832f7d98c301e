package yamltree

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// syntax reports an error of the YAML reader, which carries its line in the text only.
func (p *parser) syntax(err error, doc []byte) {
	text, line := err.Error(), 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	column := min(line, 1)
	if at := badUTF8(doc); line == 0 && at > 0 {
		line, column, text = at, 1, "the text is not UTF-8"
	} else if l, c := indentingTab(doc, max(line, 1)); l > 0 && aboutTabs(text) {
		line, column, text = l, c, "the line is indented with a tab; YAML is indented with spaces alone"
	}
	p.add(line, column, nil, "not YAML: "+strings.TrimPrefix(text, "yaml: ")+quoteHint(doc))
}

// aboutTabs reports whether an error of the YAML reader may be about a tab, which
// it sometimes takes for the start of a value and sometimes sees a line too early.
func aboutTabs(text string) bool {
	return strings.Contains(text, "tab character") || strings.Contains(text, "cannot start any token")
}

// indentingTab is the place of the first tab before the text of a line or of the
// next one; 0 without one.
func indentingTab(doc []byte, from int) (line, column int) {
	n := 0
	for text := range bytes.Lines(doc) {
		n++
		indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
		if at := bytes.IndexByte(indent, '\t'); at >= 0 && (n == from || n == from+1) {
			return n, at + 1
		}
	}
	return 0, 0
}

// version12 is the directive of YAML 1.2 before a document.
var version12 = regexp.MustCompile(`^(\x{FEFF}?(?:[ \t]*(?:#[^\n]*)?\r?\n)*%YAML[ \t]+1\.)2`)

// asVersion11 is the text with YAML 1.1 in a directive that says 1.2: the reader
// reads 1.2 but does not know its name. No position changes.
func asVersion11(text []byte) []byte { return version12.ReplaceAll(text, []byte("${1}1")) }

// badUTF8 is the line of the first byte that is no UTF-8; 0 without one.
func badUTF8(text []byte) int {
	line := 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			return line
		case r == '\n':
			line++
		}
		text = text[size:]
	}
	return 0
}

// bareVariable is a ${NAME} that YAML takes for the start of a mapping, as it
// stands without quotes inside { } or [ ].
var bareVariable = regexp.MustCompile(`(?m)[{\[][^"'\n]*[:,\[]\s*\$\{`)

func quoteHint(doc []byte) string {
	if bareVariable.Match(doc) {
		return `; inside { } and [ ] a ${NAME} needs quotes: "${NAME}"`
	}
	return ""
}
