package contracttest

import (
	"math"

	"cllm4rec/core/contract"
)

// forward is one document under a tower.
type forward struct {
	tokens []int32
	hidden int
	h      []float64 // [tokens, K]: mean of the embeddings up to the token
}

// embedding is the row of a token: a word's frozen one or a tower's.
func (b *FakeBackbone) embedding(t *fakeTower, token int32) []float64 {
	k := b.Params().Hidden
	if w := int(token); w < b.Params().Words {
		return b.words[w*k : (w+1)*k]
	}
	return t.row(int(token) - b.Params().Words)
}

// forward checks a document and computes its hidden states.
func (b *FakeBackbone) forward(t *fakeTower, d contract.Document) (*forward, error) {
	k := b.Params().Hidden
	tokens := append(append([]int32(nil), d.Prompt...), d.Main...)
	if len(tokens) == 0 || len(tokens) > b.Params().MaxLength {
		return nil, contract.Errorf(contract.ErrInvalid, "a document has %d tokens, expected 1 to %d", len(tokens), b.Params().MaxLength)
	}
	f := &forward{tokens: tokens, hidden: k, h: make([]float64, len(tokens)*k)}
	sum := make([]float64, k)
	for i, token := range tokens {
		if token < 0 || int(token) >= b.Params().Words+t.rows() {
			return nil, contract.Errorf(contract.ErrInvalid, "token %d is outside 0..%d", token, b.Params().Words+t.rows()-1)
		}
		for j, x := range b.embedding(t, token) {
			sum[j] += x
			f.h[i*k+j] = sum[j] / float64(i+1)
		}
	}
	return f, nil
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
	at     int // position whose hidden state predicts
	target int // row of the head
}

// predictions lists what an objective predicts in a document.
func (b *FakeBackbone) predictions(t *fakeTower, o contract.Objective, first bool, d contract.Document) ([]prediction, error) {
	var all []prediction
	if o == contract.Multinomial {
		for _, item := range d.Targets {
			if item < 0 || int(item) >= t.items {
				return nil, contract.Errorf(contract.ErrInvalid, "target %d is outside 0..%d", item, t.items-1)
			}
			all = append(all, prediction{len(d.Prompt) - 1, int(item)})
		}
		return all, nil
	}
	base, n := 0, b.Params().Words
	if o == contract.NextItem {
		base, n = b.Params().Words+t.users, t.items
	}
	for i, token := range d.Main {
		at := len(d.Prompt) + i - 1
		if at < 0 || i == 0 && !first {
			continue
		}
		if target := int(token) - base; target < 0 || target >= n {
			return nil, contract.Errorf(contract.ErrInvalid, "main token %d is no target of objective %s", token, o)
		}
		all = append(all, prediction{at, int(token) - base})
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

// head is the matrix that an objective predicts with.
func (b *FakeBackbone) head(t *fakeTower, o contract.Objective) []float64 {
	if o == contract.NextWord {
		return b.words
	}
	return t.itemHead()
}

// loss sums the cross-entropy of a document. With grad set, it adds scale times
// the gradient to it.
func (b *FakeBackbone) loss(t *fakeTower, o contract.Objective, f *forward, all []prediction, scale float64, grad []float64) float64 {
	head, k := b.head(t, o), f.hidden
	dh := make([]float64, len(f.h))
	var sum float64
	for _, p := range all {
		z := f.logits(p.at, head)
		sum += crossEntropy(z, p.target)
		if grad == nil {
			continue
		}
		for i, g := range z {
			for j := range k {
				dh[p.at*k+j] += scale * g * head[i*k+j]
				if o != contract.NextWord {
					grad[(t.users+i)*k+j] += scale * g * f.h[p.at*k+j]
				}
			}
		}
	}
	if grad != nil {
		b.backward(t, f, dh, grad)
	}
	return sum
}

// backward takes the gradient of the hidden states to the soft tokens: token i
// is in the mean of every position from i on.
func (b *FakeBackbone) backward(t *fakeTower, f *forward, dh, grad []float64) {
	k := f.hidden
	sum := make([]float64, k)
	for i := len(f.tokens) - 1; i >= 0; i-- {
		row := int(f.tokens[i]) - b.Params().Words
		for j := range k {
			sum[j] += dh[i*k+j] / float64(i+1)
			if row >= 0 {
				grad[row*k+j] += sum[j]
			}
		}
	}
}
