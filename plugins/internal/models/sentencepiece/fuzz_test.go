package sentencepiece

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzModelFile(f *testing.F) {
	unknown := Piece{Text: "<unk>", Kind: Unknown}
	f.Add(written(Unigram, false, unknown, Piece{"ab", -1, Normal}, Piece{"a", -2, UserDefined}), "abc a")
	f.Add(written(BPE, false, unknown, Piece{"ab", -1, Unused}, Piece{"a", -2, Normal}, Piece{"aba", -2, Normal}), "aba ba\xff")
	for _, name := range []string{"unigram", "unigram-plain", "bpe"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".model"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "user_1 ﬁ 漢字😀")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		m, err := Parse("fuzz", data)
		if err != nil {
			return
		}
		ids := m.Encode(text)
		for _, id := range ids {
			if int(id) >= len(m.Pieces) {
				t.Fatalf("id %d of %d", id, len(m.Pieces))
			}
		}
		if _, err := m.Decode(ids); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzUnigram checks with byte fallback, where nothing is lost, that decoding
// gives back the normalised text.
func FuzzUnigram(f *testing.F) {
	models := []*Model{small(f, "unigram"), small(f, "bpe")}
	for _, text := range awkward(f)[:1200] {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range models {
			normal := m.Normalize(text)
			got, err := m.Decode(m.Append(nil, normal))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(strings.TrimPrefix(normal, spaceSymbol), spaceSymbol, " ")
			if m.Normalizer.RemoveExtraWhitespaces { // then Decode drops every leading space
				got, want = strings.TrimLeft(got, " "), strings.TrimLeft(want, " ")
			}
			if got != want {
				t.Fatalf("%q -> %q -> %q; want %q", text, normal, got, want)
			}
		}
	})
}

func FuzzCharsMap(f *testing.F) {
	blob := charsMapOf(f, "unigram")
	for _, text := range awkward(f)[:300] {
		f.Add([]byte(nil), text)
	}
	f.Add(blob, "ﬁ e\u0301\r\n")
	f.Add(blob[:1100], "a")
	own, err := NewCharsMap(blob)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		c := own
		if len(data) > 0 {
			if c, err = NewCharsMap(data); err != nil {
				return
			}
		}
		if got := c.Normalize(text); !utf8.ValidString(got) {
			t.Fatalf("%q -> %q is not UTF-8", text, got)
		}
		n := Normalizer{CharsMap: c, keep: newTrie[float32](nil, nil)}
		if got := n.apply(text); !utf8.ValidString(got) {
			t.Fatalf("%q -> %q is not UTF-8", text, got)
		}
	})
}
