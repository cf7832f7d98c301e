package lm

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/torch"
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
func (e *Engine) TrainTower(ctx context.Context, spec contract.TrainSpec, docs contract.Documents, progress contract.OnProgress) (contract.TrainResult, error) {
	p, err := e.newPass(spec)
	if err != nil {
		return contract.TrainResult{}, err
	}
	err = e.do(func(*torch.Scope) error { p.tower.optimiser(spec.FreshOptimiser); return p.tower.scope.Err() })
	if err != nil {
		return contract.TrainResult{}, err
	}
	tell := ticker{to: progress, stage: "train " + spec.Tower, unit: "document"}
	err = batches(ctx, docs, spec.Batch, func(docs []contract.Document, first int64) error {
		b, err := p.layout.pack(docs, first)
		if err != nil {
			return err
		}
		if err := e.do(func(s *torch.Scope) error { return p.step(s, b) }); err != nil {
			return err
		}
		r := p.result
		tell.report(r.Documents, 0, r.Tokens, r.Loss/float64(r.Steps))
		return nil
	})
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
	if err := checkTrain(spec); err != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "training tower %q: %v", spec.Tower, err)
	}
	p := &pass{engine: e, spec: spec, tower: t, layout: e.layout(t, spec.Objective, spec.PredictFirst)}
	p.result.Priors = make([]float64, len(spec.Priors))
	for i, prior := range spec.Priors {
		toward, err := e.toward(t, prior)
		if err != nil {
			return nil, fmt.Errorf("training tower %q, prior %d: %w", spec.Tower, i, err)
		}
		p.pulls = append(p.pulls, pull{prior, toward})
		p.layout.withTargets = p.layout.withTargets || prior.Targets
	}
	return p, nil
}

func checkTrain(s contract.TrainSpec) error {
	switch {
	case !s.Objective.Valid():
		return fmt.Errorf("objective is %q, expected one of %v", s.Objective, contract.Objectives())
	case s.Reduction != contract.DocumentMean && s.Reduction != contract.TokenMean:
		return fmt.Errorf("reduction is %q, expected %q or %q", s.Reduction, contract.DocumentMean, contract.TokenMean)
	case s.Objective == contract.Multinomial && s.Reduction == contract.TokenMean:
		return fmt.Errorf("reduction %q does not apply to the multinomial objective", s.Reduction)
	case s.Batch <= 0:
		return fmt.Errorf("batch is %d, expected > 0", s.Batch)
	case !(s.Rate > 0) || !finite(s.Rate):
		return fmt.Errorf("rate is %v, expected > 0", s.Rate)
	case s.Dropout != -1 && !(s.Dropout >= 0 && s.Dropout < 1):
		return fmt.Errorf("dropout is %v, expected 0 <= rate < 1, or -1 for the model's own", s.Dropout)
	}
	return nil
}

// toward finds the tower that a prior pulls to.
func (e *Engine) toward(t *tower, p contract.Prior) (*tower, error) {
	switch {
	case !(p.Coefficient >= 0) || !finite(p.Coefficient):
		return nil, contract.Errorf(contract.ErrInvalid, "coefficient is %v, expected >= 0", p.Coefficient)
	case p.Reduction != contract.DocumentMean && p.Reduction != contract.BatchSum:
		return nil, contract.Errorf(contract.ErrInvalid, "reduction is %q, expected %q or %q", p.Reduction, contract.DocumentMean, contract.BatchSum)
	case p.Toward == "":
		return nil, nil
	case p.Toward == t.name:
		return nil, contract.Errorf(contract.ErrInvalid, "it pulls tower %q toward itself", t.name)
	}
	other, err := e.tower("TrainTower", p.Toward)
	if err != nil {
		return nil, err
	}
	if other.users != t.users || other.items != t.items {
		return nil, contract.Errorf(contract.ErrInvalid, "tower %q has %d users and %d items, tower %q %d and %d", t.name, t.users, t.items, other.name, other.users, other.items)
	}
	return other, nil
}

// losses are the parts of one step's loss.
type losses struct {
	total, data float64
	priors      []float64
}

// step takes one batch: loss, gradient, Adam. Nothing changes when it fails.
func (p *pass) step(s *torch.Scope, b *batch) error {
	leaves := p.tower.adam.Leaves
	defer s.ClearGrad(leaves)
	total, parts := p.loss(s, b)
	if total != nil {
		s.Backward(total)
	}
	norm := s.GradNorm(leaves)
	if err := s.Err(); err != nil {
		return p.explain(err)
	}
	if !finite(parts.total) || !finite(norm) {
		return contract.Errorf(contract.ErrNonFinite, "step %d of tower %q (%s): loss %v, norm of the gradient %v; the tower is as it was before the step. Lower the rate, or look at the weights", p.result.Steps+1, p.tower.name, p.spec.Objective, parts.total, norm)
	}
	p.tower.adam.Step(s, p.spec.Rate, 1)
	p.count(b, parts)
	return p.explain(s.Err())
}

func (p *pass) explain(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("step %d of tower %q (%s): %w", p.result.Steps+1, p.tower.name, p.spec.Objective, err)
}

func (p *pass) count(b *batch, l losses) {
	r := &p.result
	r.Steps++
	r.Documents += int64(b.documents)
	r.Tokens += b.tokens
	r.Predicted += int64(len(b.targets))
	r.Loss += l.total
	r.Data += l.data
	for i, v := range l.priors {
		r.Priors[i] += v
	}
}

// loss builds the graph of one batch; the tensor is nil when there is nothing to
// learn from.
func (p *pass) loss(s *torch.Scope, b *batch) (*torch.Tensor, losses) {
	var parts losses
	x, z := p.engine.embed(s, p.tower, b)
	total := p.engine.dataLoss(s, p.tower, x, b, p.spec.Objective, p.dropout(s))
	if total != nil {
		total = s.Scale(total, p.share(b))
		parts.data = s.Scalar(total)
	}
	parts.total = parts.data
	for _, pull := range p.pulls {
		term := pull.penalty(s, b, z)
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
func (p *pass) share(b *batch) float64 {
	if p.spec.Reduction == contract.TokenMean {
		return 1 / float64(len(b.targets))
	}
	return 1 / float64(b.documents)
}

// penalty is c reduce(sum over occurrences of |z - ref|^2); nil without soft tokens.
func (p pull) penalty(s *torch.Scope, b *batch, z *torch.Tensor) *torch.Tensor {
	if z == nil {
		return nil
	}
	if p.toward != nil {
		var ref *torch.Tensor
		s.NoGrad(func() { ref = lookUp(s, p.toward, b) }) // [n,K]
		z = s.Sub(z, ref)
	}
	counts := s.Floats(b.counts(p.Targets), int64(len(b.soft)), 1)
	sum := s.Sum(s.Mul(s.Square(z), counts))
	if p.Reduction == contract.DocumentMean {
		return s.Scale(sum, p.Coefficient/float64(b.documents))
	}
	return s.Scale(sum, p.Coefficient)
}

// dropout is the step's, seeded by the pass's seed and the step's number.
func (p *pass) dropout(s *torch.Scope) *nn.Dropout {
	d := p.engine.model.Rates()
	if r := p.spec.Dropout; r >= 0 {
		d = nn.Dropout{Embedding: r, Attention: r, Residual: r}
	}
	if d.Embedding == 0 && d.Attention == 0 && d.Residual == 0 {
		return nil
	}
	d.Seed = stepSeed(p.spec.Seed, p.result.Steps)
	if s.Device() != torch.CPU || p.engine.model.Kernel() != nn.Packed {
		s.Seed(d.Seed) // libtorch's own kernels draw from libtorch's generators
	}
	return &d
}

// stepSeed mixes a pass's seed with a step's number (SplitMix64).
func stepSeed(seed uint64, step int64) uint64 {
	z := seed + (uint64(step)+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Gradient is the gradient of a batch's whole loss for user [I,K] and item [J,K],
// without a step: what TrainTower would hand to Adam. For checks.
func (e *Engine) Gradient(spec contract.TrainSpec, docs []contract.Document) (user, item []float32, err error) {
	p, err := e.newPass(spec)
	if err != nil {
		return nil, nil, err
	}
	b, err := p.layout.pack(docs, 0)
	if err != nil {
		return nil, nil, err
	}
	err = e.do(func(s *torch.Scope) error {
		leaves := []*torch.Tensor{p.tower.user, p.tower.item}
		defer s.ClearGrad(leaves)
		if total, _ := p.loss(s, b); total != nil {
			s.Backward(total)
		}
		user, item = s.Grad(p.tower.user), s.Grad(p.tower.item)
		return nil
	})
	return user, item, err
}
