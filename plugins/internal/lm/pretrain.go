package lm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/models/tokenizer"
	"cllm4rec/plugins/internal/models/weights"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Trainer is an Architecture whose models can be trained from nothing.
type Trainer interface {
	Architecture
	// Config turns a shape into the content of config.json, and says whether the
	// weights are to be stored as float16 (else float32). ErrInvalid lists what is
	// wrong with the shape.
	Config(shape json.RawMessage) (config map[string]any, halves bool, err error)
	// Tiny is the shape of a model that trains in a second, for checks.
	Tiny() json.RawMessage
}

// endOfText separates texts, as in GPT-2.
const endOfText = "<|endoftext|>"

// What every pretraining has in common: GPT-2's own choices at a small scale.
const (
	clipNorm    = 1.0  // of all gradients together
	decay       = 0.01 // decoupled
	warmUpShare = 0.05 // of the steps; then a cosine down to a tenth of the rate
	lastSteps   = 100  // over which the training loss is reported
)

// corpus is encoded text: one long line of tokens, texts apart by endOfText.
type corpus struct {
	words       *tokenizer.Tokenizer
	train, held []int32
}

// trial is one Pretrain call.
type trial struct {
	spec       contract.PretrainSpec
	config     map[string]any
	halves     bool
	definition Definition
	engine     *Engine // a fresh one: what was loaded stays loaded
	corpus     corpus
	recent     []contract.LMScore
}

func newTrial(t Trainer, spec contract.PretrainSpec) (p *trial, err error) {
	p = &trial{spec: spec, engine: New(t)}
	if p.config, p.halves, err = t.Config(spec.Shape); err != nil {
		return nil, err
	}
	fields, err := hf.FieldsOf("shape", p.config)
	if err != nil {
		return nil, err
	}
	p.definition, err = t.Read(fields)
	return p, err
}

// Pretrain trains a language model from texts and writes it to spec.Out, which
// must not exist yet or be empty.
func Pretrain(ctx context.Context, t Trainer, o Options, spec contract.PretrainSpec, texts iter.Seq2[[]string, error], progress contract.OnProgress) (contract.PretrainResult, error) {
	p, err := newTrial(t, spec)
	if err != nil {
		return contract.PretrainResult{}, err
	}
	if err := checkPretrain(spec); err != nil {
		return contract.PretrainResult{}, contract.Errorf(contract.ErrInvalid, "pretraining: %v", err)
	}
	progress.Report(contract.Progress{Stage: "train tokenizer", Total: int64(spec.Steps), Unit: "step", Loss: math.NaN()})
	if p.corpus, err = gather(texts, p.definition.Shape().Words, spec); err != nil {
		return contract.PretrainResult{}, err
	}
	defer func() { _ = p.engine.Close(ctx) }()
	if err := p.produce(ctx, o, progress); err != nil {
		return contract.PretrainResult{}, err
	}
	return p.measure(ctx, o)
}

func checkPretrain(s contract.PretrainSpec) error {
	switch {
	case s.Out == "":
		return fmt.Errorf("the output folder is not named")
	case s.Steps <= 0 || s.Batch <= 0:
		return fmt.Errorf("%d steps of %d sequences, expected > 0", s.Steps, s.Batch)
	case !(s.LearningRate > 0) || !finite(s.LearningRate):
		return fmt.Errorf("rate is %v, expected > 0", s.LearningRate)
	case !(s.HoldOut > 0 && s.HoldOut < 1):
		return fmt.Errorf("the share held out is %v, expected between 0 and 1", s.HoldOut)
	}
	if entries, err := os.ReadDir(s.Out); err == nil && len(entries) > 0 {
		return fmt.Errorf("the folder %s is not empty", s.Out)
	}
	return nil
}

// gather reads all texts, parts them by a seeded draw per text, trains the
// tokenizer on the training part and encodes both.
func gather(texts iter.Seq2[[]string, error], size int, spec contract.PretrainSpec) (corpus, error) {
	rng := rand.New(rand.NewPCG(spec.Seed, 0x74657874)) // "text"
	var train, held []string
	for chunk, err := range texts {
		if err != nil {
			return corpus{}, err
		}
		for _, text := range chunk {
			if rng.Float64() < spec.HoldOut {
				held = append(held, text)
			} else {
				train = append(train, text)
			}
		}
	}
	if len(train) == 0 || len(held) == 0 {
		return corpus{}, contract.Errorf(contract.ErrInvalid, "pretraining: %d texts to train on and %d held out; give more texts", len(train), len(held))
	}
	words, err := tokenizer.Train(slices.Values(train), size, endOfText)
	if err != nil {
		return corpus{}, err
	}
	return corpus{words: words, train: encode(words, train), held: encode(words, held)}, nil
}

func encode(words *tokenizer.Tokenizer, texts []string) []int32 {
	end, _ := words.ID(endOfText)
	line := []int32{end}
	for _, ids := range words.EncodeAll(texts) {
		line = append(append(line, ids...), end)
	}
	return line
}

// produce trains and writes the folder, which appears whole or not at all.
func (p *trial) produce(ctx context.Context, o Options, progress contract.OnProgress) error {
	o.DType = "float32"
	e := p.engine
	if err := e.start(o); err != nil {
		return err
	}
	var adam *nn.Adam
	err := e.exec.Do(func() error {
		if err := e.fresh(p.definition, p.spec.Seed); err != nil {
			return err
		}
		var leaves []*torch.Tensor
		for _, w := range p.definition.Layout().Specs {
			leaves = append(leaves, e.weights.Train(e.frozen.Tensor(w.Name)))
		}
		adam = nn.NewAdam(e.weights, leaves...)
		adam.Decay = decay
		return e.weights.Err()
	})
	if err != nil {
		return err
	}
	if err := p.run(ctx, adam, progress); err != nil {
		return err
	}
	return p.write()
}

// run takes all steps.
func (p *trial) run(ctx context.Context, adam *nn.Adam, progress contract.OnProgress) error {
	length := min(p.engine.shape.MaxLength, len(p.corpus.train)-1)
	tell := ticker{to: progress, stage: "pretrain", unit: "step"}
	rng := rand.New(rand.NewPCG(p.spec.Seed, 0x6472617773)) // "draws"
	sum := 0.0
	for step := range p.spec.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := p.draw(rng, length)
		var loss float64
		err := p.engine.do(func(s *torch.Scope) (err error) {
			loss, err = p.step(s, b, adam, step)
			return err
		})
		if err != nil {
			return fmt.Errorf("pretraining, step %d: %w", step+1, err)
		}
		sum += loss
		p.recent = append(p.recent, contract.LMScore{NLL: loss * float64(len(b.targets)), Tokens: int64(len(b.targets))})
		tell.report(int64(step+1), int64(p.spec.Steps), int64(step+1)*b.tokens, sum/float64(step+1))
	}
	return nil
}

// draw takes spec.Batch windows of the training text at random places.
func (p *trial) draw(rng *rand.Rand, length int) *batch {
	windows := make([][]int32, p.spec.Batch)
	for i := range windows {
		at := rng.IntN(len(p.corpus.train) - length)
		windows[i] = p.corpus.train[at : at+length+1]
	}
	return p.engine.predictAll(windows)
}

// predictAll lays out windows of n+1 tokens: n rows, each predicting the next
// token. An encoder-decoder reads the first half of a window in its encoder and
// predicts the second (prefix language modelling, Raffel et al. 2020).
func (e *Engine) predictAll(windows [][]int32) *batch {
	b := &batch{examples: len(windows), targetStarts: []int64{0}}
	b.text.starts, b.source.starts = []int64{0}, []int64{0}
	for _, w := range windows {
		first, main := int64(w[0]), w[1:]
		if e.shape.Separate {
			half := (len(w) + 1) / 2
			for _, id := range w[:half] {
				b.source.words = append(b.source.words, int64(id))
			}
			b.source.starts = append(b.source.starts, b.source.n())
			first, main = int64(e.shape.Start), w[half:]
		}
		b.predict(first, main)
	}
	b.tokens = b.text.n() + b.source.n()
	return b
}

// predict appends a sequence that begins with first and predicts all of main.
func (b *batch) predict(first int64, main []int32) {
	for _, id := range main {
		b.predictRows = append(b.predictRows, b.text.n())
		b.text.words = append(b.text.words, first)
		first = int64(id)
		b.targets = append(b.targets, first)
		b.targetStarts = append(b.targetStarts, int64(len(b.targets)))
	}
	b.text.starts = append(b.text.starts, b.text.n())
}

// plain is a batch of text without soft tokens, over the engine's own model.
func (e *Engine) plain(s *torch.Scope, b *batch) *forwardPass {
	return &forwardPass{engine: e, scope: s, tower: &tower{}, batch: b, model: e.model}
}

func (p *trial) step(s *torch.Scope, b *batch, adam *nn.Adam, step int) (float64, error) {
	defer s.ClearGrad(adam.Leaves)
	loss := s.Scale(p.engine.plain(s, b).dataLoss(contract.NextWord, nil), 1/float64(len(b.targets)))
	s.Backward(loss)
	value, norm := s.Scalar(loss), s.GradNorm(adam.Leaves)
	if s.Err() == nil && (!finite(value) || !finite(norm)) {
		return 0, contract.Errorf(contract.ErrNonFinite, "loss %v, norm of the gradient %v; lower the rate", value, norm)
	}
	adam.Step(s, rateAt(p.spec.LearningRate, step, p.spec.Steps), min(1, clipNorm/max(norm, 1e-12)))
	return value, nil
}

// rateAt is the learning rate of a step: linear warm-up, then a cosine.
func rateAt(top float64, step, steps int) float64 {
	warm := max(1, int(warmUpShare*float64(steps)))
	if step < warm {
		return top * float64(step+1) / float64(warm)
	}
	done := float64(step-warm) / float64(max(1, steps-warm))
	return top * (0.1 + 0.45*(1+math.Cos(math.Pi*done)))
}

// write saves into a folder beside the final one and then renames it.
func (p *trial) write() (err error) {
	if err := os.MkdirAll(filepath.Dir(p.spec.Out), 0o755); err != nil {
		return err
	}
	part, err := os.MkdirTemp(filepath.Dir(p.spec.Out), "."+filepath.Base(p.spec.Out)+".part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	if err := p.corpus.words.Save(part); err != nil {
		return err
	}
	err = p.engine.do(func(s *torch.Scope) error { return p.save(s, part) })
	if err != nil {
		return err
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return err
	}
	return os.Rename(part, p.spec.Out)
}

// save writes config.json and model.safetensors.
func (p *trial) save(s *torch.Scope, folder string) error {
	if err := hf.SaveConfig(folder, p.config); err != nil {
		return err
	}
	var tensors []safetensors.Tensor
	for _, w := range p.definition.Layout().Specs {
		values := s.Read(p.engine.frozen.Tensor(w.Name))
		if p.halves {
			tensors = append(tensors, safetensors.Float16Tensor(w.Name, w.Shape, values))
		} else {
			tensors = append(tensors, safetensors.Float32Tensor(w.Name, w.Shape, values))
		}
	}
	if s.Err() != nil {
		return s.Err()
	}
	return safetensors.Write(filepath.Join(folder, weights.SafeTensors), tensors, map[string]string{"format": "pt"})
}

// measure loads what was written and scores the texts held out: the numbers are
// those of the folder, rounding of its weights included.
func (p *trial) measure(ctx context.Context, o Options) (contract.PretrainResult, error) {
	o.Folder = p.spec.Out
	info, err := p.engine.Open(ctx, o, nil)
	if err != nil {
		return contract.PretrainResult{}, err
	}
	result := contract.PretrainResult{Model: info, VocabSize: info.VocabSize}
	for _, l := range p.recent[max(0, len(p.recent)-lastSteps):] {
		result.Train.NLL, result.Train.Tokens = result.Train.NLL+l.NLL, result.Train.Tokens+l.Tokens
	}
	result.HeldOut, err = p.engine.plainText(ctx, p.corpus.held, p.spec.Batch)
	return result, err
}

// plainText scores a line of tokens in windows of the model's length, each token
// but the first once.
func (e *Engine) plainText(ctx context.Context, line []int32, batch int) (score contract.LMScore, err error) {
	length := e.shape.MaxLength
	var windows [][]int32
	for at := 0; at+1 < len(line); at += length {
		windows = append(windows, line[at:min(at+length+1, len(line))])
	}
	for part := range slices.Chunk(windows, batch) {
		if err := ctx.Err(); err != nil {
			return score, err
		}
		b := e.predictAll(part)
		err := e.do(func(s *torch.Scope) error {
			s.NoGrad(func() { score.NLL += s.Scalar(e.plain(s, b).dataLoss(contract.NextWord, nil)) })
			return nil
		})
		if err != nil {
			return score, err
		}
		score.Tokens += int64(len(b.targets))
	}
	return score, nil
}
