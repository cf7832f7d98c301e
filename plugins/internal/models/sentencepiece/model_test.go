package sentencepiece

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"cllm4rec/core/contract"
)

// written is a model file of these pieces.
func written(model Type, fallback bool, pieces ...Piece) []byte {
	var b []byte
	for _, p := range pieces {
		message := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), p.Text)
		message = protowire.AppendFixed32(protowire.AppendTag(message, 2, protowire.Fixed32Type), math.Float32bits(float32(p.Score)))
		message = protowire.AppendVarint(protowire.AppendTag(message, 3, protowire.VarintType), uint64(p.Kind))
		b = protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), message)
	}
	trainer := protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), uint64(model))
	trainer = protowire.AppendVarint(protowire.AppendTag(trainer, 35, protowire.VarintType), protowire.EncodeBool(fallback))
	return protowire.AppendBytes(protowire.AppendTag(b, 2, protowire.BytesType), trainer)
}

func TestDamagedModelsAreRefusedByName(t *testing.T) {
	unknown := Piece{Text: "<unk>", Kind: Unknown}
	plain := func(text string, score float64) Piece { return Piece{text, score, Normal} }
	good := written(Unigram, false, unknown, plain("a", -1))
	for name, c := range map[string]struct {
		data []byte
		want string
		is   error
	}{
		"empty":        {nil, "no pieces", contract.ErrBadData},
		"cut":          {good[:len(good)-3], "offset", contract.ErrBadData},
		"text":         {[]byte("not a model at all"), "not a SentencePiece model", contract.ErrBadData},
		"word":         {written(3, false, unknown), "WORD is not supported", contract.ErrUnsupported},
		"type":         {written(9, false, unknown), "model type 9", contract.ErrBadData},
		"kind":         {written(Unigram, false, Piece{"a", 0, 9}), "type 9; expected 1 to 6", contract.ErrBadData},
		"no unknown":   {written(BPE, false, plain("a", 0)), "no unknown piece", contract.ErrBadData},
		"two unknown":  {written(BPE, false, unknown, Piece{"<u>", 0, Unknown}), `"<u>" is a second unknown piece beside piece 0`, contract.ErrBadData},
		"twice":        {written(Unigram, false, unknown, plain("a", 0), plain("a", 1)), `piece 2: "a" is also piece 1`, contract.ErrBadData},
		"twice in BPE": {written(BPE, false, unknown, plain("<unk>", 0)), `piece 1: "<unk>" is also piece 0`, contract.ErrBadData},
		"no text":      {written(BPE, false, unknown, plain("", 0)), "piece 1: has no text", contract.ErrBadData},
		"long":         {written(BPE, false, unknown, plain(strings.Repeat("a", 8000), 0)), "has 8000 bytes", contract.ErrBadData},
		"null":         {written(BPE, false, unknown, plain("a\x00", 0)), "null character", contract.ErrBadData},
		"score":        {written(BPE, false, unknown, plain("a", math.NaN())), "score NaN", contract.ErrBadData},
		"byte":         {written(BPE, false, unknown, Piece{"<0x0A>", 0, Byte}), `byte piece "<0x0A>"`, contract.ErrBadData},
		"bytes":        {written(BPE, true, unknown, Piece{"<0x0A>", 0, Byte}), "1 byte pieces; expected 256", contract.ErrBadData},
		"byte's name":  {written(BPE, true, unknown, Piece{"<0x0a>", 0, Byte}), `byte piece "<0x0a>"`, contract.ErrBadData},
	} {
		_, err := Parse("some.model", c.data)
		if !errors.Is(err, c.is) || !strings.HasPrefix(err.Error(), "some.model: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q under %v", name, err, c.want, c.is)
		}
	}
}

func TestMissingModelFileIsNotFound(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.model"))
	if !errors.Is(err, contract.ErrNotFound) {
		t.Error(err)
	}
}

func TestDecodeRefusesIdsOutsideTheVocabulary(t *testing.T) {
	m := small(t, "bpe")
	for _, id := range []int32{-1, int32(len(m.Pieces))} {
		if _, err := m.Decode([]int32{id}); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%d: %v", id, err)
		}
	}
}

func TestSpecialPiecesAreFoundByText(t *testing.T) {
	for name, want := range map[string][4]int32{"unigram": {0, 1, 2, 3}, "unigram-plain": {0, -1, 2, -1}, "bpe": {0, 1, 2, -1}} {
		m := small(t, name)
		if got := [4]int32{m.Unknown, m.Begin, m.End, m.Pad}; got != want {
			t.Errorf("%s: %v; want %v", name, got, want)
		}
	}
}

func TestConstructorsRefuseContradictions(t *testing.T) {
	ab := []Piece{{Text: "<unk>"}, {Text: "a"}, {Text: "b"}, {Text: "ab"}}
	_, noUnknown := NewUnigram(ab, -1, false)
	_, farUnknown := NewUnigram(ab, 4, false)
	_, infinite := NewUnigram([]Piece{{Text: "a", Score: math.Inf(-1)}}, 0, false)
	_, noPiece := NewRankedBPE(ab, []Merge{{"b", "a"}}, BPEOptions{})
	_, twice := NewRankedBPE(ab, []Merge{{"a", "b"}, {"a", "b"}}, BPEOptions{})
	_, same := NewRankedBPE(append(ab, ab[1]), nil, BPEOptions{})
	_, outside := NewRankedBPE(ab, nil, BPEOptions{Unknown: 4})
	for i, err := range []error{noUnknown, farUnknown, infinite, noPiece, twice, same, outside} {
		if err == nil || i > 0 && !errors.Is(err, contract.ErrBadData) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if !errors.Is(noUnknown, contract.ErrUnsupported) {
		t.Error(noUnknown)
	}
}

func TestDamagedCharsMapsAreRefused(t *testing.T) {
	blob := charsMapOf(t, "unigram")
	damaged := func(at int, value byte) []byte {
		b := slices.Clone(blob)
		b[at] = value
		return b
	}
	for name, b := range map[string][]byte{
		"empty": nil, "short": blob[:3], "cut": blob[:1000], "no texts": blob[:4+len(blob)/2],
		"size": damaged(1, 0xff), "root": damaged(4, 1), "end": damaged(len(blob)-1, 'x'), "texts": damaged(len(blob)-2, 0xff),
	} {
		if _, err := NewCharsMap(b); !errors.Is(err, contract.ErrBadData) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// charsMapOf is the precompiled_charsmap of a small model.
func charsMapOf(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".model"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parseProto(data)
	if err != nil {
		t.Fatal(err)
	}
	return file.normalizer.charsMap
}

func TestEncodersAreSafeForConcurrentUse(t *testing.T) {
	texts := awkward(t)[:600]
	for _, name := range []string{"unigram", "bpe"} {
		m := small(t, name)
		var want [][]int32
		for _, text := range texts {
			want = append(want, m.Encode(text))
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for i, text := range texts {
					if !slices.Equal(m.Encode(text), want[i]) {
						t.Errorf("%s: %q differs", name, text)
					}
				}
			})
		}
		group.Wait()
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	for _, name := range []string{"unigram", "bpe"} {
		m := small(t, name)
		alone := m.Append(nil, "▁item_12é😀")
		if got := m.Append([]int32{7, 8}, "▁item_12é😀"); !slices.Equal(got, append([]int32{7, 8}, alone...)) {
			t.Errorf("%s: %v; want 7 8 and %v", name, got, alone)
		}
	}
}

func TestTrieFindsExactlyItsKeys(t *testing.T) {
	var keys []key
	for i, text := range awkward(t)[1:] {
		if len(text) < 200 {
			keys = append(keys, key{text, int32(i)})
		}
	}
	ids := map[string]int32{}
	for _, k := range keys {
		ids[k.text] = k.id
	}
	tree := newTrie[float64](slices.Clone(keys), nil)
	for text, id := range ids {
		if got := tree.find(text); got != id {
			t.Errorf("%q: %d; want %d", text, got, id)
		}
		if _, there := ids[text+"\x01"]; !there && tree.find(text+"\x01") >= 0 {
			t.Errorf("%q is found", text+"\x01")
		}
	}
}
