package eval

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// The shape of the five-core Beauty data that SASRec and S3-Rec use.
const (
	benchUsers = 22363
	benchItems = 12101
)

// given ranks by scores that are there already: a pool of rows that is larger
// than the cache, which the users share.
type given struct {
	pool    [][]float32
	threads int
}

func (g given) Rank(_ context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	out := make([]contract.Ranking, len(queries))
	err := g.each(len(queries), func(i int) (err error) {
		out[i], err = contract.TopK(g.pool[int(queries[i].User)%len(g.pool)], int(queries[i].K), spec.Ties)
		return err
	})
	return out, err
}

// each shares 0..n-1 out in stripes.
func (g given) each(n int, do func(i int) error) (err error) {
	var wg sync.WaitGroup
	for w := range g.threads {
		wg.Go(func() {
			for i := w; i < n; i += g.threads {
				if e := do(i); e != nil {
					err = e
				}
			}
		})
	}
	wg.Wait()
	return err
}

func benchSplit() *data.Split {
	rng := generator(1)
	var train, test [][]int32
	for range benchUsers {
		row := make([]int32, 0, 10)
		for len(row) < 9 {
			if i := int32(rng.IntN(benchItems)); !slices.Contains(row, i) {
				row = append(row, i)
			}
		}
		train, test = append(train, row[:8]), append(test, row[8:])
	}
	return newSplit(matrix(benchItems, train...), nil, matrix(benchItems, test...))
}

func benchPool(levels int) [][]float32 {
	rng := generator(2)
	pool := make([][]float32, 512)
	for r := range pool {
		pool[r] = make([]float32, benchItems)
		for i := range pool[r] {
			if pool[r][i] = rng.Float32(); levels > 0 {
				pool[r][i] = float32(rng.IntN(levels))
			}
		}
	}
	return pool
}

// BenchmarkFullRanking evaluates 22,363 users over 12,101 items with scores
// given, masking and three metrics. The floor is one pass over the scores on as
// many threads, looking for each user's best item only.
func BenchmarkFullRanking(b *testing.B) {
	split := benchSplit()
	o := Options{Metrics: []Metric{metric(b, "recall@20"), metric(b, "ndcg@100"), metric(b, "mrr@10")}, Ties: contract.Ties{Seed: 1}}
	for _, c := range []struct {
		name   string
		levels int
	}{{"distinct", 0}, {"tied", 4}} {
		ranker := given{benchPool(c.levels), runtime.GOMAXPROCS(0)}
		b.Run(fmt.Sprintf("scores=%s", c.name), func(b *testing.B) {
			floor := floorOf(ranker)
			for b.Loop() {
				if _, err := Evaluate(b.Context(), ranker, split, contract.PartTest, o); err != nil {
					b.Fatal(err)
				}
			}
			perRun := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(floor.Seconds(), "floor-s")
			b.ReportMetric(perRun.Seconds(), "s/evaluation")
			b.ReportMetric(perRun.Seconds()/floor.Seconds(), "x-floor")
		})
	}
}

func floorOf(g given) time.Duration {
	start := time.Now()
	best := make([]float32, benchUsers)
	_ = g.each(benchUsers, func(u int) error {
		top := float32(-1)
		for _, s := range g.pool[u%len(g.pool)] {
			top = max(top, s)
		}
		best[u] = top
		return nil
	})
	return time.Since(start)
}
