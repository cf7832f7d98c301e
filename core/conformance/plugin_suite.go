package conformance

import (
	"context"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
)

// Plugin checks a plugin of a host: its process, then the promises of its kind, each call
// across the process boundary.
func Plugin(t T, h *host.Host, kind contract.Kind, name string, check contract.Check) {
	Process(t, h, kind, name)
	switch kind {
	case contract.KindDataset:
		Dataset(t, launched[contract.Dataset](h, kind, name), check)
	case contract.KindRecommender:
		Recommender(t, launched[contract.Recommender](h, kind, name), check)
	case contract.KindBackbone:
		Backbone(t, launched[contract.Backbone](h, kind, name), check)
	}
}

// launched starts a process of its own for each check that asks, and stops it with the check.
func launched[P contract.Plugin](h *host.Host, kind contract.Kind, name string) func(TB) P {
	return func(t TB) P {
		t.Helper()
		r, err := h.Launch(t.Context(), kind, name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := r.Stop(ctx); err != nil {
				t.Error(err)
			}
		})
		return r.Plugin.(P)
	}
}
