package lm

import "cllm4rec/plugins/internal/numerics/torch"

// States are the last hidden states [S,K] and the word head's logits [S,N] of
// texts, all words, packed one after another. An encoder-decoder has the texts of
// source in its encoder, and its rows of a text are those that predict the
// text's words. For checks.
func (e *Engine) States(texts, source [][]int32) (hidden, logits []float32, err error) {
	if err := e.loaded("States"); err != nil {
		return nil, nil, err
	}
	b := &batch{}
	for i, text := range texts {
		if e.shape.Separate {
			b.source.put(source[i])
			text = append([]int32{int32(e.shape.Start)}, text[:len(text)-1]...)
		}
		b.text.put(text)
	}
	err = e.do(func(s *torch.Scope) error {
		s.NoGrad(func() {
			p := e.plain(s, b)
			h := p.forward(nil, nil)
			head := e.model.Head()
			hidden = s.Read(h)
			logits = s.Read(s.MatMul(scaled(s, h, head.Scale), s.Transpose(head.Table, 0, 1)))
		})
		return nil
	})
	return hidden, logits, err
}

// put appends a sequence of words.
func (r *rows) put(text []int32) {
	if len(r.starts) == 0 {
		r.starts = []int64{0}
	}
	for _, id := range text {
		r.words = append(r.words, int64(id))
	}
	r.starts = append(r.starts, r.n())
}
