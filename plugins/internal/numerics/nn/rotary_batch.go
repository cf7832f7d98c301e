package nn

import (
	"math"

	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Batch prepares the angles of a batch: the tables, and its sequences with the
// rows of the tables that are theirs. Positions is not read.
func (o RotaryOptions) Batch(s *torch.Scope, q *Sequences) (*Rotary, *Sequences) {
	o.Positions = int(q.Longest())
	if o.Scaling.Type == hf.Dynamic {
		return o.follow(s, q)
	}
	return o.tables(s), q // [L,R/2]
}

// tables never fails on what hf.Fields.RotaryScaling has let pass.
func (o RotaryOptions) tables(s *torch.Scope) *Rotary {
	r, err := NewRotary(s, o)
	if err != nil {
		s.Fail(err)
		return &Rotary{}
	}
	return r
}

// follow gives every sequence that is longer than those of pretraining angles by
// its own length n: plain ones of a larger theta,
//
//	theta (F n/P - (F-1))^(R/(R-2))
//
// with the factor F and the length of pretraining P, as transformers computes
// where it reads that sequence alone. The tables lie one after another.
func (o RotaryOptions) follow(s *torch.Scope, q *Sequences) (*Rotary, *Sequences) {
	c, plain := o.Scaling, RotaryOptions{Theta: o.Theta, Dim: o.Dim, Positions: min(o.Positions, o.Scaling.Original)}
	all := plain.tables(s) // [min(L,P),R/2]
	rows, begin, end := make([]int64, 0, q.Starts[len(q.Starts)-1]), map[int64]int64{}, int64(plain.Positions)
	for i := range len(q.Starts) - 1 {
		n := q.length(i)
		if _, known := begin[n]; !known && n > int64(c.Original) {
			stretched := c.Factor*float64(n)/float64(c.Original) - (c.Factor - 1)
			more := RotaryOptions{Dim: o.Dim, Positions: int(n),
				Theta: o.Theta * math.Pow(stretched, float64(o.Dim)/float64(o.Dim-2))}.tables(s) // [n,R/2]
			all = &Rotary{Cos: s.Cat(all.Cos, more.Cos), Sin: s.Cat(all.Sin, more.Sin)}
			begin[n], end = end, end+n
		}
		for p := range n {
			rows = append(rows, begin[n]+p)
		}
	}
	own := *q
	own.Positions = s.Ints(rows, int64(len(rows))) // [S]
	return all, &own
}
