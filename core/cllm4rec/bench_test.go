package cllm4rec

import (
	"context"
	"math/rand/v2"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// BenchmarkDocuments makes one finetuning pass's documents at the size of the
// paper's Beauty split (10,553 users, 6,086 items, 70,614 interactions).
func BenchmarkDocuments(b *testing.B) {
	const users, items = 10553, 6086
	rng := rand.New(rand.NewPCG(1, 1))
	rows := make([][]int32, users)
	for u := range rows {
		for _, j := range rng.Perm(items)[:5+rng.IntN(4)] {
			rows[u] = append(rows[u], int32(j))
		}
	}
	s, err := Config{Content: new(bool)}.Resolve()
	if err != nil {
		b.Fatal(err)
	}
	f := &fitter{in: Input{Users: users, Items: items, Training: data.Training{Interactions: matrix(items, rows...)}}, settings: s, backbone: newDouble(), state: newState()}
	f.info, _ = f.backbone.Load(context.Background(), contract.Resources{}, nil)
	if err := f.prepare(context.Background()); err != nil {
		b.Fatal(err)
	}
	p := s.finetune()[0]
	for b.Loop() {
		var t Tally
		for range f.histories(p).documents(context.Background(), &t, users) {
		}
	}
}
