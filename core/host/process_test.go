package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
)

func mustBe(t testing.TB, err, sentinel error, names ...string) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Errorf("error %v, want %q", err, sentinel)
	}
	for _, name := range names {
		if !strings.Contains(fmt.Sprint(err), name) {
			t.Errorf("error %v does not say %q", err, name)
		}
	}
}

func TestAnErrorOfThePluginStopsTheUploadAndKeepsItsSentinel(t *testing.T) {
	sent := 0
	endless := func(yield func(*contract.TrainChunk, error) bool) {
		for yield(&contract.TrainChunk{Users: make([]int32, 1000), Items: make([]int32, 1000)}, nil) {
			sent++
		}
	}
	r := recommender(t, `{"fail_at":3}`)
	mustBe(t, r.Plugin.Fit(t.Context(), spec(), endless, nil), contract.ErrBadData, "step 3 fails as asked")
	if sent > 100000 {
		t.Errorf("the host sent %d chunks to a plugin that had failed", sent)
	}
	if _, err := r.Plugin.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{K: 1}}); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("Rank after a failed Fit: %v", err)
	}
}

func TestNaNInProgressArrives(t *testing.T) {
	r := recommender(t, `{"nan_at":2}`)
	var last float64
	err := r.Plugin.Fit(t.Context(), spec(), train(5), func(p contract.Progress) { last = p.Loss })
	mustBe(t, err, contract.ErrNonFinite, "step 2")
	if !math.IsNaN(last) {
		t.Errorf("the last loss is %v, want NaN", last)
	}
}

func TestAPanicIsAnErrorOfOneLineAndThePluginLivesOn(t *testing.T) {
	r := recommender(t, `{"panic_at":2}`)
	err := r.Plugin.Fit(t.Context(), spec(), train(5), nil)
	if err == nil || !strings.Contains(err.Error(), "panicked in Fit: step 2 panics as asked") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if err := r.Plugin.Fit(t.Context(), spec(), train(1), nil); err != nil {
		t.Errorf("after the panic: %v", err)
	}
}

func TestCancellingReachesThePlugin(t *testing.T) {
	r := recommender(t, `{"delay":60000}`)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := r.Plugin.Fit(ctx, spec(), train(5), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want context.DeadlineExceeded", err)
	}
	// The next call waits for the cancelled one to end in the plugin.
	if _, err := r.Plugin.Configure(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the plugin went on for %s", took)
	}
}

func TestAnErrorOfTheTrainingDataComesBackItself(t *testing.T) {
	own := errors.New("the disk is gone")
	r := recommender(t, "")
	err := r.Plugin.Fit(t.Context(), spec(), func(yield func(*contract.TrainChunk, error) bool) { yield(nil, own) }, nil)
	mustBe(t, err, own)
	uneven := func(yield func(*contract.TrainChunk, error) bool) {
		yield(&contract.TrainChunk{Users: []int32{1, 2}, Items: []int32{1}}, nil)
	}
	mustBe(t, r.Plugin.Fit(t.Context(), spec(), uneven, nil), contract.ErrBadData, "2 users, 1 items")
}

func TestAPluginKilledFromOutsideIsErrDied(t *testing.T) {
	r := recommender(t, `{"delay":60000}`)
	time.AfterFunc(200*time.Millisecond, func() { _ = syscall.Kill(r.PID(), syscall.SIGKILL) })
	mustBe(t, r.Plugin.Fit(t.Context(), spec(), train(5), nil), contract.ErrDied, "fakerec", "signal killed")
	_, err := r.Plugin.Rank(t.Context(), contract.RankSpec{}, nil)
	if err != nil { // no queries need no call
		t.Error(err)
	}
	_, err = r.Plugin.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{K: 1}})
	mustBe(t, err, contract.ErrDied)
	mustBe(t, r.Stop(t.Context()), contract.ErrDied)
}

func TestStopEndsAPluginThatDoesNotListen(t *testing.T) {
	h := contracttest.Host(t, host.Options{StopTimeout: 300 * time.Millisecond}, fakes()...)
	r, err := h.Recommender(t.Context(), "fakerec", json.RawMessage(`{"delay":60000,"deaf":true}`))
	if err != nil {
		t.Fatal(err)
	}
	fit := make(chan error, 1)
	go func() { fit <- r.Plugin.Fit(context.Background(), spec(), train(5), nil) }()
	time.Sleep(200 * time.Millisecond)
	began := time.Now()
	mustBe(t, r.Stop(t.Context()), contract.ErrDied, "plugin fakerec did not close within 300ms and was killed")
	if took := time.Since(began); took > 5*time.Second || alive(r.PID()) {
		t.Errorf("after %s the process lives: %v", took, alive(r.PID()))
	}
	if err := <-fit; !errors.Is(err, context.Canceled) {
		t.Errorf("Fit says %v", err)
	}
}

func TestStopCancelsTheCallInHand(t *testing.T) {
	r := recommender(t, `{"delay":60000}`)
	fit := make(chan error, 1)
	go func() { fit <- r.Plugin.Fit(context.Background(), spec(), train(5), nil) }()
	time.Sleep(200 * time.Millisecond)
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-fit; !errors.Is(err, context.Canceled) {
		t.Errorf("Fit says %v", err)
	}
	if alive(r.PID()) {
		t.Error("the process lives")
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Errorf("the second Stop says %v", err)
	}
}

func TestLargeMessagesAreCutAndTooLargeRowsRefused(t *testing.T) {
	const items, users = 20000, 600
	r := recommender(t, "")
	column := make([]int32, 3<<20) // 24 MiB of rows in one chunk
	one := func(yield func(*contract.TrainChunk, error) bool) {
		yield(&contract.TrainChunk{Users: column, Items: column}, nil)
	}
	steps := int64(0)
	if err := r.Plugin.Fit(t.Context(), contract.FitSpec{Users: users, Items: items}, one, func(p contract.Progress) { steps = p.Done }); err != nil {
		t.Fatal(err)
	}
	if steps < 20 {
		t.Errorf("24 MiB went up in %d chunks", steps)
	}
	queries := make([]contract.Query, users) // 96 MiB of rankings
	for i := range queries {
		queries[i] = contract.Query{User: int32(i), K: items}
	}
	rankings, err := r.Plugin.Rank(t.Context(), contract.RankSpec{}, queries)
	if err != nil || len(rankings) != users || rankings[users-1].Check(queries[users-1], items) != nil {
		t.Errorf("%d rankings, error %v", len(rankings), err)
	}
	huge := func(yield func(*contract.TrainChunk, error) bool) {
		yield(&contract.TrainChunk{Texts: []contract.TrainText{{Text: strings.Repeat("x", 64<<20)}}}, nil)
	}
	mustBe(t, r.Plugin.Fit(t.Context(), spec(), huge, nil), contract.ErrInvalid, "row 0 takes 67108904 bytes")
}

func TestPretrainIsUnsupportedWithoutTheAbility(t *testing.T) {
	b, err := newHost(t).Backbone(t.Context(), "fakelm", nil)
	if err != nil {
		t.Fatal(err)
	}
	texts := func(yield func([]string, error) bool) { yield([]string{"a"}, nil) }
	_, err = b.Plugin.(contract.Pretrainer).Pretrain(t.Context(), contract.PretrainSpec{}, texts, nil)
	mustBe(t, err, contract.ErrUnsupported)
}

func TestStartingAndStoppingLeavesNothingBehind(t *testing.T) {
	h := newHost(t)
	cycle := func() {
		r, err := h.Recommender(t.Context(), "fakerec", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.Plugin.Fit(t.Context(), spec(), train(3), nil), r.Stop(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	files, goroutines := openFiles(t), runtime.NumGoroutine()
	for range 5 {
		cycle()
	}
	time.Sleep(100 * time.Millisecond) // the last goroutines end
	if f, g := openFiles(t), runtime.NumGoroutine(); f > files+2 || g > goroutines+2 {
		t.Errorf("five plugins took files from %d to %d and goroutines from %d to %d", files, f, goroutines, g)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system has no /proc")
	}
	return len(entries)
}
