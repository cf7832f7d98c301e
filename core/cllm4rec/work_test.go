package cllm4rec

import (
	"testing"
)

// TestWorkIsWhatAFitDoes compares the estimate with the passes of a real Fit.
func TestWorkIsWhatAFitDoes(t *testing.T) {
	for _, text := range []string{short, short + `, "content": false`} {
		settings := config(t, text+`, "select": {"rule": "last"}`)
		d := newDouble()
		m, err := Fit(t.Context(), d, settings, input(t, d, tiny(), 1))
		if err != nil {
			t.Fatal(err)
		}
		want := Work{Passes: len(m.Report().Passes)}
		for _, p := range m.Report().Passes {
			want.Documents += int64(p.Documents)
			want.Steps += int64((p.Documents + 1) / 2)
		}
		got := settings.Work(tiny())
		if got.Tokens <= want.Documents {
			t.Errorf("%d tokens in %d documents", got.Tokens, want.Documents)
		}
		if got.Tokens = 0; got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}

func TestWorkIsReadable(t *testing.T) {
	w := Work{Documents: 999, Steps: 1000, Tokens: 1234567}
	if got := w.Plus(w).String(); got != "1,998 documents in 2,000 steps, about 2,500,000 tokens" {
		t.Errorf("got %q", got)
	}
}
