package conformance_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/conformance"
)

func TestASuiteRunsWithoutTheGoCommand(t *testing.T) {
	var order, told []string
	var folder string
	var ctx context.Context
	outcomes := conformance.Run(t.Context(), "", func(t conformance.T) {
		t.Cleanup(func() { order = append(order, "suite") })
		t.Run("good", func(t conformance.T) {
			folder, ctx = t.TempDir(), t.Context()
			t.Cleanup(func() { order = append(order, "first") })
			t.Cleanup(func() { order = append(order, "second") })
		})
		if t.Run("bad", func(t conformance.T) {
			t.Errorf("number %d", 7)
			t.Fatal("the end")
			t.Error("never")
		}) {
			t.Error("a check that failed says that it did not")
		}
		t.Run("panics", func(conformance.T) { panic("oh") })
		t.Run("skipped", func(t conformance.T) { t.Skip("no reason") })
		t.Fatal("of the suite")
	}, func(o conformance.Outcome) { told = append(told, o.Name) })
	if want := []string{"good", "bad", "panics", "skipped", ""}; !slices.Equal(told, want) {
		t.Fatalf("heard of %q, want %q", told, want)
	}
	var words []string
	for _, o := range outcomes {
		words = append(words, strings.Join(o.Words, "; "))
	}
	if want := []string{"", "number 7; the end", "the check itself failed: oh", "no reason", "of the suite"}; !slices.Equal(words, want) {
		t.Errorf("words %q, want %q", words, want)
	}
	if outcomes[0].Failed || !outcomes[1].Failed || !outcomes[2].Failed || outcomes[3].Failed || !outcomes[3].Skipped || !outcomes[4].Failed {
		t.Errorf("outcomes %+v", outcomes)
	}
	if want := []string{"second", "first", "suite"}; !slices.Equal(order, want) {
		t.Errorf("cleaned up in the order %q, want %q", order, want)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) || ctx.Err() == nil {
		t.Errorf("the folder of a check stays (%v), its context is %v", err, ctx.Err())
	}
}

func TestOneCheckOfASuiteRunsAlone(t *testing.T) {
	suite := func(t conformance.T) {
		t.Run("the first", func(t conformance.T) { t.Error("it ran") })
		t.Run("the second", func(conformance.T) {})
	}
	if outcomes := conformance.Run(t.Context(), "second", suite, func(conformance.Outcome) {}); len(outcomes) != 1 || outcomes[0].Name != "the second" {
		t.Errorf("outcomes %+v", outcomes)
	}
}
