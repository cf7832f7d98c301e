package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

const script = "plugins/internal/lm/testdata/step_bench.py"

// peerRun is what the script prints.
type peerRun struct {
	Torch, Transformers string
	Matmul              float64 `json:"matmul_gflops"` // GFLOP/s
	Peak                float64 `json:"peak_rss_mb"`
	Steps               []peerStep
	Epoch               peerEpoch
}

// peerStep is one case.
type peerStep struct {
	Pass    float64 `json:"pass_median_s"`
	Batches float64 `json:"pass_batches"`
	Tokens  float64 `json:"pass_tokens"`
}

// peerEpoch is the second pass over the same texts.
type peerEpoch struct {
	Documents int
	Seconds   float64 `json:"epoch_s"`
	Data      float64 `json:"data_s"`
	Tokens    float64
}

// peer runs one case in a process of its own.
func (o options) peer(ctx context.Context, c kase) (*peerRun, error) {
	attention := o.attention
	if c.backbone == "t5" {
		attention = "eager" // transformers has no other for T5
	}
	repeats := o.repeats(c)
	if c.shape == "tiny" && c.lengths == "equal" {
		repeats /= 2
	}
	run, err := o.script(ctx, "--backbone", c.backbone, "--shapes", c.shape, "--lengths", c.lengths, "--steps", c.step,
		"--attention", attention, "--repeats", strconv.Itoa(max(repeats, 1)))
	if err == nil && len(run.Steps) != 1 {
		err = fmt.Errorf("%s printed %d steps, expected 1", script, len(run.Steps))
	}
	return run, err
}

func (o options) script(ctx context.Context, args ...string) (*peerRun, error) {
	out, err := exec.CommandContext(ctx, o.python, append([]string{script, "--dtype", o.dtype}, args...)...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("%s %v: %w\n%s", script, args, err, failed.Stderr)
	}
	if err != nil {
		return nil, err
	}
	var run peerRun
	if err := json.Unmarshal(out, &run); err != nil {
		return nil, fmt.Errorf("%s printed something else than JSON: %w", script, err)
	}
	return &run, nil
}

// epochs is an epoch of both.
type epochs struct {
	ours metrics
	peer peerEpoch
}

// measureEpoch: the peer goes first, for it writes the tokenizer and the texts.
func (o options) measureEpoch(ctx context.Context) (e epochs, err error) {
	temporary, err := os.MkdirTemp("", "cllm4rec-bench")
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	run, err := o.script(ctx, "--epoch", strconv.Itoa(o.epoch), "--save", temporary, "--attention", o.attention)
	if err != nil {
		return e, err
	}
	e.peer = run.Epoch
	e.ours, err = o.benchmark(ctx, "gpt2", "Epoch", 2, "CLLM4REC_BENCH_EPOCH="+temporary)
	return e, err
}
