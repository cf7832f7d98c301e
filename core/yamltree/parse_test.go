package yamltree

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func tree(t *testing.T, text string) (string, Problems) {
	t.Helper()
	root, problems := Parse("f.yaml", []byte(text), func(name string) (string, error) {
		if name == "X" {
			return "x", nil
		}
		return "", fmt.Errorf("no %s", name)
	})
	if root == nil {
		return "", problems
	}
	return string(root.Marshal()), problems
}

func TestParseKeepsValuesExactly(t *testing.T) {
	for text, want := range map[string]string{
		"a: 18446744073709551615":               `{"a":18446744073709551615}`,
		"a: -9223372036854775808":               `{"a":-9223372036854775808}`,
		"a: 1.0e-3":                             `{"a":0.001}`,
		"a: 1e3":                                `{"a":1000}`,
		"a: [true, null, '1', 2001-01-01]":      `{"a":[true,null,"1","2001-01-01"]}`,
		"a: ${X}/b":                             `{"a":"x/b"}`,
		"a: $X and $$":                          `{"a":"$X and $$"}`,
		"1: a":                                  `{"1":"a"}`,
		"d: &d {p: 1, q: 2}\na: {<<: *d, q: 3}": `{"a":{"p":1,"q":3},"d":{"p":1,"q":2}}`,
		"d: &d {p: 1}\ne: &e {p: 2, r: 3}\na: {<<: [*d, *e]}": `{"a":{"p":1,"r":3},"d":{"p":1},"e":{"p":2,"r":3}}`,
	} {
		got, problems := tree(t, text)
		if len(problems) > 0 || got != want {
			t.Errorf("%s: got %s %v, want %s", text, got, problems, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "f.yaml:1:1: the file is empty",
		"a: 1\n---\nb: 2":           "a second YAML document",
		"a: {b: 1, b: 2}":           "f.yaml:1:11: a.b: key repeated",
		"a: !!python/object x":      "tag",
		"a: !mine x":                "f.yaml:1:4: a: tag !mine is not understood",
		"a: ${Y}":                   "f.yaml:1:4: a: no Y",
		"? [a, b]\n: 1":             "a key must be a plain word",
		"a: &a [*a]":                "contains itself",
		"a: {<<: 3}":                "<< expects a mapping",
		"a: [1, 2":                  "not YAML",
		"a: .nan":                   "not a finite number",
		"a: [18446744073709551616]": "f.yaml:1:5: a[0]: 18446744073709551616 does not fit into 64 bits",
		"a: 1\n  b: 2":              "f.yaml:2:1: not YAML",
		"a: {b: ${X}/c}":            `inside { } and [ ] a ${NAME} needs quotes`,
		strings.Repeat("[", 200):    "",
	} {
		_, problems := tree(t, text)
		if len(problems) == 0 || !strings.Contains(problems.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, problems, want)
		}
	}
}

func TestTheLineThatIsNoUTF8IsTold(t *testing.T) {
	if _, problems := tree(t, "name: a\n# \xff\n"); len(problems) != 1 || !strings.Contains(problems.Error(), "f.yaml:2:1: not YAML: the text is not UTF-8") {
		t.Errorf("got %v", problems)
	}
}

func TestATabIsNamedWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"name: b\ndatasets:\n\t- name: D\n": "f.yaml:3:1: not YAML: the line is indented with a tab",
		"a:\n  - x\n  \t- y\n":              "f.yaml:3:3: not YAML: the line is indented with a tab",
		"\tname: a":                         "f.yaml:1:1: not YAML: the line is indented with a tab",
		"a: {\n\tb: 1}\nc: @x\n":            "f.yaml:3:1: not YAML: found character", // that tab is harmless
	} {
		if _, problems := tree(t, text); len(problems) != 1 || !strings.Contains(problems.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, problems, want)
		}
	}
}

func TestTheVersionOfYAMLAndAByteOrderMarkAreAccepted(t *testing.T) {
	for _, text := range []string{"%YAML 1.2\n---\na: 1\n...\n", "# head\n%YAML 1.2\n---\na: 1", "\ufeff%YAML 1.2\n---\na: 1\n", "\ufeffa: 1\n", "%YAML 1.1\n---\na: 1"} {
		if got, problems := tree(t, text); len(problems) > 0 || got != `{"a":1}` {
			t.Errorf("%q: got %s %v", text, got, problems)
		}
	}
	if _, problems := tree(t, "%YAML 2.0\n---\na: 1"); len(problems) != 1 || !strings.Contains(problems.Error(), "incompatible YAML document") {
		t.Errorf("YAML 2.0: got %v", problems)
	}
	if got, _ := tree(t, "a: |\n  x\n  %YAML 1.2\n"); got != `{"a":"x\n%YAML 1.2\n"}` {
		t.Errorf("a text that looks like a directive: %s", got)
	}
}

func TestParseStopsAnAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	if _, problems := tree(t, b.String()); len(problems) != 1 || !strings.Contains(problems.Error(), "unfolds to more than") {
		t.Errorf("got %v", problems)
	}
}

func TestMergeIsDeepAndLeavesItsArgumentsAlone(t *testing.T) {
	base, _ := Parse("f", []byte("{a: {b: 1, c: [1, 2]}, d: 1}"), nil)
	over, _ := Parse("f", []byte("{a: {c: [3]}, e: 2}"), nil)
	before := string(base.Marshal())
	if got := string(Merge(base, over).Marshal()); got != `{"a":{"b":1,"c":[3]},"d":1,"e":2}` {
		t.Errorf("got %s", got)
	}
	if string(base.Marshal()) != before {
		t.Error("the base changed")
	}
}

// FuzzParse: any text gives a tree or problems with places, never a panic, and
// what parses is JSON.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "a: &a [*a]", "{a: b, <<: {c: d}}", "a: 0x1F", "- 1\n- {}", "%YAML 1.2\n---\na: 1", "\ta: 1", "\ufeffa: 1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		root, problems := Parse("f.yaml", text, func(string) (string, error) { return "x", nil })
		if root == nil && len(problems) == 0 {
			t.Fatal("neither a tree nor a problem")
		}
		if root != nil && !json.Valid(root.Marshal()) {
			t.Fatal("the tree is not JSON")
		}
	})
}
