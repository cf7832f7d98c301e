package lm

import (
	"context"
	"errors"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// pull is a prior with its tower at hand; toward is nil for zero.
type pull struct {
	contract.Prior
	toward *tower
}

// pass is one TrainTower call.
type pass struct {
	engine *Engine
	spec   contract.TrainSpec
	tower  *tower
	pulls  []pull
	layout layout
	result contract.TrainResult
}

// TrainTower goes once over docs.
func (e *Engine) TrainTower(ctx context.Context, spec contract.TrainSpec, docs contract.Examples, progress contract.OnProgress) (contract.TrainResult, error) {
	p, err := e.newPass(spec)
	if err != nil {
		return contract.TrainResult{}, err
	}
	err = e.do(func(*torch.Scope) error {
		p.tower.optimiser(spec.FreshOptimiser)
		return errors.Join(p.tower.scope.Err(), e.exec.ResetPeakMemory(e.weights.Device()))
	})
	if err != nil {
		return contract.TrainResult{}, err
	}
	tell := ticker{to: progress, stage: "train " + spec.Tower, unit: "example"}
	for w, err := range ahead(p.prepare(batches(ctx, docs, spec.Batch))) {
		if err == nil {
			err = p.step(w)
		}
		if err != nil {
			return p.means(), err
		}
		r := p.result
		tell.report(r.Examples, 0, r.Tokens, r.Loss/float64(r.Steps))
	}
	p.result.PeakMemory, err = e.exec.PeakMemory(e.weights.Device())
	return p.means(), err
}

// means turns sums over steps into means.
func (p *pass) means() contract.TrainResult {
	r := p.result
	if n := float64(r.Steps); n > 0 {
		r.Loss, r.Data = r.Loss/n, r.Data/n
		for i := range r.Priors {
			r.Priors[i] /= n
		}
	}
	return r
}

func (e *Engine) newPass(spec contract.TrainSpec) (*pass, error) {
	t, err := e.tower("TrainTower", spec.Tower)
	if err != nil {
		return nil, err
	}
	if err := spec.Check(); err != nil {
		return nil, err
	}
	if err := t.extends(spec.Extended); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	p := &pass{engine: e, spec: spec, tower: t, layout: e.layout(t, spec.Objective, spec.PredictFirst)}
	p.layout.extended = spec.Extended
	p.result.Priors = make([]float64, len(spec.Priors))
	for i, prior := range spec.Priors {
		toward, err := e.toward(t, prior)
		if err != nil {
			return nil, fmt.Errorf("training tower %q, prior %d: %w", spec.Tower, i, err)
		}
		if prior.Residual && t.mapped == nil {
			return nil, contract.Errorf(contract.ErrInvalid, "training tower %q, prior %d: it pulls residuals, and the items of the tower are no map of features", spec.Tower, i)
		}
		p.pulls = append(p.pulls, pull{prior, toward})
		p.layout.withTargets = p.layout.withTargets || prior.Targets
	}
	return p, nil
}

// toward finds the tower that a prior pulls to.
func (e *Engine) toward(t *tower, p contract.Prior) (*tower, error) {
	if p.Toward == "" {
		return nil, nil
	}
	other, err := e.tower("TrainTower", p.Toward)
	if err != nil {
		return nil, err
	}
	return other, alike(t, other)
}

// alike refuses towers of other users or items.
func alike(t, other *tower) error {
	if other.users != t.users || other.items != t.items {
		return contract.Errorf(contract.ErrInvalid, "tower %q has %d users and %d items, tower %q %d and %d", t.name, t.users, t.items, other.name, other.users, other.items)
	}
	return nil
}

// losses are the parts of one step's loss.
type losses struct {
	total, data float64
	priors      []float64
}

func (l *losses) add(part losses) {
	l.total, l.data = l.total+part.total, l.data+part.data
	if l.priors == nil {
		l.priors = make([]float64, len(part.priors))
	}
	for i, v := range part.priors {
		l.priors[i] += v
	}
}

// step takes one batch: loss, gradient, Adam. Nothing changes when it fails.
func (p *pass) step(w *work) error {
	return p.fit(w, func(w *work) error {
		return p.engine.do(func(s *torch.Scope) error { return p.attempt(s, w) })
	})
}

// fit cuts a batch into smaller parts, and begins again, as often as memory runs
// out and it still can.
func (p *pass) fit(w *work, attempt func(*work) error) error {
	for {
		err := attempt(w)
		if !errors.Is(err, contract.ErrOutOfMemory) || !p.engine.lower(w) {
			return err
		}
		if w, err = p.pack(w.cut); err != nil {
			return err
		}
	}
}

func (p *pass) attempt(s *torch.Scope, w *work) error {
	leaves := p.tower.adam.Leaves
	defer s.ClearGrad(leaves)
	var parts losses
	for i := range w.parts {
		part, err := p.backward(s, w, i)
		if err != nil {
			return p.explain(err)
		}
		parts.add(part)
	}
	norm := s.GradNorm(leaves)
	if err := s.Err(); err != nil {
		return p.explain(err)
	}
	if !finite(parts.total) || !finite(norm) {
		return contract.Errorf(contract.ErrNonFinite, "step %d of tower %q (%s): loss %v, norm of the gradient %v; the tower is as it was before the step. Lower the rate, or look at the weights", p.spec.Step(p.result.Steps), p.tower.name, p.spec.Objective, parts.total, norm)
	}
	p.tower.adam.Decay = p.spec.WeightDecay
	p.tower.adam.Step(s, p.spec.LearningRateAt(p.result.Steps), p.clip(norm))
	p.tower.mention(w, p.spec.Objective)
	p.count(w, parts)
	return p.explain(s.Err())
}

// clip is the factor on every gradient (torch.nn.utils.clip_grad_norm_).
func (p *pass) clip(norm float64) float64 {
	if p.spec.MaxGradNorm == 0 {
		return 1
	}
	return min(1, p.spec.MaxGradNorm/(norm+1e-6))
}

// backward adds the gradients of one part of a batch.
func (p *pass) backward(parent *torch.Scope, w *work, i int) (losses, error) {
	s := parent.Nested()
	defer s.Close()
	total, parts := p.loss(s, w, i)
	if total != nil {
		s.Backward(total)
	}
	return parts, s.Err()
}

func (p *pass) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("step %d of tower %q (%s): %w", p.spec.Step(p.result.Steps), p.tower.name, p.spec.Objective, err)
}

func (p *pass) count(w *work, l losses) {
	r := &p.result
	r.Steps++
	r.MicroBatches += int64(len(w.parts))
	r.Examples += int64(w.examples)
	r.Tokens += w.tokens
	r.Predicted += w.targets
	r.Loss += l.total
	r.Data += l.data
	for i, v := range l.priors {
		r.Priors[i] += v
	}
}

// loss builds the graph of one part of a batch; the tensor is nil when there is
// nothing to learn from. Parts add up to the loss of the batch.
func (p *pass) loss(s *torch.Scope, w *work, i int) (*torch.Tensor, losses) {
	var parts losses
	h := p.engine.forwardPass(s, p.tower, w.parts[i], p.spec.Objective)
	total := h.dataLoss(p.spec.Objective, p.dropout(s, w, i))
	if total != nil {
		total = s.Scale(total, p.share(w))
		parts.data = s.Scalar(total)
	}
	parts.total = parts.data
	for _, pull := range p.pulls {
		term := pull.penalty(h, w)
		value := 0.0
		if term != nil {
			value = s.Scalar(term)
			total = plus(s, total, term)
		}
		parts.priors = append(parts.priors, value)
		parts.total += value
	}
	return total, parts
}

func plus(s *torch.Scope, a, b *torch.Tensor) *torch.Tensor {
	if a == nil {
		return b
	}
	return s.Add(a, b)
}

// share turns the sum over predictions into the reduction.
func (p *pass) share(w *work) float64 {
	switch p.spec.Reduction {
	case contract.TokenMean:
		return 1 / float64(w.targets)
	case contract.BatchSum:
		return 1
	}
	return 1 / float64(w.examples)
}

// penalty is c reduce(sum over occurrences of |z - ref|^2); nil without soft tokens.
func (p pull) penalty(h *forwardPass, w *work) *torch.Tensor {
	s, z := h.scope, h.soft
	if p.Residual {
		z = h.residuals()
	}
	if z == nil {
		return nil
	}
	if p.toward != nil {
		var ref *torch.Tensor
		s.NoGrad(func() { ref = p.toward.lookUp(s, h.batch, nil) }) // [n,K]
		z = s.Sub(z, ref)
	}
	occurrences := h.batch.counts(p.Targets)
	if p.Residual {
		occurrences = occurrences[h.batch.users:]
	}
	if p.MentionedOnly {
		p.toward.clearUnmentioned(h.batch.soft, occurrences)
	}
	sum := s.Sum(s.Mul(s.Square(z), s.Floats(occurrences, int64(len(occurrences)), 1)))
	if p.Reduction == contract.ExampleMean {
		return s.Scale(sum, p.Coefficient/float64(w.examples))
	}
	return s.Scale(sum, p.Coefficient)
}

// dropout is that of one part of a step, seeded by the pass's seed and the step's number.
func (p *pass) dropout(s *torch.Scope, w *work, i int) *nn.Dropout {
	d := p.engine.definition.Rates()
	if r := p.spec.Dropout; r >= 0 {
		d = nn.Dropout{Embedding: r, Attention: r, Residual: r, Inner: r, Final: r}
	}
	if d == (nn.Dropout{}) && p.tower.train.LoRA.Dropout == 0 {
		return nil
	}
	for _, before := range w.parts[:i] {
		d.Base.Rows += before.text.n()
		d.Base.Source += before.source.n()
		d.Base.Picked += int64(len(before.predictRows))
		d.Base.Sequences += int64(before.examples)
	}
	d.Seed = contract.SplitMix64(p.spec.Seed, uint64(p.spec.FirstStep+p.result.Steps))
	if s.Device() != torch.CPU || p.engine.kernel != nn.Packed {
		s.Seed(contract.SplitMix64(d.Seed, uint64(i))) // libtorch's own kernels draw from libtorch's generators
	}
	return &d
}

// Gradient is the gradient of a batch's whole loss for every trained tensor, by
// the name that it has in a tower's file, without a step: what TrainTower would
// hand to Adam. nil where a tensor has none. For checks.
func (e *Engine) Gradient(spec contract.TrainSpec, docs []contract.Example) (map[string][]float32, error) {
	p, err := e.newPass(spec)
	if err != nil {
		return nil, err
	}
	w, err := p.pack(cut{docs: docs})
	if err != nil {
		return nil, err
	}
	gradients := map[string][]float32{}
	err = e.do(func(s *torch.Scope) error {
		defer s.ClearGrad(p.tower.tensors())
		for i := range w.parts {
			if _, err := p.backward(s, w, i); err != nil {
				return err
			}
		}
		for _, l := range p.tower.leaves {
			gradients[l.name] = s.Grad(l.tensor)
		}
		return nil
	})
	return gradients, err
}
