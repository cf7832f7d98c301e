package main

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/sharedtest"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/lm/lmtest"
)

// stories is the folder of a real pretrained model, beside the repository.
func stories(t testing.TB) string {
	t.Helper()
	return sharedtest.Path(t, "models/stories260K")
}

// storiesReference is what the original checkpoint computes in float64.
type storiesReference struct {
	Text   string
	IDs    []int32
	NLL    float64   `json:"mean_nll"`
	Last   []float64 `json:"last_logits_first8"`
	Argmax []int     `json:"argmax_per_position"`
}

func readStories(t *testing.T) (r storiesReference, b *lm.Backbone) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(stories(t), "reference.json"))
	if err := errors.Join(err, json.Unmarshal(text, &r)); err != nil {
		t.Fatal(err)
	}
	b, err = suite.Load(t, stories(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, b
}

// logSoftmax of a row of logits at one word.
func logSoftmax(row []float32, word int32) float64 {
	sum := 0.0
	for _, x := range row {
		sum += math.Exp(float64(x - row[word]))
	}
	return -math.Log(sum)
}

func TestStories260KIsTheOriginalModel(t *testing.T) {
	r, b := readStories(t)
	ids, err := b.Encode(t.Context(), []string{r.Text})
	if err != nil || !slices.Equal(ids[0], r.IDs[1:]) {
		t.Fatalf("ids %v, %v, expected %v behind the begin of the text", ids, err, r.IDs[1:])
	}
	_, logits, err := b.States([][]int32{r.IDs}, nil)
	if err != nil {
		t.Fatal(err)
	}
	nll, words := 0.0, len(logits)/len(r.IDs)
	for i := range r.IDs {
		row := logits[i*words : (i+1)*words]
		if got := slices.Index(row, slices.Max(row)); got != r.Argmax[i] {
			t.Errorf("position %d: the likeliest word is %d, expected %d", i, got, r.Argmax[i])
		}
		if i+1 < len(r.IDs) {
			nll -= logSoftmax(row, r.IDs[i+1]) / float64(len(r.IDs)-1)
		}
	}
	last := logits[len(logits)-words:]
	loss, distance := math.Abs(nll-r.NLL)/r.NLL, lmtest.Distance(last[:8], r.Last)
	t.Logf("mean loss %.9f (%.2g from the original's), logits %.2g from it", nll, loss, distance)
	if !(loss < 1e-4) || !(distance < 1e-5) {
		t.Errorf("mean loss %v and logits %v, expected %v and %v", nll, last[:8], r.NLL, r.Last)
	}
}

// TestTheEngineBeginsStoriesWithTheirBeginToken scores the text without that token.
func TestTheEngineBeginsStoriesWithTheirBeginToken(t *testing.T) {
	r, b := readStories(t)
	_, logits, err := b.States([][]int32{r.IDs}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, words := 0.0, len(logits)/len(r.IDs)
	for i := 1; i+1 < len(r.IDs); i++ {
		want -= logSoftmax(logits[i*words:(i+1)*words], r.IDs[i+1])
	}
	if err := b.OpenTower(t.Context(), contract.TowerSpec{Name: "t", Items: 1, InitStd: 1}); err != nil {
		t.Fatal(err)
	}
	got, err := b.Score(t.Context(), contract.ScoreSpec{Tower: "t", Objective: contract.NextWord, Batch: 1},
		lmtest.Stream(contract.Example{Main: r.IDs[1:]}), nil)
	if err != nil || math.Abs(got.NLL-want) > 1e-4*want || int(got.Tokens) != len(r.IDs)-2 {
		t.Errorf("%+v, %v, expected %v over %d tokens", got, err, want, len(r.IDs)-2)
	}
}
