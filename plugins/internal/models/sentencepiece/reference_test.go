package sentencepiece

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestModelEncodesAndDecodesAsSentencepiece(t *testing.T) {
	for _, name := range []string{"unigram", "unigram-plain", "bpe", "bpe-plain", "llama", "t5"} {
		t.Run(name, func(t *testing.T) {
			m := modelNamed(t, name)
			var want fixture
			readFixture(t, name, &want)
			compare(t, want.IDs, awkward(t), m.Encode)
			compareDecoding(t, m, want.Decode)
		})
	}
}

func modelNamed(t testing.TB, name string) *Model {
	t.Helper()
	switch name {
	case "llama":
		return load(t, shared(t, "tokenizer-llama/tokenizer.model"))
	case "t5":
		return load(t, shared(t, "tokenizer-t5/spiece.model"))
	}
	return small(t, name)
}

// escaped is the text as make_fixtures.py gives it to the models of tokenizers.
func escaped(text string) string {
	return spaceSymbol + strings.ReplaceAll(text, " ", spaceSymbol)
}

func TestUnigramAndCharsMapAsTokenizers(t *testing.T) {
	t.Run("small", func(t *testing.T) {
		m := small(t, "unigram")
		checkUnigram(t, "unigram-tokenizers", m.Normalizer.CharsMap, m.Pieces, m.Unknown, true)
	})
	t.Run("t5", func(t *testing.T) {
		file := readTokenizerJSON(t, "tokenizer-t5/tokenizer.json")
		c, err := NewCharsMap(file.Normalizer.Map)
		if err != nil {
			t.Fatal(err)
		}
		var pieces []Piece
		if err := json.Unmarshal(file.Model.Vocab, &pieces); err != nil {
			t.Fatal(err)
		}
		checkUnigram(t, "t5-tokenizers", c, pieces, file.Model.Unknown, false)
	})
}

// UnmarshalJSON reads a ["text", score] pair of a tokenizer.json.
func (p *Piece) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&p.Text, &p.Score})
}

// tokenizerJSON is what the tests read of a tokenizer.json.
type tokenizerJSON struct {
	Normalizer struct {
		Map []byte `json:"precompiled_charsmap"`
	} `json:"normalizer"`
	Model struct {
		Vocab   json.RawMessage `json:"vocab"`
		Merges  []string        `json:"merges"`
		Unknown int32           `json:"unk_id"`
	} `json:"model"`
}

func readTokenizerJSON(t *testing.T, name string) tokenizerJSON {
	t.Helper()
	text, err := os.ReadFile(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var file tokenizerJSON
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func checkUnigram(t *testing.T, name string, c *CharsMap, pieces []Piece, unknown int32, bytes bool) {
	t.Helper()
	var want fixture
	readFixture(t, name, &want)
	texts := awkward(t)
	for i, text := range texts {
		normal, changed := want.Normal[strconv.Itoa(i)]
		if !changed {
			normal = valid(text)
		}
		if texts[i] = c.Normalize(text); texts[i] != normal {
			t.Errorf("Normalize(%.100q) = %.100q; want %.100q", text, texts[i], normal)
		}
	}
	u, err := NewUnigram(pieces, unknown, bytes)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, want.IDs, texts, func(text string) []int32 { return u.Append(nil, escaped(text)) })
}

func TestRankedBPEAsTokenizers(t *testing.T) {
	options := BPEOptions{ByteFallback: true, FuseUnknown: true}
	t.Run("small", func(t *testing.T) {
		var f fixture
		readFixture(t, "bpe-tokenizers", &f)
		checkRanked(t, f, small(t, "bpe").Pieces, mergesFrom(f.Merges), options)
	})
	t.Run("llama", func(t *testing.T) {
		m := load(t, shared(t, "tokenizer-llama/tokenizer.model"))
		var f fixture
		readFixture(t, "llama-tokenizers", &f)
		checkRanked(t, f, m.Pieces, mergesOf(m.Pieces), options)
	})
	t.Run("stories260K", func(t *testing.T) {
		file := readTokenizerJSON(t, filepath.Join("stories260K", "tokenizer.json"))
		ids := map[string]int{}
		if err := json.Unmarshal(file.Model.Vocab, &ids); err != nil {
			t.Fatal(err)
		}
		pieces := make([]Piece, len(ids))
		for text, id := range ids {
			pieces[id].Text = text
		}
		var merges []Merge
		for _, line := range file.Model.Merges {
			left, right, _ := strings.Cut(line, " ")
			merges = append(merges, Merge{left, right})
		}
		var f fixture
		readFixture(t, "stories260K-tokenizers", &f)
		checkRanked(t, f, pieces, merges, options)
	})
}

func checkRanked(t *testing.T, want fixture, pieces []Piece, merges []Merge, o BPEOptions) {
	t.Helper()
	b, err := NewRankedBPE(pieces, merges, o)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, want.IDs, awkward(t), func(text string) []int32 { return b.Append(nil, escaped(valid(text))) })
}

func mergesFrom(pairs [][2]string) []Merge {
	var merges []Merge
	for _, p := range pairs {
		merges = append(merges, Merge{p[0], p[1]})
	}
	return merges
}

// mergesOf is merges_of of make_fixtures.py: all ways to make a piece from two
// others, in order of the piece, then of its left part.
func mergesOf(pieces []Piece) []Merge {
	ids := map[string]int{}
	for id, p := range pieces {
		ids[p.Text] = id
	}
	var merges []Merge
	for _, p := range pieces {
		begin := len(merges)
		for k := 1; k < len(p.Text) && !strings.HasPrefix(p.Text, "<0x"); k++ {
			_, left := ids[p.Text[:k]]
			if _, right := ids[p.Text[k:]]; left && right {
				merges = append(merges, Merge{p.Text[:k], p.Text[k:]})
			}
		}
		sortMerges(merges[begin:], ids)
	}
	return merges
}

// randomCase is one model of few pieces of make_fixtures.py, with what the
// references make of it.
type randomCase struct {
	Model   string     `json:"model"`
	Texts   []string   `json:"texts"`
	IDs     []expected `json:"ids"`
	Decode  []decoding `json:"decode"`
	Unigram []expected `json:"unigram"`
	BPE     struct {
		Merges       [][2]string `json:"merges"`
		Holes        bool        `json:"holes"`
		Unknown      bool        `json:"unknown"`
		ByteFallback bool        `json:"byte_fallback"`
		FuseUnknown  bool        `json:"fuse_unk"`
		IgnoreMerges bool        `json:"ignore_merges"`
		IDs          []expected  `json:"ids"`
	} `json:"bpe"`
}

func TestEqualScoresAreDecidedAsInTheReferences(t *testing.T) {
	var file struct {
		Cases []randomCase `json:"cases"`
	}
	readFixture(t, "random", &file)
	if len(file.Cases) < 40 {
		t.Fatalf("%d cases", len(file.Cases))
	}
	for i, c := range file.Cases {
		t.Run(strconv.Itoa(i), c.check)
	}
}

func (c randomCase) check(t *testing.T) {
	data, err := base64.StdEncoding.DecodeString(c.Model)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse("random", data)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, c.IDs, c.Texts, m.Encode)
	compareDecoding(t, m, c.Decode)
	u, err := NewUnigram(m.Pieces, m.Unknown, m.ByteFallback)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, c.Unigram, c.Texts, func(text string) []int32 { return u.Append(nil, text) })
	b, err := NewRankedBPE(c.pieces(m), mergesFrom(c.BPE.Merges), c.options(m))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, c.BPE.IDs, c.Texts, func(text string) []int32 { return b.Append(nil, text) })
}

// pieces are those of the model, less two byte pieces where the case says so.
func (c randomCase) pieces(m *Model) []Piece {
	pieces := append([]Piece(nil), m.Pieces...)
	for id, p := range pieces {
		if c.BPE.Holes && (p.Text == "<0xC3>" || p.Text == "<0xF0>") {
			pieces[id].Text = ""
		}
	}
	return pieces
}

func (c randomCase) options(m *Model) BPEOptions {
	o := BPEOptions{Unknown: m.Unknown, ByteFallback: c.BPE.ByteFallback, FuseUnknown: c.BPE.FuseUnknown, IgnoreMerges: c.BPE.IgnoreMerges}
	if !c.BPE.Unknown {
		o.Unknown = -1
	}
	return o
}
