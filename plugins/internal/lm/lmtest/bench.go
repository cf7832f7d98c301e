package lmtest

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Bench measures whole training steps of a backbone with random weights. The
// documents are like those of the PyTorch peer, testdata/step_bench.py.
type Bench struct {
	Architecture lm.Architecture
	Shapes       []BenchShape
	// Passes is how many rows go through a matrix of the blocks in one step, forward
	// and for the gradient of its input: as few as can be.
	Passes func(weight string, layers int, n BenchRows) float64
	// Pairs is the number of multiplications of one product of attention: pairs of
	// query and key, times the width of all heads, in all layers.
	Pairs func(hidden, layers float64, n BenchRows) float64
	// Separate: an encoder reads the prompts.
	Separate bool
}

// BenchShape is a model and the size of its towers.
type BenchShape struct {
	Name         string
	Config       map[string]any
	Users, Items int
}

// Tiny is a model of four layers of width 128, and 2,048 words.
func Tiny(config map[string]any) BenchShape { return BenchShape{"tiny", config, 2000, 1000} }

// Small is a model of the size of GPT-2 small, with towers for the paper's Beauty.
func Small(config map[string]any) BenchShape { return BenchShape{"small", config, 10553, 6086} }

// benchBatch is the documents of a step, benchTargets the items that follow one.
const (
	benchBatch   = 8
	benchLength  = 128
	benchTargets = 4
)

// benchSteps are the training steps of the method.
var benchSteps = []string{"collaborative", "content", "finetuning"}

// benchLengths are the tokens of each document in each batch: one batch of equal
// ones, or batches with the lengths of real reviews.
func benchLengths(b *testing.B, kind string) [][]int {
	if kind == "equal" {
		return [][]int{slices.Repeat([]int{benchLength}, benchBatch)}
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "internal", "lm", "testdata", "bench_lengths.json"))
	if err != nil {
		b.Fatal(err)
	}
	var read struct{ Batches [][]int }
	if err := json.Unmarshal(text, &read); err != nil {
		b.Fatal(err)
	}
	return read.Batches
}

// Steps runs every case as <shape>/<lengths>/<step>. An iteration is one pass over
// the batches of its lengths. Run one case in a process of its own for its peak
// memory.
func (x Bench) Steps(b *testing.B) {
	for _, shape := range x.Shapes {
		for _, lengths := range []string{"equal", "real"} {
			for _, step := range benchSteps {
				b.Run(shape.Name+"/"+lengths+"/"+step, func(b *testing.B) { x.run(b, shape, step, benchLengths(b, lengths)) })
			}
		}
	}
}

func (x Bench) run(b *testing.B, shape BenchShape, step string, lengths [][]int) {
	e, words := benchEngine(b, x.Architecture, shape, "")
	machine := matmulRate(b)
	docs := shape.documents(words, step, lengths)
	pass := func(docs []contract.Example) time.Duration {
		start := time.Now()
		if _, err := e.TrainTower(b.Context(), benchSpec(step, benchBatch), Stream(docs...), nil); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	pass(docs[:benchBatch])
	resetPeak()
	var times []time.Duration
	for b.Loop() {
		times = append(times, pass(docs))
	}
	slices.Sort(times)
	middle, tokens := times[len(times)/2].Seconds(), 0
	for _, batch := range lengths {
		for _, n := range batch {
			tokens += n
		}
	}
	machine = max(machine, matmulRate(b))
	rate := x.flops(shape, step, words, lengths) / middle / 1e9
	b.ReportMetric(middle/float64(len(lengths))*1e3, "ms/step")
	b.ReportMetric(float64(tokens)/middle, "tokens/s")
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(machine, "matmul-GFLOP/s")
	b.ReportMetric(rate/machine, "of-matmul")
	b.ReportMetric(peak(b), "peak-MiB")
}

// benchEngine has a random model and two towers; folder may hold a tokenizer.
func benchEngine(b *testing.B, a lm.Architecture, shape BenchShape, folder string) (*lm.Engine, int) {
	e := lm.New(a)
	info, err := e.OpenRandom(b.Context(), lm.Options{Folder: folder, Device: device(), DType: os.Getenv("CLLM4REC_TEST_DTYPE")}, shape.Config, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close(b.Context()) })
	for _, name := range []string{"a", "b"} {
		if err := e.OpenTower(b.Context(), contract.TowerSpec{Name: name, Users: shape.Users, Items: shape.Items, InitStd: 0.02, Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
	return e, info.VocabSize
}

func benchSpec(step string, batch int) contract.TrainSpec {
	objective := map[string]contract.Objective{"collaborative": contract.NextItem, "content": contract.NextWord, "finetuning": contract.Multinomial}[step]
	return contract.TrainSpec{Tower: "a", Objective: objective, Reduction: contract.ExampleMean, PredictFirst: true,
		Batch: batch, LearningRate: 1e-3, Dropout: -1,
		Priors: []contract.Prior{{Toward: "b", Coefficient: 1, Reduction: contract.BatchSum}}}
}

// documents draws random documents of the batches' lengths.
func (s BenchShape) documents(words int, step string, lengths [][]int) (docs []contract.Example) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, batch := range lengths {
		for _, n := range batch {
			docs = append(docs, s.document(rng, words, step, n))
		}
	}
	return docs
}

// document is one of n tokens, prompt and main text together.
func (s BenchShape) document(rng *rand.Rand, words int, step string, n int) contract.Example {
	draw := func(from, count, n int) (ids []int32) {
		for range n {
			ids = append(ids, int32(from+rng.IntN(count)))
		}
		return ids
	}
	text := func(n int) []int32 { return draw(0, words, n) }
	items := func(n int) []int32 { return draw(words+s.Users, s.Items, n) }
	user := draw(words, s.Users, 1)
	switch step {
	case "collaborative":
		return contract.Example{Prompt: slices.Concat(user, text(3)), Main: items(n - 4)}
	case "content":
		return contract.Example{Prompt: slices.Concat(user, text(5), items(1), text(1)), Main: text(n - 8)}
	}
	doc := contract.Example{Prompt: slices.Concat(user, text(3), items(n-8), text(4))}
	for _, j := range rng.Perm(s.Items)[:benchTargets] {
		doc.Targets = append(doc.Targets, int32(j))
	}
	return doc
}

// dtype is what the benchmarks compute in: CLLM4REC_TEST_DTYPE or float32.
func dtype() torch.DType {
	if os.Getenv("CLLM4REC_TEST_DTYPE") == torch.BFloat16.String() {
		return torch.BFloat16
	}
	return torch.Float32
}

// matmulRate is the device's own: the best of ten products of square matrices of
// the benchmark's dtype, 2048 x 2048 (8192 on a GPU), in GFLOP/s.
func matmulRate(b *testing.B) (best float64) {
	where, err := lm.Device(lm.Options{Device: device()})
	if err != nil {
		b.Fatal(err)
	}
	n := int64(2048)
	if where != torch.CPU {
		n = 8192
	}
	e, err := torch.Start(0)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	err = e.Do(func() error {
		s := e.Scope(where)
		defer s.Close()
		x := s.Cast(s.Floats(nn.Normal(rand.New(rand.NewPCG(1, 1)), int(n*n), 1), n, n), dtype())
		for range 10 {
			start := time.Now()
			product := s.Nested()
			product.Read(product.Narrow(product.Narrow(product.MatMul(x, x), 0, 0, 1), 1, 0, 1)) // waits for the device
			best = max(best, 2*float64(n*n*n)/time.Since(start).Seconds()/1e9)
			product.Close()
		}
		return s.Err()
	})
	if err != nil {
		b.Fatal(err)
	}
	return best
}
