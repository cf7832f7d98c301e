package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/hf"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/torch"
)

// The benchmark's batch: the same documents as the PyTorch peer's,
// plugins/internal/lm/testdata/step_bench.py.
const (
	benchBatch   = 8
	benchLength  = 128
	benchTargets = 4
)

// benchShape is a model and the size of its towers.
type benchShape struct {
	name         string
	config       hf.GPT2Config
	users, items int
}

func shapeTiny() benchShape {
	return benchShape{"tiny", benchConfig(4, 128, 4, 2048, 256), 2000, 1000}
}

// shapeSmall is GPT-2 small with the towers of the paper's Beauty.
func shapeSmall() benchShape {
	return benchShape{"gpt2-small", benchConfig(12, 768, 12, 50257, 1024), 10553, 6086}
}

func benchConfig(layers, hidden, heads, words, positions int) hf.GPT2Config {
	return hf.GPT2Config{Layers: layers, Hidden: hidden, Heads: heads, Words: words, Positions: positions, Inner: 4 * hidden,
		Epsilon: 1e-5, Activation: hf.GELUTanh, ScaleAttention: true,
		EmbeddingDropout: 0.1, AttentionDropout: 0.1, ResidualDropout: 0.1}
}

// randomModel is an architecture without a folder.
type randomModel struct{ config hf.GPT2Config }

func (r randomModel) Load(s *torch.Scope, _, attention string) (lm.Model, []string, error) {
	kernel, err := nn.Choose(attention, s.Device())
	rng, tensors := rand.New(rand.NewPCG(1, 1)), map[string]*torch.Tensor{}
	for _, t := range hf.GPT2Tensors(r.config) {
		tensors[t.Name] = s.Floats(initial(rng, t, r.config.Layers), sizes(t.Shape)...)
	}
	return assemble(r.config, tensors, kernel), nil, err
}

// document makes one random document of a step.
func (b benchShape) document(rng *rand.Rand, step string) contract.Document {
	words := func(n int) (ids []int32) {
		for range n {
			ids = append(ids, rng.Int32N(int32(b.config.Words)))
		}
		return ids
	}
	first := b.config.Words + b.users
	items := func(n int) (ids []int32) {
		for range n {
			ids = append(ids, int32(first+rng.IntN(b.items)))
		}
		return ids
	}
	user := []int32{int32(b.config.Words + rng.IntN(b.users))}
	switch step {
	case "collaborative":
		return contract.Document{Prompt: append(user, words(3)...), Main: items(benchLength - 4)}
	case "content":
		return contract.Document{Prompt: append(append(append(user, words(5)...), items(1)...), words(1)...), Main: words(benchLength - 8)}
	default:
		prompt := append(append(append(user, words(3)...), items(benchLength-8)...), words(4)...)
		var targets []int32
		for _, j := range rng.Perm(b.items)[:benchTargets] {
			targets = append(targets, int32(j))
		}
		return contract.Document{Prompt: prompt, Targets: targets}
	}
}

func (b benchShape) spec(step string) contract.TrainSpec {
	objective := map[string]contract.Objective{"collaborative": contract.NextItem, "content": contract.NextWord, "finetuning": contract.Multinomial}[step]
	return contract.TrainSpec{Tower: "a", Objective: objective, Reduction: contract.DocumentMean, PredictFirst: true,
		Batch: benchBatch, Rate: 1e-3, Dropout: -1,
		Priors: []contract.Prior{{Toward: "b", Coefficient: 0.5, Reduction: contract.DocumentMean}}}
}

// flops counts the multiplications and additions that one step cannot do
// without: forward and the gradients of activations (and of the item table), the
// last layer's feed-forward net and the head at predicted tokens only.
func (b benchShape) flops(step string) float64 {
	k, layers, rows := float64(b.config.Hidden), float64(b.config.Layers), float64(benchBatch*benchLength)
	predicted := map[string]float64{"collaborative": benchLength - 4, "content": benchLength - 8, "finetuning": 1}[step] * benchBatch
	linear := 2 * k * k * (rows*(12*layers-9) + predicted*9)
	attention := 2 * 2 * rows * float64(benchLength) / 2 * k * layers
	head := 3 * 2 * predicted * k * float64(b.items)
	if step == "content" {
		head = 2 * 2 * predicted * k * float64(b.config.Words)
	}
	return 2*linear + 3.5*attention + head
}

func benchmarkStep(b *testing.B, shape benchShape, step string) {
	e := lm.New(randomModel{shape.config})
	threads := runtime.NumCPU()
	if _, err := e.Open(b.Context(), lm.Options{Device: "cpu", Threads: threads}, nil); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.Close(context.Background()) }()
	for _, name := range []string{"a", "b"} {
		if err := e.OpenTower(b.Context(), contract.TowerSpec{Name: name, Users: shape.users, Items: shape.items, InitStd: 0.02, Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	once := func() time.Duration {
		var docs []contract.Document
		for range benchBatch {
			docs = append(docs, shape.document(rng, step))
		}
		start := time.Now()
		if _, err := e.TrainTower(b.Context(), shape.spec(step), stream(docs...), nil); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	once()
	best, machine := time.Duration(1<<62), matmulRate(b, threads)
	for b.Loop() {
		best = min(best, once())
	}
	report(b, shape, step, best.Seconds(), max(machine, matmulRate(b, threads)))
}

// report gives the best step beside what the machine and PyTorch do in the same run.
func report(b *testing.B, shape benchShape, step string, seconds, machine float64) {
	rate := shape.flops(step) / seconds / 1e9
	b.ReportMetric(benchBatch*benchLength/seconds, "tokens/s")
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(machine, "matmul-GFLOP/s")
	b.ReportMetric(rate/machine, "of-matmul")
	if peer := peerSeconds(b, shape.name, step); peer > 0 {
		b.ReportMetric(peer/seconds, "x-pytorch")
	}
}

// matmulRate is the best of twenty products of 2048 x 2048 float32 matrices.
func matmulRate(b *testing.B, threads int) (best float64) {
	const n = 2048
	e, err := torch.Start(threads)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	err = e.Do(func() error {
		s := e.Scope(torch.CPU)
		defer s.Close()
		x := s.Floats(nn.Normal(rand.New(rand.NewPCG(1, 1)), n*n, 1), n, n)
		for range 20 {
			start := time.Now()
			s.MatMul(x, x)
			best = max(best, 2*n*n*n/time.Since(start).Seconds()/1e9)
		}
		return s.Err()
	})
	if err != nil {
		b.Fatal(err)
	}
	return best
}

// peers holds what PyTorch took, by shape and step: it is timed once in a run,
// however often the benchmarks repeat.
var peers = map[string]map[string]float64{}

// peerSeconds is the same step in plain PyTorch, best of its repeats; 0 where
// the Python named by PEER_PYTHON (or python3) has no torch.
func peerSeconds(b *testing.B, shape, step string) float64 {
	if _, known := peers[shape]; !known {
		peers[shape] = timePeer(b, shape)
	}
	return peers[shape][step]
}

func timePeer(b *testing.B, shape string) map[string]float64 {
	python := os.Getenv("PEER_PYTHON")
	if python == "" {
		python = "python3"
	}
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "../../internal/lm/testdata/step_bench.py", "--shapes", shape).Output()
	if err != nil {
		b.Logf("no PyTorch beside this: %v", err)
		return nil
	}
	var got struct {
		Steps []struct {
			Step string
			Min  float64 `json:"min_s"`
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		b.Fatal(err)
	}
	seconds := map[string]float64{}
	for _, row := range got.Steps {
		seconds[row.Step] = row.Min
	}
	return seconds
}

func BenchmarkStepCollaborativeTiny(b *testing.B)  { benchmarkStep(b, shapeTiny(), "collaborative") }
func BenchmarkStepContentTiny(b *testing.B)        { benchmarkStep(b, shapeTiny(), "content") }
func BenchmarkStepFinetuningTiny(b *testing.B)     { benchmarkStep(b, shapeTiny(), "finetuning") }
func BenchmarkStepCollaborativeSmall(b *testing.B) { benchmarkStep(b, shapeSmall(), "collaborative") }
func BenchmarkStepContentSmall(b *testing.B)       { benchmarkStep(b, shapeSmall(), "content") }
func BenchmarkStepFinetuningSmall(b *testing.B)    { benchmarkStep(b, shapeSmall(), "finetuning") }
