package cllm4rec

import (
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestProgressTellsHowManyDocumentsAPassHas(t *testing.T) {
	d, passes := newDouble(), 0
	in := input(t, d, tiny(), 1)
	in.Progress = func(p contract.Progress) {
		if p.Unit != "example" {
			return
		}
		if passes++; p.Total < p.Done || p.Total == 0 || !strings.Contains(p.Stage, "tower") {
			t.Errorf("got %+v", p)
		}
	}
	if _, err := Fit(t.Context(), d, config(t, short), in); err != nil || passes == 0 {
		t.Errorf("%v, %d reports", err, passes)
	}
}
