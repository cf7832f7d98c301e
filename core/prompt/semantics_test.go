package prompt

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"

	"cllm4rec/core/contract"
)

// goldens are digests of what is below, by Semantics. A change of what is built
// needs a new Semantics and its line here; a line that stands is never changed.
var goldens = map[int]string{
	1: "bc0ccd35ac077c7e4eae4f132403bbc140940946c7e2ef08452eacc5c1d18158",
}

// bytewise encodes a text byte by byte.
type bytewise struct{}

func (bytewise) Encode(_ context.Context, texts []string) ([][]int32, error) {
	ids := make([][]int32, len(texts))
	for i, text := range texts {
		for _, b := range []byte(text) {
			ids[i] = append(ids[i], int32(b))
		}
	}
	return ids, nil
}

func TestOtherPromptsNeedAnotherSemantics(t *testing.T) {
	digest := sha256.New()
	for _, wording := range []Wording{Paper, Code} {
		set, err := NewSet(wording, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{
			{MaxLength: 400}, {MaxLength: 120}, {MaxLength: 400, MaskWord: true, PredictFirst: true}, {MaxLength: 120, EncoderDecoder: true, MaskWord: true},
		} {
			b, err := NewBuilder(t.Context(), bytewise{}, space, set, o)
			if err != nil {
				t.Fatal(err)
			}
			items := make([]int32, 300)
			for i := range items {
				items[i] = int32(i % space.Items)
			}
			history := []int32{3, Masked, 4, Masked, 5, 6, 7, 8, 9, 10, 11, 12}
			note := func(d Built) { _, _ = fmt.Fprintln(digest, d.Prompt, d.Main, d.Targets, d.Cut, d.Empty) }
			note(b.Collaborative(1, items))
			note(b.Finetuning(2, history, []int32{1, 13}))
			for _, kind := range contract.TextKinds() {
				note(b.Text(kind, 3, 4, items))
				note(b.Text(kind, 3, 4, nil))
			}
			for _, h := range [][]int32{nil, history[4:], items} {
				ranking, cut := b.Ranking(4, h)
				next, main, short := b.NextItem(4, h)
				_, _ = fmt.Fprintln(digest, ranking, cut, next, main, short)
			}
		}
	}
	_, _ = fmt.Fprintf(digest, "%q", MainText(" a text\twith  space\n"))
	got := fmt.Sprintf("%x", digest.Sum(nil))
	if want, known := goldens[Semantics]; !known || got != want {
		t.Errorf("Semantics %d gives %s, want %q: where a change of prompts is meant, raise Semantics and add its digest to goldens", Semantics, got, want)
	}
}
