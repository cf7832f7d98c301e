package lm

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// forwardPass is one batch on the device under one tower.
type forwardPass struct {
	engine *Engine
	scope  *torch.Scope
	tower  *tower
	batch  *batch
	model  Model         // the tower's
	items  *torch.Tensor // Z^v [J,K] of the item head; nil where words are predicted among words
	soft   *torch.Tensor // [n,K] distinct soft tokens, users first; nil without any
}

func (e *Engine) forwardPass(s *torch.Scope, t *tower, b *batch, o contract.Objective) *forwardPass {
	h := &forwardPass{engine: e, scope: s, tower: t, batch: b, model: e.modelOf(s, t)}
	if o != contract.NextWord || b.extended {
		h.items = t.itemTable(s)
	}
	h.soft = t.lookUp(s, b, h.items)
	return h
}

// lookUp gathers the batch's distinct soft tokens: [n,K], users first; those of items
// from their table Z^v where it is at hand.
func (t *tower) lookUp(s *torch.Scope, b *batch, table *torch.Tensor) *torch.Tensor {
	users, items := b.tableRows()
	ofUsers := func() *torch.Tensor { return s.Rows(t.user, s.Ints(users, int64(len(users)))) }
	ofItems := func() *torch.Tensor {
		at := s.Ints(items, int64(len(items)))
		if table == nil {
			return t.itemRows(s, at)
		}
		return s.Rows(table, at)
	}
	switch {
	case len(b.soft) == 0:
		return nil
	case len(items) == 0:
		return ofUsers()
	case len(users) == 0:
		return ofItems()
	}
	return s.Cat(ofUsers(), ofItems())
}

// embed looks up the rows' input embeddings: [S,K].
func (h *forwardPass) embed(r *rows) *torch.Tensor {
	s := h.scope
	x := s.Rows(h.model.Words(), s.Ints(r.words, r.n())) // [S,K]
	n := int64(len(r.softRows))
	if n == 0 {
		return x
	}
	soft := s.Cast(s.Rows(h.soft, s.Ints(r.softAt, n)), h.engine.dtype)
	return s.PutRows(x, s.Ints(r.softRows, n), soft)
}

// predictors are the hidden states that predict, [P,K]. P must not be 0.
func (h *forwardPass) predictors(d *nn.Dropout) *torch.Tensor {
	if int64(len(h.batch.predictRows)) == h.batch.text.n() {
		return h.forward(nil, d)
	}
	return h.forward(h.batch.predictRows, d)
}

// forward maps the batch to last hidden states of some rows, or of all: [R,K].
func (h *forwardPass) forward(rows []int64, d *nn.Dropout) *torch.Tensor {
	e, b := h.engine, h.batch
	in := Input{X: h.embed(&b.text), Text: nn.NewSequences(h.scope, b.text.starts, e.kernel), Rows: rows, Checkpoint: e.options.Checkpointing}
	if e.shape.Separate {
		in.Source, in.From = h.embed(&b.source), nn.NewSequences(h.scope, b.source.starts, e.kernel)
	}
	return h.model.Forward(h.scope, in, d)
}

// dataLoss is the sum of -ln p over what the batch predicts, nil when that is nothing.
func (h *forwardPass) dataLoss(o contract.Objective, d *nn.Dropout) *torch.Tensor {
	if len(h.batch.targets) == 0 {
		return nil
	}
	x := h.predictors(d) // [P,K]
	if h.batch.extended {
		x, table := h.extendedHead(x)
		return h.scope.HeadLoss(x, table, h.batch.targetStarts, h.batch.targets)
	}
	if o == contract.NextWord {
		head := h.model.Head()
		return h.scope.HeadLoss(scaled(h.scope, x, head.Scale), head.Table, h.batch.targetStarts, h.batch.targets)
	}
	x, table := h.itemHead(x)
	if len(h.batch.excluded)+len(h.batch.offsets) > 0 {
		return h.partialLoss(h.shifted(h.scope.MatMul(x, h.scope.Transpose(table, 0, 1))))
	}
	return h.scope.HeadLoss(x, table, h.batch.targetStarts, h.batch.targets)
}

// logits are the item head's scores at the rows that predict, [P,J].
func (h *forwardPass) logits() *torch.Tensor {
	x, table := h.itemHead(h.predictors(nil))
	return h.scope.MatMul(x, h.scope.Transpose(table, 0, 1))
}

func scaled(s *torch.Scope, x *torch.Tensor, by float64) *torch.Tensor {
	if by == 1 {
		return x
	}
	return s.Scale(x, by)
}

// extendedHead is what the logits of all tokens are a product of, in the order of their
// ids: hidden states [P,K], scaled, and [Z^t; Z^u; Z^v] [N+I+J,K]: a copy, of P times fewer
// numbers than the product with it has multiplications.
func (h *forwardPass) extendedHead(x *torch.Tensor) (states, table *torch.Tensor) {
	s, head := h.scope, h.model.Head()
	return scaled(s, s.Cast(x, torch.Float32), head.Scale), s.Cat(s.Cast(head.Table, torch.Float32), h.tower.user, h.items)
}

func (e *Engine) layout(t *tower, o contract.Objective, predictFirst bool) layout {
	return layout{model: e.info, words: e.shape.Words, users: t.users, items: t.items, begin: e.begin, start: int64(e.shape.Start), whole: e.shape.Whole,
		objective: o, predictFirst: predictFirst}
}
