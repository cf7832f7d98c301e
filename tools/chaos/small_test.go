package chaos

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/sharedtest"
)

// small trains GPT-2 small for 18 steps, of which three are a pass. All that is random, or runs on between
// passes, takes part.
const small = `
name: small
datasets:
  - {name: Synthetic, plugin: synthetic, params: {users: 24, items: 24, interactions_per_user: 8}, split: {method: ratio, validation: 0.1, test: 0.2}}
evaluate: {metrics: [recall@10, ndcg@10]}
methods:
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: gpt2, params: {weights: %s, threads: 1, device: cpu}}
      documents: [title]
      batch: 8
      dropout: 0.1
      train: {mode: lora, lora: {rank: 2, dropout: 0.1}}
      optimiser: {schedule: cosine, warmup_steps: 2, clip: 1, weight_decay: 0.01}
      warmup: {epochs: 1}
      pretrain: {epochs: 2}
      finetune: {epochs: 1, lr: 0.001}
      select: {metrics: [ndcg@10]}
`

// A step at this shape takes seconds; ^C and a kill come in the middle of passes.
func TestATrialOfTheShapeOfGPT2SmallThatIsStoppedAndKilledInMidEpochEndsInTheSameBytes(t *testing.T) {
	if os.Getenv("CLLM4REC_SLOW") == "" || os.Getenv(envBuilt) == "" {
		t.Skip("SKIPPED: two trainings of GPT-2 small take minutes; set CLLM4REC_SLOW=1 and " + envBuilt)
	}
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := &session{dir: dir, tmp: filepath.Join(dir, "tmp"), told: t.Logf}
	s.build(t)
	if s.plan, err = s.file("small.yaml", fmt.Sprintf(small, gpt2Small(t))); err == nil {
		err = os.Mkdir(s.tmp, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	whole, cut := s.batch("whole", 1, 0), s.batch("cut", 1, 0)
	began := time.Now()
	if _, err := s.must("off", "run", s.plan, "--keep", "models", "--out", whole.out); err != nil {
		t.Fatal(err)
	}
	t.Logf("undisturbed: %s", time.Since(began).Round(time.Second))
	t.Logf("ended %s after ^C in pretraining", cut.stopIn("pretrain", syscall.SIGINT, t).Round(10*time.Millisecond))
	cut.stopIn("finetune", syscall.SIGKILL, t)
	if _, err := s.must("off", "run", s.plan, "--keep", "models", "--out", cut.out); err != nil {
		t.Fatal(err)
	}
	want, err1 := whole.outcome()
	got, err2 := cut.outcome()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if _, err := got.agrees(want); err != nil || len(want.records) != 1 || got.resumed != 1 {
		t.Errorf("%v; %d records, %d of which went on from a checkpoint", err, len(want.records), got.resumed)
	}
}

// stopIn runs the plan, sends a signal in the middle of a pass of a stage, and says how long
// the run then takes to end.
func (b *batch) stopIn(stage string, signal syscall.Signal, t *testing.T) time.Duration {
	t.Helper()
	c := b.command(b.id(), "off", "run", b.plan, "--keep", "models", "--out", b.out, "--checkpoint", "1ms")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for !b.inPass(stage) {
		select {
		case err := <-ended:
			t.Fatalf("it ended before a checkpoint in a pass of %s came: %v", stage, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	time.Sleep(300 * time.Millisecond) // into the next step
	began := time.Now()
	if err := c.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	<-ended
	return time.Since(began)
}

// inPass reports whether the trial has a checkpoint in the middle of a pass of a stage.
func (b *batch) inPass(stage string) bool {
	paths, _ := filepath.Glob(filepath.Join(b.out, "trials", "*", "work", "manifest.json")) // the pattern is whole
	if len(paths) == 0 {
		return false
	}
	raw, _ := os.ReadFile(paths[0]) // none: it is gone
	return strings.Contains(string(raw), `"part": {`) && strings.Contains(string(raw), fmt.Sprintf(`"stage": %q`, stage))
}

// gpt2Small is a folder of the shape and with the tokenizer of GPT-2 small, with random weights.
func gpt2Small(t *testing.T) string {
	t.Helper()
	const k, layers, words, positions = 768, 12, 50257, 1024
	dir, tokenizer := t.TempDir(), sharedtest.Path(t, "models/tokenizer-gpt2")
	for _, name := range []string{"vocab.json", "merges.txt"} {
		text, err := os.ReadFile(filepath.Join(tokenizer, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	config := fmt.Sprintf(`{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu_new", "n_embd": %d, "n_layer": %d, "n_head": 12, "n_positions": %d, "vocab_size": %d}`, k, layers, positions, words)
	w := &randomWeights{header: map[string]any{}}
	w.add("wte.weight", words, k)
	w.add("wpe.weight", positions, k)
	for i := range layers {
		at := fmt.Sprintf("h.%d.", i)
		w.norm(at+"ln_1", k)
		w.linear(at+"attn.c_attn", k, 3*k)
		w.linear(at+"attn.c_proj", k, k)
		w.norm(at+"ln_2", k)
		w.linear(at+"mlp.c_fc", k, 4*k)
		w.linear(at+"mlp.c_proj", 4*k, k)
	}
	w.norm("ln_f", k)
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600), w.write(filepath.Join(dir, "model.safetensors"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// randomWeights are tensors for a file of the format safetensors: a header that names them, in
// float32, and their numbers one after another.
type randomWeights struct {
	header map[string]any
	size   int
	fill   []func(rng *rand.Rand) float32 // one for each tensor, with its number of values
	counts []int
}

func (w *randomWeights) add(name string, shape ...int) {
	w.tensor(name, func(rng *rand.Rand) float32 { return float32(0.02 * rng.NormFloat64()) }, shape...)
}

func (w *randomWeights) tensor(name string, value func(rng *rand.Rand) float32, shape ...int) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	w.header[name] = map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int{w.size, w.size + 4*n}}
	w.size, w.fill, w.counts = w.size+4*n, append(w.fill, value), append(w.counts, n)
}

func (w *randomWeights) linear(name string, in, out int) {
	w.add(name+".weight", in, out)
	w.add(name+".bias", out)
}

func (w *randomWeights) norm(name string, k int) {
	w.tensor(name+".weight", func(*rand.Rand) float32 { return 1 }, k)
	w.tensor(name+".bias", func(*rand.Rand) float32 { return 0 }, k)
}

func (w *randomWeights) write(path string) error {
	header, err := json.Marshal(w.header)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = binary.Write(f, binary.LittleEndian, uint64(len(header)))
	if err == nil {
		_, err = f.Write(header)
	}
	rng := rand.New(rand.NewPCG(1, 0))
	for i, n := range w.counts {
		if err == nil {
			err = writeFloats(f, n, func() float32 { return w.fill[i](rng) })
		}
	}
	return errors.Join(err, f.Close())
}

func writeFloats(f io.Writer, n int, value func() float32) error {
	raw := make([]byte, 4*n)
	for i := range n {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(value()))
	}
	_, err := f.Write(raw)
	return err
}
