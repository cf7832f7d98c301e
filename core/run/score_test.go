package run_test

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/run"
)

func TestTextsAreScoredBeforeAndAfterTraining(t *testing.T) {
	b, p := kept(t)
	store, rec, err := run.FindRecord(filepath.Join(b.out, "trials", b.recordOf(p, "CLLM4Rec").Key))
	if err != nil {
		t.Fatal(err)
	}
	texts := []run.Text{{Name: "a", Text: "one two three four"}, {Name: "b", Text: "one two"}}
	kept, err := run.ScoreKept(t.Context(), store, rec, b.plugins, contract.Resources{Threads: 1}, texts)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := run.ScoreBackbone(t.Context(), b.plugins, "fakelm", json.RawMessage(`{}`), contract.Resources{Threads: 1}, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, words := range []int64{3, 1} {
		k := kept[i]
		if k.Loaded.Tokens != words || k.Trained == nil || k.Trained.Tokens != words || !(k.Loaded.NLL > 0) || math.IsInf(k.Trained.NLL, 0) {
			t.Errorf("text %d has the scores %+v and %+v, want %d words", i, k.Loaded, k.Trained, words)
		}
		if plain[i].Loaded != k.Loaded || plain[i].Trained != nil {
			t.Errorf("text %d: the language model alone gives %+v, with a kept model %+v", i, plain[i].Loaded, k.Loaded)
		}
	}
}

func TestWhatCannotBeScoredIsNamed(t *testing.T) {
	b, p := kept(t)
	for method, want := range map[string]string{
		"Factors":  "Factors is no pipeline over a language model",
		"CLLM4Rec": "short: the text has 1 words",
	} {
		store, rec, err := run.FindRecord(filepath.Join(b.out, "trials", b.recordOf(p, method).Key))
		if err != nil {
			t.Fatal(err)
		}
		_, err = run.ScoreKept(t.Context(), store, rec, b.plugins, contract.Resources{Threads: 1}, []run.Text{{Name: "short", Text: "one"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", method, err, want)
		}
	}
}
