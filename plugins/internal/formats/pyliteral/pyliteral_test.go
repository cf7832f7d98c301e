package pyliteral

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLiterals(t *testing.T) {
	for src, want := range map[string]any{
		`{'a': 'x', "b": [1, -2.5, (True, None,)], 'c': {}}`: map[string]any{"a": "x", "b": []any{int64(1), -2.5, []any{true, nil}}, "c": map[string]any{}},
		`'it\'s "q" \\ \n \x41 \u00e9 \U0001F600 \d'`:        "it's \"q\" \\ \n A é 😀 \\d",
		"\ufeff'marked'": "marked", `u'old'`: "old", ` [ ] `: []any{}, `1e3`: 1000.0, `"it's"`: "it's", `False`: false,
	} {
		if got, err := Parse(src); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", src, got, err)
		}
	}
}

func TestEverythingElseIsRefused(t *testing.T) {
	for src, want := range map[string]string{
		"": "ends here", "{'a': 1": "expected a comma", "{a: 1}": "key in quotes", "{'a' 1}": "colon", "{'a': 1, 'b': 2, u'a': 3}": "stands there twice", "'open": "not closed",
		"os.system('x')": "no plain value", "__import__": "no plain value", "1 2": "follows", "[1 2]": "comma", `'\x4`: "not closed",
		`'\`: "not closed", `'\xzz'`: "hexadecimal", "nan": "no plain value", "inf": "no plain value", "0x10": "no plain value",
		strings.Repeat("[", 100): "nested deeper", "[": "ends here", "{'a':": "ends here", `'\é'`: "outside ASCII",
	} {
		if v, err := Parse(src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, error %v, want %q", src, v, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{'asin': '0001048791', 'salesRank': {'Books': 6334800}, 'categories': [['Books']], 'title': 'a \'b\' \x41'}`)
	f.Add(`u"x", (1, 2.5, None)`)
	f.Fuzz(func(t *testing.T, src string) {
		v, err := Parse(src)
		if s, ok := v.(string); ok && err == nil && utf8.ValidString(src) && !utf8.ValidString(s) {
			t.Fatalf("%q became %q, which is not UTF-8", src, s)
		}
	})
}
