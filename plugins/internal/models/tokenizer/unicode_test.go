package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// properties are what tokenizers asks of a character, spelled as make_pipelines.py does.
func properties(contexts []string) map[string]func(c rune) string {
	title := func(is bool) string { return map[bool]string{true: "True", false: "False"}[is] }
	all := map[string]func(c rune) string{
		"digit":     func(c rune) string { is, _ := isNumeric(string(c), 0); return title(is) },
		"space":     func(c rune) string { return title(unicode.IsSpace(c)) },
		"word":      func(c rune) string { return title(isWord(c)) },
		"Lowercase": func(c rune) string { return lowercase{}.normalize(string(c)) },
		"Nmt":       func(c rune) string { return nmt{}.normalize(string(c)) },
		"Strip":     func(c rune) string { return strip{true, true}.normalize(string(c)) },
	}
	for name, form := range forms {
		all[name] = func(c rune) string {
			var out []string
			for _, around := range contexts {
				out = append(out, form.normalize(fmt.Sprintf(around, string(c))))
			}
			return strings.Join(out, "\x01")
		}
	}
	return all
}

// Go's Unicode tables are of another version than the reference's; a later release of
// Go may need more characters in newer, lower or classRuns.
func TestEveryCharacterIsTakenAsByTheReference(t *testing.T) {
	var f struct {
		Contexts []string
		Digests  map[string]map[string]string
	}
	readZipped(t, "testdata/characters.json.gz", &f)
	for name, of := range properties(f.Contexts) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for block, want := range f.Digests[name] {
				first, err := strconv.Atoi(block)
				if err != nil {
					t.Fatal(err)
				}
				if got := digestOf(rune(first)<<12, of); got != want {
					t.Errorf("characters from %U differ", first<<12)
				}
			}
			if len(f.Digests[name]) != 34 {
				t.Errorf("%d blocks", len(f.Digests[name]))
			}
		})
	}
}

func digestOf(first rune, of func(c rune) string) string {
	var digest hash.Hash = sha256.New()
	for c := first; c < first+1<<12; c++ {
		if c < 0xd800 || c >= 0xe000 {
			_, _ = digest.Write([]byte(of(c) + "\x00"))
		}
	}
	return hex.EncodeToString(digest.Sum(nil))[:12]
}

// The normalisation forms join what they took apart, whatever the order of marks.
func FuzzUnicodeForms(f *testing.F) {
	for _, text := range awkward(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, form := range forms {
			once := form.normalize(text)
			if twice := form.normalize(once); twice != once {
				t.Errorf("%s of %+q is %+q, then %+q", name, text, once, twice)
			}
		}
		if a, b := forms["NFC"].normalize(text), forms["NFC"].normalize(forms["NFD"].normalize(text)); a != b {
			t.Errorf("NFC of %+q is %+q, of its NFD %+q", text, a, b)
		}
	})
}
