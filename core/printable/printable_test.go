package printable

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhatATerminalActsOnIsQuoted(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ümlaut, 漢字, 👩‍🔬":          "plain, ümlaut, 漢字, 👩‍🔬",
		"\x1b[31mred\x1b[0m":              `\x1b[31mred\x1b[0m`,
		"\x1b]0;title\a":                  `\x1b]0;title\x07`,
		"one\r\ntwo\tthree":               "one\\r\ntwo\tthree",
		"gpj.\u202eexe":                   `gpj.\u202eexe`,
		"a\u2028b\u0085c\u009bd":          `a\u2028b\u0085c\u009bd`,
		"half \xff\xfe and \xe2\x82":      `half \xff\xfe and \xe2\x82`,
		"a real \uFFFD stays":             "a real \uFFFD stays",
		"tag \U000E0041, backslash \\n":   `tag \U000e0041, backslash \n`,
		"\x00\x7f":                        `\x00\x7f`,
		"no-break\u00a0space, zero\u200b": "no-break\u00a0space, zero" + `\u200b`,
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Line("a\nb\tc"); got != `a\nb\tc` {
		t.Errorf("Line gives %q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x1b\n\r\x07\u202e\u009b") || Line(got) != got {
			t.Errorf("Line(%q) = %q", s, got)
		}
		if clean(s, "") && got != s && utf8.ValidString(s) {
			t.Errorf("clean text %q became %q", s, got)
		}
	})
}
