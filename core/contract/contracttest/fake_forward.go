package contracttest

import (
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// forward is one document under a tower.
type forward struct {
	tokens []int32
	hidden int
	layers [][]float64 // [K, K] of each layer; nil: it changes nothing
	inputs [][]float64 // [tokens, K] of each layer; the first is the mean of the embeddings up to the token
	h      []float64   // [tokens, K]: output of the last layer
}

// forward checks a document and computes its hidden states.
func (b *FakeBackbone) forward(t *fakeTower, d contract.Example) (*forward, error) {
	if err := b.model.CheckLength(len(d.Prompt), len(d.Main)); err != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "a document cannot be read: %v", err)
	}
	f := &forward{tokens: slices.Concat(d.Prompt, d.Main), hidden: t.hidden, layers: t.layers()}
	x, err := b.means(t, f.tokens)
	if err != nil {
		return nil, err
	}
	for _, w := range f.layers {
		f.inputs = append(f.inputs, x)
		x = apply(w, x, t.hidden)
	}
	f.h = x
	return f, nil
}

// means are the means of the embeddings up to each token, [tokens, K].
func (b *FakeBackbone) means(t *fakeTower, tokens []int32) ([]float64, error) {
	k := t.hidden
	sum, x := make([]float64, k), make([]float64, len(tokens)*k)
	for i, token := range tokens {
		if token < 0 || int(token) >= b.model.VocabSize+t.rows() {
			return nil, contract.Errorf(contract.ErrInvalid, "token %d is outside 0..%d", token, b.model.VocabSize+t.rows()-1)
		}
		for j, e := range b.embedding(t, token) {
			sum[j] += e
			x[i*k+j] = sum[j] / float64(i+1)
		}
	}
	return x, nil
}

// embedding is the row of a token: a word's frozen one or a tower's.
func (b *FakeBackbone) embedding(t *fakeTower, token int32) []float64 {
	at := t.offset(token)
	if item := at - t.users*t.hidden; item >= 0 && at < t.rows()*t.hidden {
		return t.itemHead()[item : item+t.hidden]
	}
	if at >= 0 {
		return t.z[at : at+t.hidden]
	}
	return b.words[int(token)*t.hidden : int(token+1)*t.hidden]
}

// apply is W [K, K] on each row of x [n, K].
func apply(w, x []float64, k int) []float64 {
	if w == nil {
		return x
	}
	y := make([]float64, len(x))
	for i := 0; i < len(x); i += k {
		for o := range k {
			for j := range k {
				y[i+o] += w[o*k+j] * x[i+j]
			}
		}
	}
	return y
}

// logits is head [n, K] times the hidden state of a position.
func (f *forward) logits(at int, head []float64) []float64 {
	h := f.h[at*f.hidden : (at+1)*f.hidden]
	z := make([]float64, len(head)/f.hidden)
	for i := range z {
		for j, x := range h {
			z[i] += x * head[i*f.hidden+j]
		}
	}
	return z
}

// prediction asks for one token of a head after a position.
type prediction struct {
	at       int     // position whose hidden state predicts
	target   int     // row of the head
	excluded []int32 // rows of the head that have no part in the softmax
	offsets  []float64
}

// offsets are those of all items [J]; none where there are none.
func (t *fakeTower) offsets(o contract.Offsets) ([]float64, error) {
	if len(o.Items) == 0 {
		return nil, nil
	}
	values, seen := make([]float64, t.items), map[int32]bool{}
	for j := range values {
		values[j] = float64(o.Else)
	}
	for i, j := range o.Items {
		if j < 0 || int(j) >= t.items || seen[j] || len(o.Values) != len(o.Items) || o.Values[i]-o.Values[i] != 0 || o.Else-o.Else != 0 {
			return nil, contract.Errorf(contract.ErrInvalid, "the offset of item %d stands twice, is not finite, or is of no item", j)
		}
		seen[j], values[j] = true, float64(o.Values[i])
	}
	return values, nil
}

// aim is what is predicted, and among what.
type aim struct {
	objective contract.Objective
	extended  bool // among all tokens
}

// predictions lists what is predicted in a document.
func (b *FakeBackbone) predictions(t *fakeTower, o aim, first bool, d contract.Example) ([]prediction, error) {
	var all []prediction
	if o.objective == contract.Multinomial {
		for _, item := range d.Excluded {
			if item < 0 || int(item) >= t.items || slices.Contains(d.Targets, item) {
				return nil, contract.Errorf(contract.ErrInvalid, "excluded item %d is a target or outside 0..%d", item, t.items-1)
			}
		}
		offsets, err := t.offsets(d.Offsets)
		if err != nil {
			return nil, err
		}
		for _, item := range d.Targets {
			if item < 0 || int(item) >= t.items {
				return nil, contract.Errorf(contract.ErrInvalid, "target %d is outside 0..%d", item, t.items-1)
			}
			all = append(all, prediction{len(d.Prompt) - 1, int(item), d.Excluded, offsets})
		}
		return all, nil
	}
	base, n := 0, b.Params().Words
	switch {
	case o.extended:
		n += t.users + t.items
	case o.objective == contract.NextItem:
		base, n = b.Params().Words+t.users, t.items
	}
	for i, token := range d.Main {
		at := len(d.Prompt) + i - 1
		if at < 0 || i == 0 && !first {
			continue
		}
		if target := int(token) - base; target < 0 || target >= n {
			return nil, contract.Errorf(contract.ErrInvalid, "main token %d is no target of objective %s", token, o.objective)
		}
		all = append(all, prediction{at: at, target: int(token) - base})
	}
	return all, nil
}

// crossEntropy is -ln softmax(z)[target]; z becomes the gradient, softmax - 1[target].
func crossEntropy(z []float64, target int) float64 {
	top := math.Inf(-1)
	for _, x := range z {
		top = max(top, x)
	}
	var sum float64
	at := z[target]
	for i, x := range z {
		z[i] = math.Exp(x - top)
		sum += z[i]
	}
	for i := range z {
		z[i] /= sum
	}
	z[target]--
	return top + math.Log(sum) - at
}

// head is the matrix that predicts, and where the tower has row i of it; -1 where that is
// frozen.
func (b *FakeBackbone) head(t *fakeTower, o aim) (table []float64, at func(i int) int) {
	byID := func(i int) int { return t.offset(int32(i)) }
	switch {
	case o.extended:
		return slices.Concat(b.wordHead(t), t.z[:t.users*t.hidden], t.itemHead()), byID
	case o.objective == contract.NextWord:
		return b.wordHead(t), byID
	}
	return t.itemHead(), func(i int) int { return (t.users + i) * t.hidden }
}

// wordHead are the vectors of words: those of the tower where it trains them.
func (b *FakeBackbone) wordHead(t *fakeTower) []float64 {
	if t.train.Mode == contract.TrainAll {
		at := t.offset(0)
		return t.z[at : at+len(b.words)]
	}
	return b.words
}

// loss sums the cross-entropy of a document. With grad set, it adds scale times
// the gradient to it.
func (b *FakeBackbone) loss(t *fakeTower, o aim, f *forward, all []prediction, scale float64, grad []float64) float64 {
	head, at := b.head(t, o)
	k := f.hidden
	dh := make([]float64, len(f.h))
	var sum float64
	for _, p := range all {
		z := f.logits(p.at, head)
		biased := o.objective != contract.NextWord && t.biasAt > 0
		if biased {
			t.addBiases(z)
		}
		for i, v := range p.offsets {
			z[i] += v
		}
		for _, i := range p.excluded {
			z[i] = math.Inf(-1)
		}
		sum += crossEntropy(z, p.target)
		if grad == nil {
			continue
		}
		for i, g := range z {
			if biased {
				grad[t.biasAt+i] += scale * g
			}
			row := at(i)
			for j := range k {
				dh[p.at*k+j] += scale * g * head[i*k+j]
				if row >= 0 {
					grad[row+j] += scale * g * f.h[p.at*k+j]
				}
			}
		}
	}
	if grad != nil {
		backward(t, f, dh, grad)
	}
	return sum
}

// backward takes the gradient of the hidden states to what trains: through the
// layers, then to the tokens, of which token i is in the mean of every position
// from i on.
func backward(t *fakeTower, f *forward, dh, grad []float64) {
	k := f.hidden
	for l := len(f.layers) - 1; l >= 0; l-- {
		t.layerGradient(l, outer(dh, f.inputs[l], k), grad)
		dh = apply(transposed(f.layers[l], k), dh, k)
	}
	sum := make([]float64, k)
	for i := len(f.tokens) - 1; i >= 0; i-- {
		at := t.offset(f.tokens[i])
		for j := range k {
			sum[j] += dh[i*k+j] / float64(i+1)
			if at >= 0 {
				grad[at+j] += sum[j]
			}
		}
	}
}

// outer is the sum over rows of dy x^T, [K, K]: the gradient of W in y = W x.
func outer(dy, x []float64, k int) []float64 {
	w := make([]float64, k*k)
	for i := 0; i < len(x); i += k {
		for o := range k {
			for j := range k {
				w[o*k+j] += dy[i+o] * x[i+j]
			}
		}
	}
	return w
}

func transposed(w []float64, k int) []float64 {
	if w == nil {
		return nil
	}
	t := make([]float64, len(w))
	for i := range k {
		for j := range k {
			t[j*k+i] = w[i*k+j]
		}
	}
	return t
}
