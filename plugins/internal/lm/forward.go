package lm

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/torch"
)

// embed looks up a batch: the rows' input embeddings x [S,K] and the distinct
// soft tokens z [n,K] from which they come; z is nil when there are none.
func (e *Engine) embed(s *torch.Scope, t *tower, b *batch) (x, z *torch.Tensor) {
	s.NoGrad(func() { x = s.Rows(e.model.Words(), s.Ints(b.words, b.tokens)) }) // [S,K]
	z = lookUp(s, t, b)
	if z == nil || len(b.softRows) == 0 {
		return x, z
	}
	n := int64(len(b.softRows))
	return s.PutRows(x, s.Ints(b.softRows, n), s.Rows(z, s.Ints(b.softAt, n))), z
}

// lookUp gathers the batch's distinct soft tokens from a tower: [n,K], users first.
func lookUp(s *torch.Scope, t *tower, b *batch) *torch.Tensor {
	users, items := b.tableRows()
	switch {
	case len(b.soft) == 0:
		return nil
	case len(items) == 0:
		return s.Rows(t.user, s.Ints(users, int64(len(users))))
	case len(users) == 0:
		return s.Rows(t.item, s.Ints(items, int64(len(items))))
	}
	return s.Cat(s.Rows(t.user, s.Ints(users, int64(len(users)))), s.Rows(t.item, s.Ints(items, int64(len(items)))))
}

// predictors are the hidden states that predict, [P,K]. P must not be 0.
func (e *Engine) predictors(s *torch.Scope, x *torch.Tensor, b *batch, d *nn.Dropout) *torch.Tensor {
	return e.model.Forward(s, x, nn.NewSequences(s, b.starts, e.model.Kernel()), d, b.predictRows)
}

// head is the table that an objective predicts from: Z^t [N,K] or Z^v [J,K].
func (e *Engine) head(t *tower, o contract.Objective) *torch.Tensor {
	if o == contract.NextWord {
		return e.model.Words()
	}
	return t.item
}

// dataLoss is the sum of -ln p over what the batch predicts, nil when that is nothing.
func (e *Engine) dataLoss(s *torch.Scope, t *tower, x *torch.Tensor, b *batch, o contract.Objective, d *nn.Dropout) *torch.Tensor {
	if len(b.targets) == 0 {
		return nil
	}
	return s.HeadLoss(e.predictors(s, x, b, d), e.head(t, o), b.targetStarts, b.targets)
}

func (e *Engine) layout(t *tower, o contract.Objective, predictFirst bool) layout {
	shape := e.model.Shape()
	return layout{words: shape.Words, users: t.users, items: t.items, maxLength: shape.MaxLength,
		objective: o, predictFirst: predictFirst}
}
