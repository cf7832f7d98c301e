package main

import (
	"bytes"
	"encoding/json"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// texts are sentences of a small grammar: something to learn, nothing to own.
func texts(n int) iter.Seq2[[]string, error] {
	rng := rand.New(rand.NewPCG(7, 7))
	pick := func(words string) string { all := strings.Fields(words); return all[rng.IntN(len(all))] }
	var all []string
	for range n {
		all = append(all, "the "+pick("red blue green shiny")+" "+pick("brush cream soap towel")+" is "+pick("good bad soft hard")+" and I "+
			pick("like hate want need")+" it for my "+pick("hair skin hands face")+".")
	}
	return func(yield func([]string, error) bool) {
		for i := 0; i < len(all); i += 50 {
			if !yield(all[i:min(i+50, len(all))], nil) {
				return
			}
		}
	}
}

// tiny is a shape that trains in a second.
const tiny = `{"n_layer":2,"n_head":2,"n_embd":32,"n_positions":32,"vocab_size":300}`

func pretrain(t *testing.T, out string, steps int) contract.PretrainResult {
	t.Helper()
	p := New()
	if _, err := p.Configure(t.Context(), params(t, out)); err != nil {
		t.Fatal(err)
	}
	got, err := p.Pretrain(t.Context(), contract.PretrainSpec{Out: out, Shape: json.RawMessage(tiny), Steps: steps, Batch: 4,
		Rate: 3e-3, Seed: 11, HoldOut: 0.1}, texts(400), nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestPretrainingLearnsAndItsFolderLoads(t *testing.T) {
	out := filepath.Join(t.TempDir(), "made", "model")
	got := pretrain(t, out, 150)
	held := math.Exp(got.HeldOut.NLL / float64(got.HeldOut.Tokens))
	if got.Vocabulary != 300 || !(held < 30) {
		t.Fatalf("vocabulary %d, perplexity of the texts held out %.1f, expected 300 and far below that", got.Vocabulary, held)
	}
	p, err := load(t, out)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := p.Encode(t.Context(), []string{"the red brush"})
	if err != nil || len(ids[0]) == 0 {
		t.Fatalf("ids %v, error %v", ids, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(out), ".*")); err != nil || len(left) > 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
}

func TestPretrainingTwiceGivesTheSameBytes(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	pretrain(t, a, 10)
	pretrain(t, b, 10)
	for _, name := range []string{"config.json", "model.safetensors", "vocab.json", "merges.txt"} {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			t.Fatalf("%s differs (%v, %v)", name, errX, errY)
		}
	}
}

func TestPretrainingRefusesWhatCannotWork(t *testing.T) {
	p := New()
	if _, err := p.Configure(t.Context(), params(t, filepath.Join(t.TempDir(), "new"))); err != nil {
		t.Fatal(err)
	}
	good := contract.PretrainSpec{Out: filepath.Join(t.TempDir(), "m"), Shape: json.RawMessage(tiny), Steps: 1, Batch: 1, Rate: 1e-3, HoldOut: 0.1}
	for word, change := range map[string]func(*contract.PretrainSpec){
		"n_layers": func(s *contract.PretrainSpec) { s.Shape = json.RawMessage(`{"n_layers":2}`) },
		"divide":   func(s *contract.PretrainSpec) { s.Shape = json.RawMessage(`{"n_head":3}`) },
		"steps":    func(s *contract.PretrainSpec) { s.Steps = 0 },
		"empty":    func(s *contract.PretrainSpec) { s.Out = "testdata" },
		"held out": func(s *contract.PretrainSpec) { s.HoldOut = 1 },
	} {
		spec := good
		change(&spec)
		_, err := p.Pretrain(t.Context(), spec, texts(20), nil)
		expect(t, err, contract.ErrInvalid, word)
	}
}
