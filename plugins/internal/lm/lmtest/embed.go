package lmtest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// embedTolerance is how far a vector may be from transformers in float64.
const embedTolerance = 1e-5

// Embedding compares the vectors of texts, pooled in each way, with those of
// transformers, of some folders and with every attention kernel; together, each
// alone, and in another order.
func (s Suite) Embedding(t *testing.T, folders ...string) {
	reference := open(t, filepath.Join("..", "..", "internal", "lm", "testdata", "embed.safetensors"))
	backbone := s.New().Architecture().Name()
	for _, folder := range folders {
		at := backbone + "/" + folder + "/"
		texts := sequences(array(t, reference, at+"ids"), array(t, reference, at+"lengths"))
		for _, kernel := range Kernels() {
			b := s.Loaded(t, folder, map[string]any{"attention": kernel})
			embed := func(how contract.Pooling, texts ...[]int32) []float32 {
				vectors, err := b.EmbedTokens(t.Context(), contract.EmbedSpec{Pooling: how}, texts)
				if err != nil {
					t.Fatal(err)
				}
				return slices.Concat(vectors...)
			}
			for _, how := range contract.Poolings() {
				want, what := array(t, reference, at+string(how)), folder+", "+kernel+", "+string(how)
				within(t, what, embed(how, texts...), want, embedTolerance)
				var alone []float32
				for _, text := range texts {
					alone = append(alone, embed(how, text)...)
				}
				within(t, what+", each alone", alone, want, embedTolerance)
				turned := slices.Clone(texts)
				slices.Reverse(turned)
				k := len(want) / len(texts)
				back := embed(how, turned...)
				for i := range texts {
					within(t, what+", in another order", back[i*k:(i+1)*k], want[len(want)-(i+1)*k:len(want)-i*k], embedTolerance)
				}
			}
		}
	}
}

// EmbeddingTexts: texts are read as Encode cuts them, a long one up to MaxLength, which is most;
// one without a token has the vector of zeros, alone and among others.
func (s Suite) EmbeddingTexts(t *testing.T, folder string, most int) {
	b, err := s.Load(t, folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("the red soap is good. ", 60)
	texts := []string{"", "the red soap is good.", long, "the blue brush"}
	ids, err := b.Encode(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids[2]) <= most {
		t.Fatalf("the long text has %d tokens", len(ids[2]))
	}
	ids[2] = ids[2][:most]
	for _, how := range contract.Poolings() {
		spec := contract.EmbedSpec{Pooling: how}
		got, err := b.Embed(t.Context(), spec, texts)
		if err != nil {
			t.Fatal(err)
		}
		want, err := b.EmbedTokens(t.Context(), spec, ids)
		if err != nil {
			t.Fatal(err)
		}
		for i := range texts {
			zero := !slices.ContainsFunc(got[i], func(x float32) bool { return x != 0 })
			if !slices.Equal(got[i], want[i]) || zero != (texts[i] == "") {
				t.Errorf("%s of %.20q: %v..., expected %v...", how, texts[i], got[i][:4], want[i][:4])
			}
		}
	}
	_, err = b.Embed(t.Context(), contract.EmbedSpec{Pooling: "median"}, texts)
	Expect(t, err, contract.ErrInvalid, "median", "mean")
	_, err = b.EmbedTokens(t.Context(), contract.EmbedSpec{Pooling: contract.PoolMean}, [][]int32{{1, 1 << 20}})
	Expect(t, err, contract.ErrInvalid, "text 0", "token 1")
}
