package cllm4rec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/prompt"
)

// groups is a data set in which a user of group g has items of group g; one
// item per user is held out. The texts tell the groups apart.
func groups() (data.Training, []int32) {
	const perGroup, users, items = 8, 40, 32
	rng := rand.New(rand.NewPCG(4, 4))
	rows, held := make([][]int32, users), make([]int32, users)
	var texts []data.Text
	for u := range rows {
		g := u % 4
		order := rng.Perm(perGroup)
		for _, k := range order[:5] {
			rows[u] = append(rows[u], int32(g*perGroup+k))
		}
		held[u] = int32(g*perGroup + order[5])
		texts = append(texts, data.Text{Kind: contract.TextReview, User: int32(u), Item: rows[u][0], Text: fmt.Sprintf("word%d like word%d", g, g)})
	}
	return data.Training{Interactions: matrix(items, rows...), Texts: texts}, held
}

func TestTrainingLowersTheLossAndRanksBetterThanChance(t *testing.T) {
	training, held := groups()
	for _, fidelity := range []string{"paper", "code"} {
		text := `"warmup": {"epochs": 2, "lr": 0.1}, "pretrain": {"epochs": 15, "lr": 0.3, "lambda_c": 0.01}, "finetune": {"epochs": 15, "lr": 0.2}, "select": {"rule": "last"}, "max_length": 32, "fidelity": "` + fidelity + `"`
		_, m := fit(t, text, training, 1)
		r := m.Report()
		losses := map[string][]float64{}
		for _, p := range r.Passes {
			key := string(p.Stage) + " " + p.Tower
			losses[key] = append(losses[key], p.Data)
		}
		for key, l := range losses {
			// Finetuning moves the other tower, toward which the content tower follows.
			if last := l[len(l)-1]; last >= l[0] && key != "finetune content" {
				t.Errorf("%s, %s: the loss went from %v to %v", fidelity, key, l[0], last)
			}
		}
		if hits := hitsAt8(t, m, training.Interactions, held); hits < 20 {
			t.Errorf("%s: %d of 40 held-out items among the first 8 of 32", fidelity, hits)
		}
	}
}

// hitsAt8 masks the history as the host does.
func hitsAt8(t *testing.T, m *Model, x *data.Interactions, held []int32) (hits int) {
	t.Helper()
	var queries []contract.Query
	for u := range x.Users {
		queries = append(queries, contract.Query{User: int32(u), History: x.Row(u), K: 13})
	}
	rankings, err := m.Rank(context.Background(), contract.RankSpec{}, queries)
	if err != nil {
		t.Fatal(err)
	}
	for u, r := range rankings {
		if err := r.Check(queries[u], x.Items); err != nil {
			t.Fatal(err)
		}
		kept := slices.DeleteFunc(r.Items, func(j int32) bool { return slices.Contains(x.Row(u), j) })
		if slices.Contains(kept[:8], held[u]) {
			hits++
		}
	}
	return hits
}

func TestMaskHoldsOutItsShareOfEveryHistory(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		n     int
		share float64
		held  int
	}{{1, 0.2, 1}, {1, 0, 1}, {2, 0.2, 1}, {2, 1, 1}, {4, 0.2, 1}, {10, 0.2, 2}, {14, 0.2, 2}, {15, 0.2, 3}, {5, 1, 4}} {
		items := rng.Perm(100)[:c.n]
		history := make([]int32, c.n)
		for i, j := range items {
			history[i] = int32(j)
		}
		whole := slices.Clone(history)
		masked, held := mask(history, c.share, rng)
		if len(held) != c.held || len(masked) != c.n {
			t.Fatalf("%+v: held out %v of %v", c, held, whole)
		}
		for i, j := range masked {
			if (j == prompt.Masked) != slices.Contains(held, whole[i]) || j != prompt.Masked && j != whole[i] {
				t.Fatalf("%+v: %v became %v, held out %v", c, whole, masked, held)
			}
		}
	}
}

func TestMaskReachesEveryPosition(t *testing.T) {
	seen := map[int32]int{}
	for epoch := range uint64(200) {
		_, held := mask([]int32{0, 1, 2, 3, 4}, 0.2, stream(9, forHistory, epoch))
		seen[held[0]]++
	}
	for j := range int32(5) {
		if seen[j] < 20 {
			t.Errorf("item %d was held out %d times in 200", j, seen[j])
		}
	}
}

func TestStreamsOfDifferentPurposesDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for purpose := forTower; purpose <= forRanking; purpose++ {
		for epoch := range uint64(50) {
			for user := range uint64(50) {
				key, name := contract.MixSeed(1, purpose, epoch, user), fmt.Sprint(purpose, epoch, user)
				if other, taken := seen[key]; taken {
					t.Fatalf("%s and %s share a stream", name, other)
				}
				seen[key] = name
			}
		}
	}
}
