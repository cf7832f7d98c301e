package experiments

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/record"
	"cllm4rec/core/sharedtest"
	"cllm4rec/core/stage"
)

// program is the program over the plugins of this repository.
type program struct {
	t    *testing.T
	path string
	dir  string // of plugins
}

func newProgram(t *testing.T) program {
	t.Helper()
	p := program{t, filepath.Join(t.TempDir(), "cllm4rec"), os.Getenv("CLLM4REC_BUILT")}
	if p.dir == "" {
		p.dir = built(t)
	}
	build := exec.Command("go", "build", "-o", p.path, "./cmd/cllm4rec")
	build.Dir = sharedtest.Repository(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	return p
}

func (p program) command(args ...string) *exec.Cmd {
	c := exec.Command(p.path, append(args, "--plugins", p.dir)...)
	c.Env = append(os.Environ(), "CLLM4REC_STORE=off")
	return c
}

func (p program) must(args ...string) string {
	p.t.Helper()
	out, err := p.command(args...).Output()
	if err != nil {
		p.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (p program) file(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// tiny pretrains a language model of a shape for a moment.
func (p program) tiny(backbone, shape string) string {
	p.t.Helper()
	out := filepath.Join(p.t.TempDir(), backbone)
	p.must("pretrain", p.file("pretrain.yaml", fmt.Sprintf(`
backbone: {plugin: %s, params: {threads: 1, device: cpu}}
texts: {plugin: synthetic, params: {seed: 7, users: 50, items: 200}}
shape: %s
steps: 2
batch: 2
lr: 1.0e-3
seed: 1
hold_out: 0.1
out: %s
`, backbone, shape, out)))
	return out
}

// plan has one trial of a method.
const resumePlan = `
name: resumed
datasets:
  - {name: Synthetic, plugin: synthetic, params: {users: 80, items: 60, interactions_per_user: 8}, split: {method: ratio, validation: 0.1, test: 0.2}}
evaluate: {metrics: [recall@10, ndcg@10]}
methods: [%s]
`

// pipeline has all that is random or runs on between passes: dropout, LoRA, a cosine, a selection.
func pipeline(backbone, weights string) string {
	return fmt.Sprintf(`{name: CLLM4Rec, cllm4rec: {backbone: {plugin: %s, params: {weights: %s, threads: 1, device: cpu}}, documents: [title], batch: 8,
  dropout: 0.1, train: {mode: lora, lora: {rank: 2, dropout: 0.1}}, optimiser: {schedule: cosine, warmup_steps: 2, clip: 1, weight_decay: 0.01},
  warmup: {epochs: 2}, pretrain: {epochs: 3}, finetune: {epochs: 3, lr: 0.001}, select: {metrics: [ndcg@10]}}}`, backbone, weights)
}

func inPass(state string) bool {
	return strings.Contains(state, `"part": {`) && strings.Contains(state, `"stage": "pretrain"`)
}

func inEpochs(state string) bool { return strings.Contains(state, `"epoch": 4`) }

func TestAKilledTrialEndsInTheSameBytes(t *testing.T) {
	p := newProgram(t)
	for name, c := range map[string]struct {
		method func() string
		far    func(state string) bool
	}{
		"gpt2": {func() string {
			return pipeline("gpt2", p.tiny("gpt2", "{n_embd: 16, n_layer: 2, n_head: 2, n_positions: 64, vocab_size: 300}"))
		}, inPass},
		"t5": {func() string {
			return pipeline("t5", p.tiny("t5", "{d_model: 16, num_layers: 2, num_decoder_layers: 2, num_heads: 2, d_ff: 32, n_positions: 64, vocab_size: 300, feed_forward_proj: gated-gelu}"))
		}, inPass},
		"llama": {func() string { return pipeline("llama", sharedtest.Path(t, "models/stories260K")) }, inPass},
		"sasrec": {func() string {
			return `{name: SASRec, recommender: {plugin: sasrec, params: {dim: 16}, train: {epochs: 12, metrics: [ndcg@10]}}}`
		}, inEpochs},
		"multivae": {func() string {
			return `{name: Mult-VAE, recommender: {plugin: multivae, params: {hidden: 32, latent: 16}, train: {epochs: 12, metrics: [ndcg@10]}}}`
		}, inEpochs},
	} {
		t.Run(name, func(t *testing.T) {
			p := p
			p.t = t
			file := p.file("plan.yaml", fmt.Sprintf(resumePlan, c.method()))
			whole, cut := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "cut")
			p.must("run", file, "--keep", "models", "--out", whole)
			p.kill(file, cut, c.far)
			p.must("run", file, "--keep", "models", "--out", cut)
			if got := only(t, cut); got.Resumed != 1 {
				t.Errorf("the trial went on %d times, expected once", got.Resumed)
			}
			if got, want := p.numbers(cut), p.numbers(whole); got != want {
				t.Errorf("after a kill\n%s\nwithout\n%s", got, want)
			}
		})
	}
}

// kill runs a plan and kills the program when the trial has a checkpoint that is far enough.
func (p program) kill(file, out string, far func(state string) bool) {
	p.t.Helper()
	c := p.command("run", file, "--keep", "models", "--out", out, "--checkpoint", "1ms")
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for !reached(p.t, out, far) {
		select {
		case err := <-ended:
			p.t.Fatalf("it ended before such a checkpoint came: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	if err := c.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-ended
}

// reached reports whether the trial of a folder has a checkpoint that is far enough.
func reached(t *testing.T, out string, far func(state string) bool) bool {
	t.Helper()
	work, err := filepath.Glob(filepath.Join(out, "trials", "*", "work"))
	if err != nil {
		t.Fatal(err)
	}
	if len(work) == 0 {
		return false
	}
	m, err := (stage.Folder{Dir: work[0]}).Manifest()
	return err == nil && far(string(m.State))
}

// only is the one record of a folder.
func only(t *testing.T, out string) *record.Record {
	t.Helper()
	store, err := record.View(out)
	if err != nil {
		t.Fatal(err)
	}
	all, err := store.All()
	if err != nil || len(all) != 1 {
		t.Fatalf("%d records, error %v", len(all), err)
	}
	return all[0]
}

// numbers are the table and the checksums of what the trial learnt and recommended.
func (p program) numbers(out string) string {
	p.t.Helper()
	rec := only(p.t, out)
	text := p.must("table", out, "--format", "csv")
	for _, f := range rec.Model.Files {
		if f.Name != "state.json" { // which has times
			text += fmt.Sprintln(f)
		}
	}
	for _, r := range rec.Results {
		text += fmt.Sprintln(r.Part, r.PerUser, *r.Ranking)
	}
	return text
}
