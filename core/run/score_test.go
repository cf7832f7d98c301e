package run_test

import (
	"encoding/json"
	"errors"
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
		if k.Loaded == nil || k.Loaded.Tokens != words || k.Trained == nil || k.Trained.Tokens != words || !(k.Loaded.NLL > 0) || math.IsInf(k.Trained.NLL, 0) {
			t.Errorf("text %d has the scores %+v and %+v, want %d words", i, k.Loaded, k.Trained, words)
		}
		if k.Extended == nil || k.Extended.Tokens != words || !(k.Extended.NLL > k.Trained.NLL) {
			t.Errorf("text %d: among all tokens %+v, among words %+v", i, k.Extended, k.Trained)
		}
		if *plain[i].Loaded != *k.Loaded || plain[i].Trained != nil || plain[i].Extended != nil {
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

func TestTokensInATextArePredictedAmongAllTokens(t *testing.T) {
	b, p := kept(t)
	store, rec, err := run.FindRecord(filepath.Join(b.out, "trials", b.recordOf(p, "CLLM4Rec").Key))
	if err != nil {
		t.Fatal(err)
	}
	data, err := store.SplitData(rec)
	if err != nil {
		t.Fatal(err)
	}
	score := func(text string) (run.TextScore, error) {
		all, err := run.ScoreKept(t.Context(), store, rec, b.plugins, contract.Resources{Threads: 1}, []run.Text{{Name: "a", Text: text}})
		if err != nil {
			return run.TextScore{}, err
		}
		return all[0], nil
	}
	s, err := score("one two <user:" + data.Users[0] + "> three <item:" + data.Items[1] + ">")
	if err != nil || s.Loaded != nil || s.Trained != nil || s.Extended == nil || s.Extended.Tokens != 4 || !(s.Extended.NLL > 0) {
		t.Errorf("scores %+v, error %v", s, err)
	}
	for _, wrong := range []string{"one <item:1", "one <item:>", "<Item:1> one", "one <user:\n1>"} {
		if _, err := score(wrong); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "is no token: expected <user:ID> or <item:ID>") {
			t.Errorf("%q: error %v", wrong, err)
		}
	}
	_, err = run.ScoreBackbone(t.Context(), b.plugins, "fakelm", json.RawMessage(`{}`), contract.Resources{Threads: 1}, []run.Text{{Name: "a", Text: "one <item:1>"}})
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "which only a trial's trained model has") {
		t.Errorf("a token without a trial: error %v", err)
	}
	if _, err := score("one <item:none such>"); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), `a: the data have no item "none such"`) {
		t.Errorf("a token of nobody: error %v", err)
	}
}
