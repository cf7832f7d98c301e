package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/sharedtest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

// The small inputs that once went wrong read as plain tables too: each of them has the
// 72 rows of the first, in its own form.
func TestInputsThatOnceWentWrongAreRead(t *testing.T) {
	want, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": sharedtest.Path(t, "cases/xkeys/r.json")}))
	if err != nil || len(want) != 72 || want[0] != "U000 I013 5 @1400000000" {
		t.Fatalf("%d rows, the first %q, error %v", len(want), want[:1], err)
	}
	for _, name := range []string{"cases/bom/r.json", "cases/pythondict/r.json", "cases/amazon2018meta/r.json", "cases/yamltab/r.json"} {
		if got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": sharedtest.Path(t, name)})); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d rows, error %v", name, len(got), err)
		}
	}
	got, err := formatstest.SpelledInteractions(configured(t, map[string]any{"path": sharedtest.Path(t, "cases/amazon2023/r.jsonl"), "items": map[string]any{"path": sharedtest.Path(t, "cases/amazon2023/meta.json")}}))
	for i := range got {
		got[i] = strings.Replace(got[i], " PI", " I", 1)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("reviews of 2023, whose times are milliseconds: %d rows, error %v", len(got), err)
	}
	_, err = formatstest.SpelledInteractions(configured(t, map[string]any{"path": sharedtest.Path(t, "cases/keycase/ci.json")}))
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "item may be any of the columns ASIN, asin: say which") {
		t.Errorf("keys that differ in case: error %v", err)
	}
	got, err = formatstest.SpelledInteractions(configured(t, map[string]any{"path": sharedtest.Path(t, "cases/keycase/ci.json"), "item": "asin"}))
	if err != nil || len(got) != 3 || got[0] != "A I1 5 @1" {
		t.Errorf("a key by its exact name: %q, error %v", got, err)
	}
}
