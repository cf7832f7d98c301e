package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"cllm4rec/core/printable"
)

// Names come from experiment files and from data; whatever stands in them, each
// format shows it as text. Control characters are quoted in all of them.

// markdown escapes text for CommonMark with tables: all that may begin emphasis,
// code, a link, HTML, an entity, mathematics or another cell, and what begins a
// heading, a list or a quotation at the start of a line.
func markdown(s string) string {
	s = markdownSigns.Replace(printable.Line(s))
	begin := strings.TrimLeft(s, " 0123456789")
	if begin != "" && strings.ContainsRune("+-=.)", rune(begin[0])) {
		at := len(s) - len(begin)
		s = s[:at] + `\` + s[at:]
	}
	return s
}

var markdownSigns = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "$", `\$`, "#", `\#`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;",
)

// latex escapes text for pdflatex, XeLaTeX and LuaLaTeX. A bracket or star at the
// start of a row would belong to the \\ before it, and hyphens would join.
func latex(s string) string { return latexSigns.Replace(printable.Line(s)) }

var latexSigns = strings.NewReplacer(
	`\`, `\textbackslash{}`, "&", `\&`, "%", `\%`, "$", `\$`, "#", `\#`, "_", `\_`, "{", `\{`, "}", `\}`,
	"~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "<", `\textless{}`, ">", `\textgreater{}`, "|", `\textbar{}`,
	"`", `\textasciigrave{}`, `"`, "''", "--", "-{}-{}", ",,", ",{},{}", "[", "{[}", "]", "{]}", "*", "{*}",
	"±", `$\pm$`, "↑", `$\uparrow$`, "↓", `$\downarrow$`, "†", `\dag{}`,
)

// spreadsheet makes text safe in a cell of a spreadsheet, which takes it for a
// formula when it begins with one of these signs: an apostrophe goes before it
// (OWASP, "CSV injection"). Numbers do not pass through here.
func spreadsheet(s string) string {
	s = printable.Line(s)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, unicode.IsSpace))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// jsonText writes the characters that a terminal would act on, and that JSON
// leaves as they are, by their numbers: the same text to a reader of JSON.
func jsonText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || printable.Line(string(r)) == string(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
