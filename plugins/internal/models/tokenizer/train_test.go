package tokenizer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// testdata/small was trained by the reference implementation on the samples.
func TestTrainingGivesTheReferencesVocabulary(t *testing.T) {
	want := load(t, "testdata/small")
	got, err := Train(slices.Values(samples(t)), want.Size())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.tokens, want.tokens) {
		t.Errorf("tokens differ:\n%q\n%q", got.tokens[256:], want.tokens[256:])
	}
	if !slices.Equal(got.order(), want.order()) {
		t.Error("merges differ")
	}
}

func TestTrainingDoesNotDependOnTheOrderOfTexts(t *testing.T) {
	texts := samples(t)
	one, err := Train(slices.Values(texts), 400, EndOfText)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(texts)
	two, err := Train(slices.Values(texts), 400, EndOfText)
	if err != nil || !slices.Equal(one.tokens, two.tokens) || !slices.Equal(one.order(), two.order()) {
		t.Errorf("%v", err)
	}
}

func TestSavedVocabularyLoadsAgain(t *testing.T) {
	trained, err := Train(slices.Values(samples(t)), 300, "<pad>", EndOfText)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := trained.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded := load(t, dir)
	if !slices.Equal(loaded.tokens, trained.tokens) || loaded.Size() != 300 {
		t.Fatalf("%d tokens", loaded.Size())
	}
	for _, text := range append(samples(t), "a<pad>b") {
		if a, b := trained.Encode(text), loaded.Encode(text); !slices.Equal(a, b) {
			t.Errorf("%q: %v, %v", text, a, b)
		}
	}
	if id, ok := loaded.ID(EndOfText); !ok || id != 299 {
		t.Errorf("%d %v", id, ok)
	}
	if err := loaded.Save(dir); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(filepath.Join(dir, VocabName))
	if string(first) != string(trained.vocabJSON()) {
		t.Error("saving what was loaded gives other bytes")
	}
}

func TestTrainingRefusesImpossibleSizes(t *testing.T) {
	for size, want := range map[int]string{256: "expected 257", 5000: "only enough for"} {
		_, err := Train(slices.Values([]string{"a few words, a few words"}), size, EndOfText)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v", size, err)
		}
	}
}

func BenchmarkTrain(b *testing.B) {
	texts := reviews(b)
	for b.Loop() {
		if _, err := Train(slices.Values(texts), 2048, EndOfText); err != nil {
			b.Fatal(err)
		}
	}
}
