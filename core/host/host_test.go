package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
)

// TestMain serves the fakes, or is a host of its own that a test kills.
func TestMain(m *testing.M) {
	if os.Getenv(envVictim) != "" {
		os.Exit(victim())
	}
	contracttest.Main(m, fakes()...)
}

func fakes() []contract.Plugin {
	return []contract.Plugin{contracttest.NewFakeDataset(), contracttest.NewFakeRecommender(), contracttest.NewFakeBackbone()}
}

func newHost(t testing.TB) *host.Host {
	return contracttest.Host(t, host.Options{}, fakes()...)
}

// recommender starts the fake recommender on a host of its own.
func recommender(t testing.TB, params string) *host.Running[contract.Recommender] {
	t.Helper()
	r, err := newHost(t).Recommender(t.Context(), "fakerec", json.RawMessage(params))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func spec() contract.FitSpec { return contract.FitSpec{Users: 7, Items: 3, Seed: 1} }

// train is n chunks of one interaction each.
func train(n int) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		for i := range int32(n) {
			if !yield(&contract.TrainChunk{Users: []int32{i % 7}, Items: []int32{i % 3}}, nil) {
				return
			}
		}
	}
}

func TestARecommenderFitsAndRanksInItsProcess(t *testing.T) {
	r, err := newHost(t).Recommender(t.Context(), "fakerec", json.RawMessage(`{"chatty":true}`))
	if err != nil {
		t.Fatal(err)
	}
	var steps int64
	if err := r.Plugin.Fit(t.Context(), spec(), train(7), func(p contract.Progress) { steps = p.Done }); err != nil {
		t.Fatal(err)
	}
	q := []contract.Query{{User: 0, K: 3}, {User: 1, History: []int32{1}, K: 2}}
	rankings, err := r.Plugin.Rank(t.Context(), contract.RankSpec{}, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(rankings) != 2 || rankings[0].Items[0] != 0 || rankings[1].Check(q[1], 3) != nil || steps != 7 {
		t.Errorf("rankings %+v after %d steps", rankings, steps)
	}
	if u := r.Usage(); u.PeakRSS < 1<<20 || r.Checksum == "" || r.Info.Name != "fakerec" {
		t.Errorf("usage %+v, checksum %q, about %+v", u, r.Checksum, r.Info)
	}
	if words := strings.Join(r.StderrTail(), "\n"); !strings.Contains(words, "a library prints at step 7") {
		t.Errorf("stderr tail %q", words)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if u := r.Usage(); u.PeakRSS < 1<<20 || u.CPU <= 0 {
		t.Errorf("usage after the end %+v", u)
	}
}

func TestAKilledPluginIsErrDiedWithTheEndOfItsStderr(t *testing.T) {
	h := newHost(t)
	r, err := h.Recommender(t.Context(), "fakerec", json.RawMessage(`{"die_at":2}`))
	if err != nil {
		t.Fatal(err)
	}
	err = r.Plugin.Fit(t.Context(), spec(), train(1000), nil)
	if !errors.Is(err, contract.ErrDied) || !strings.Contains(err.Error(), "step 2 kills its process as asked") || !strings.Contains(err.Error(), "signal killed") {
		t.Fatalf("error %v", err)
	}
	again, err := h.Recommender(context.Background(), "fakerec", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Plugin.Fit(t.Context(), spec(), train(9), nil); err != nil {
		t.Error(err)
	}
	if p, _ := os.FindProcess(r.PID()); p.Signal(nil) == nil {
		t.Error("the dead process lives")
	}
}
