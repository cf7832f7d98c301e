package lmtest

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
)

// Pretrain makes a model of a shape, with a vocabulary of its own, in a new folder.
func (s Suite) Pretrain(t testing.TB, out, shape string, steps int) (contract.PretrainResult, error) {
	t.Helper()
	b := s.New()
	if _, err := b.Configure(t.Context(), Params(t, out, nil)); err != nil {
		t.Fatal(err)
	}
	return b.Pretrain(t.Context(), contract.PretrainSpec{Out: out, Shape: json.RawMessage(shape), Steps: steps, Batch: 4,
		LearningRate: 3e-3, Seed: 11, HoldOut: 0.1}, conformance.Sentences(400), nil)
}

// WithTokenizer is a folder with a nearly random model of a shape, and a vocabulary.
func (s Suite) WithTokenizer(t testing.TB, shape string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "model")
	if _, err := s.Pretrain(t, out, shape, 1); err != nil {
		t.Fatal(err)
	}
	return out
}

// Pretraining makes a model of a shape of 300 words twice. It must learn, load,
// encode, leave nothing beside its folder, and be the same bytes both times.
func (s Suite) Pretraining(t *testing.T, shape string) {
	t.Helper()
	in := t.TempDir()
	a, b := filepath.Join(in, "new", "a"), filepath.Join(in, "new", "b")
	got, err := s.Pretrain(t, a, shape, 100)
	if err != nil {
		t.Fatal(err)
	}
	held := math.Exp(got.HeldOut.NLL / float64(got.HeldOut.Tokens))
	if t.Logf("perplexity of the texts held out: %.1f", held); got.VocabSize != 300 || !(held < 10) {
		t.Fatalf("vocabulary %d, perplexity of the texts held out %.1f, expected 300 and below 10", got.VocabSize, held)
	}
	s.encodes(t, a)
	if _, err := s.Pretrain(t, b, shape, 100); err != nil {
		t.Fatal(err)
	}
	equalFolders(t, a, b)
	if all, err := os.ReadDir(filepath.Dir(a)); err != nil || len(all) != 2 {
		t.Errorf("beside the two folders: %v, %v", all, err)
	}
}

func (s Suite) encodes(t *testing.T, folder string) {
	t.Helper()
	b, err := s.Load(t, folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := b.Encode(t.Context(), []string{"the red brush"}); err != nil || len(ids[0]) == 0 {
		t.Errorf("ids %v, error %v", ids, err)
	}
}

// equalFolders compares all files.
func equalFolders(t *testing.T, a, b string) {
	t.Helper()
	files, err := os.ReadDir(a)
	if err != nil || len(files) < 3 {
		t.Fatalf("files %v, %v, expected a configuration, weights and a vocabulary", files, err)
	}
	for _, f := range files {
		x, errX := os.ReadFile(filepath.Join(a, f.Name()))
		y, errY := os.ReadFile(filepath.Join(b, f.Name()))
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs from run to run (%v, %v)", f.Name(), errX, errY)
		}
	}
}

// RefusesShapes pretrains shapes that cannot be: each is ErrInvalid, with its word.
func (s Suite) RefusesShapes(t *testing.T, words map[string]string) {
	t.Helper()
	for shape, word := range words {
		_, err := s.Pretrain(t, filepath.Join(t.TempDir(), "m"), shape, 1)
		if why := unlike(err, contract.ErrInvalid, word); why != nil {
			t.Errorf("%s: %v", shape, why)
		}
	}
}
