package lm

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Encoder is a Model with an encoder, whose states stand for a text by themselves.
type Encoder interface {
	Model
	// Encode maps the input embeddings of in.Source to the encoder's last hidden
	// states: [P,K].
	Encode(s *torch.Scope, in Input) *torch.Tensor
}

// Embed gives a vector of each text: its last hidden states under the language
// model without a tower, of an encoder-decoder those of its encoder, pooled over
// the text's own tokens. A begin-of-text token that the backbone sets itself is
// read before the text and not pooled. A text is cut to MaxLength tokens; one
// without any has the vector of zeros.
func (e *Engine) Embed(ctx context.Context, spec contract.EmbedSpec, texts []string) ([][]float32, error) {
	if err := e.loaded("Embed"); err != nil {
		return nil, err
	}
	ids, err := e.Encode(ctx, texts)
	if err != nil {
		return nil, err
	}
	return e.EmbedTokens(ctx, spec, ids)
}

// EmbedTokens is Embed for texts that are word ids already.
func (e *Engine) EmbedTokens(ctx context.Context, spec contract.EmbedSpec, texts [][]int32) ([][]float32, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(texts))
	var docs []contract.Example // texts with a token, cut
	var places []int            // and where they stand among texts
	for i, text := range texts {
		if err := e.checkWords(i, text); err != nil {
			return nil, err
		}
		vectors[i] = make([]float32, e.shape.Hidden)
		if n := min(len(text), e.info.MaxLength); n > 0 {
			docs, places = append(docs, contract.Example{Prompt: text[:n]}), append(places, i)
		}
	}
	for len(docs) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := fitting(docs, rankTokens)
		pooled, err := e.pool(spec.Pooling, docs[:n])
		if err != nil {
			return nil, err
		}
		for i, v := range pooled {
			vectors[places[i]] = v
		}
		docs, places = docs[n:], places[n:]
	}
	return vectors, nil
}

func (e *Engine) checkWords(text int, ids []int32) error {
	for i, id := range ids {
		if id < 0 || int(id) >= e.shape.Words {
			return contract.Errorf(contract.ErrInvalid, "text %d: token %d is %d, expected a word from 0 to %d", text, i, id, e.shape.Words-1)
		}
	}
	return nil
}

// pool embeds texts in one forward pass; each of them has a token.
func (e *Engine) pool(how contract.Pooling, texts []contract.Example) ([][]float32, error) {
	b := &batch{}
	side := &b.text
	if e.shape.Separate {
		side = &b.source
	}
	side.starts = []int64{0}
	for _, text := range texts {
		side.words = append(side.words, e.begin...)
		for _, id := range text.Prompt {
			side.words = append(side.words, int64(id))
		}
		side.starts = append(side.starts, side.n())
	}
	var hidden []float32 // [S,K]
	err := e.do(func(s *torch.Scope) error {
		s.NoGrad(func() { hidden = s.Read(e.plain(s, b).textStates()) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	vectors, k := make([][]float32, len(texts)), int64(e.shape.Hidden)
	for i := range texts {
		first, end := side.starts[i]+int64(len(e.begin)), side.starts[i+1]
		if how == contract.PoolLast {
			first = end - 1
		}
		vectors[i] = mean(hidden[first*k:end*k], int(k))
	}
	return vectors, nil
}

// textStates are the last hidden states of texts that stand alone, [S,K].
func (h *forwardPass) textStates() *torch.Tensor {
	encoder, separate := h.model.(Encoder)
	if !separate {
		return h.forward(nil, nil)
	}
	b := h.batch
	return encoder.Encode(h.scope, Input{Source: h.embed(&b.source), From: nn.NewSequences(h.scope, b.source.starts, h.engine.kernel)})
}

// mean is the mean of rows of a width, summed in float64.
func mean(rows []float32, width int) []float32 {
	sums := make([]float64, width)
	for i, x := range rows {
		sums[i%width] += float64(x)
	}
	out := make([]float32, width)
	for i, sum := range sums {
		out[i] = float32(sum / float64(len(rows)/width))
	}
	return out
}
