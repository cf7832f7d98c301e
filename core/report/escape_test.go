package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile is a text that each format takes for something else than text.
const hostile = "=1+1|*b* `c` [x](http://y) <script> &amp; $\\alpha$ {%_#~^} \x1b[31m\u202e\n# no"

func TestEveryFormatShowsNamesAsText(t *testing.T) {
	for _, c := range []struct {
		escape   func(string) string
		in, want string
	}{
		{markdown, hostile, "\\=1+1\\|\\*b\\* \\`c\\` \\[x\\](http://y) &lt;script&gt; &amp;amp; \\$\\\\alpha\\$ {%\\_\\#\\~^} \\\\x1b\\[31m\\\\u202e\\\\n\\# no"},
		{markdown, "1. first", `1\. first`},
		{markdown, "- item", `\- item`},
		{markdown, "EASE 0.5 + x", "EASE 0.5 + x"},
		{latex, hostile, `=1+1\textbar{}{*}b{*} \textasciigrave{}c\textasciigrave{} {[}x{]}(http://y) \textless{}script\textgreater{} \&amp; \$\textbackslash{}alpha\$ \{\%\_\#\textasciitilde{}\textasciicircum{}\} \textbackslash{}x1b{[}31m\textbackslash{}u202e\textbackslash{}n\# no`},
		{latex, "a--b ±", `a-{}-{}b $\pm$`}, {latex, "a---b", `a-{}-{}-b`}, {latex, "a,,,b", `a,{},{},b`},
		{spreadsheet, hostile, "'=1+1|*b* `c` [x](http://y) <script> &amp; $\\alpha$ {%_#~^} \\x1b[31m\\u202e\\n# no"},
		{spreadsheet, " @SUM(A1)", "' @SUM(A1)"},
		{spreadsheet, "＝1", "'＝1"},
		{spreadsheet, "\t=1", `\t=1`},
		{spreadsheet, "CLLM4Rec - LoRA", "CLLM4Rec - LoRA"},
	} {
		if got := c.escape(c.in); got != c.want {
			t.Errorf("%q\ngot  %s\nwant %s", c.in, got, c.want)
		}
	}
}

// named is the sample with one name for a data set, a method and a source.
func named(name string) (*Report, error) {
	plan, from := sample()
	plan.Datasets = plan.Datasets[:1]
	plan.Datasets[0].Name, plan.Methods[0].Name, plan.Methods[3].Name = name, name, name
	plan.Table.Published[0].Dataset, plan.Table.Published[0].Source = name, name
	return Build(plan, from, Options{})
}

// FuzzWriters: no name changes the shape of a table or reaches a terminal as a
// command, and CSV and JSON read back.
func FuzzWriters(f *testing.F) {
	for _, seed := range []string{"EASE", hostile, "a\x00b", "\r", "]\\\\[", "'", "e\u0301", "\U000e0041", `"`} {
		f.Add(seed)
	}
	plain, err := named("x")
	if err != nil {
		f.Fatal(err)
	}
	lines := map[string]int{}
	for _, format := range Formats() {
		lines[format] = strings.Count(written(f, plain, format), "\n")
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || !utf8.ValidString(name) {
			return // the experiment's schema refuses both
		}
		r, err := named(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range Formats() {
			text := written(t, r, format)
			if strings.Count(text, "\n") != lines[format] {
				t.Errorf("%s: %q changes the number of lines:\n%s", format, name, text)
			}
			if i := strings.IndexFunc(text, acts); i >= 0 || !utf8.ValidString(text) {
				t.Errorf("%s: %q leaves %q", format, name, text)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(written(t, r, string(CSV)))).ReadAll()
		if err != nil || len(rows[1]) != 7 || rows[1][0] != spreadsheet(name) {
			t.Errorf("%q reads back as %q, error %v", name, rows, err)
		}
		var back Report
		if err := json.Unmarshal([]byte(written(t, r, string(JSON))), &back); err != nil || back.Tables[0].Dataset != name {
			t.Errorf("%q reads back as %q, error %v", name, back.Tables[0].Dataset, err)
		}
	})
}

// acts reports whether a terminal does something else with a character than draw it.
func acts(r rune) bool {
	return r != '\n' && r != '\u200c' && r != '\u200d' && !unicode.IsGraphic(r)
}

func written(t testing.TB, r *Report, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, Format(format), Screen{AllNotes: true}); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return b.String()
}
