package lmtest

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
)

// Killed trains in a process of its own and kills that in the middle: the caller
// learns of it, and the process with all its memory is gone. The plugin's
// TestMain must call contracttest.Main.
func (s Suite) Killed(t *testing.T, folder string, words int) {
	path, err := filepath.Abs(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	fresh := s.New()
	info, err := fresh.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := contracttest.Host(t, host.Options{Threads: 1}, fresh)
	b, err := h.Backbone(t.Context(), info.Name, Params(t, path, nil))
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Plugin.Load(t.Context(), contract.Resources{}, nil)
	err = errors.Join(err, b.Plugin.OpenTower(t.Context(), contract.TowerSpec{Name: "l", Users: 2, Items: 3, InitStd: 0.02}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Plugin.TrainTower(t.Context(), contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.ExampleMean,
		PredictFirst: true, Batch: 1, LearningRate: 1e-3}, endless(t.Context(), words), func(p contract.Progress) {
		if p.Done > 100 {
			_ = syscall.Kill(b.PID(), syscall.SIGKILL) // a second time it is gone already
		}
	})
	if !errors.Is(err, contract.ErrDied) {
		t.Errorf("training says %v, expected ErrDied", err)
	}
	for end := time.Now().Add(5 * time.Second); syscall.Kill(b.PID(), 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d is still there", b.PID())
		}
	}
}

// endless is the same document again and again.
func endless(ctx context.Context, words int) contract.Examples {
	doc := contract.Example{Prompt: []int32{int32(words), 1}, Main: []int32{int32(words + 2), int32(words + 3)}}
	return func(yield func([]contract.Example, error) bool) {
		for ctx.Err() == nil && yield([]contract.Example{doc, doc, doc, doc}, nil) {
		}
	}
}
