package host_test

import (
	"testing"

	"cllm4rec/core/contract"
)

// The floor of a call is one gRPC round trip over a Unix socket with TLS in
// both directions: four context switches and some 100 small allocations. No
// design of this package's own can go below it, so what is done often is done
// in batches.
func BenchmarkEmptyCall(b *testing.B) {
	r := recommender(b, "")
	if err := r.Plugin.Fit(b.Context(), spec(), train(1), nil); err != nil {
		b.Fatal(err)
	}
	one := []contract.Query{{K: 1}}
	for b.Loop() {
		if _, err := r.Plugin.Rank(b.Context(), contract.RankSpec{}, one); err != nil {
			b.Fatal(err)
		}
	}
}

// The floor of the upload is TLS (AES-GCM runs at a GB/s and more on one core)
// plus one copy on each side of the socket and one of each column in protobuf.
func BenchmarkMillionInteractionsUp(b *testing.B) {
	const n = 1 << 20
	column, values, times := make([]int32, n), make([]float32, n), make([]int64, n)
	for i := range column {
		column[i] = int32(i % 3)
	}
	data := func(yield func(*contract.TrainChunk, error) bool) {
		yield(&contract.TrainChunk{Users: column, Items: column, Values: values, Times: times}, nil)
	}
	r := recommender(b, "")
	b.SetBytes(n * 20)
	for b.Loop() {
		if err := r.Plugin.Fit(b.Context(), spec(), data, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// Ten thousand users' top 20 in batches of 64. The floor is that of the empty
// call for each batch plus the ranking itself; the fake ranks 100 items.
func BenchmarkTenThousandRankingsDown(b *testing.B) {
	r := recommender(b, "")
	if err := r.Plugin.Fit(b.Context(), contract.FitSpec{Users: 10, Items: 100}, train(3), nil); err != nil {
		b.Fatal(err)
	}
	queries := make([]contract.Query, 64)
	for i := range queries {
		queries[i].K = 20
	}
	for b.Loop() {
		for range 10000 / len(queries) {
			if _, err := r.Plugin.Rank(b.Context(), contract.RankSpec{}, queries); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// The floor of a start is that of the process: fork, exec, Go's runtime and two
// certificates for mutual TLS.
func BenchmarkStartAndStop(b *testing.B) {
	h := newHost(b)
	for b.Loop() {
		r, err := h.Recommender(b.Context(), "fakerec", nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
