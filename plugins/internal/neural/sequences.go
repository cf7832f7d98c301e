package neural

import (
	"fmt"
	"math"

	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Packed are sequences of items one after another, without padding.
type Packed struct {
	*nn.Sequences
	Items []int64 // [S]
}

// Pack lays sequences out.
func (s *Step) Pack(sequences [][]int32) Packed {
	p, starts := Packed{}, []int64{0}
	for _, sequence := range sequences {
		for _, item := range sequence {
			p.Items = append(p.Items, int64(item))
		}
		starts = append(starts, int64(len(p.Items)))
	}
	p.Sequences = nn.NewSequences(s.Scope, starts, s.Kernel)
	return p
}

// Represent is what encode gives for the last item of each sequence, [B,K]; zero for
// a sequence without items.
func (s *Step) Represent(sequences [][]int32, width int, encode func(q Packed) *torch.Tensor) *torch.Tensor {
	var whole [][]int32
	var at []int64
	for i, sequence := range sequences {
		if len(sequence) > 0 {
			whole, at = append(whole, sequence), append(at, int64(i))
		}
	}
	all := s.Zeros(int64(len(sequences)), int64(width))
	if len(whole) == 0 {
		return all
	}
	q := s.Pack(whole)
	ends := make([]int64, len(whole))
	for i := range ends {
		ends[i] = q.Starts[i+1] - 1
	}
	n := int64(len(at))
	last := s.Rows(encode(q), s.Ints(ends, n)) // [n,K]
	return s.PutRows(all, s.Ints(at, n), last) // [B,K]
}

// Blocks is a stack of transformer blocks (Vaswani et al. 2017) over packed
// sequences: multi-head attention and a feed-forward net, each with a residual.
type Blocks struct {
	Name       string // of the parameters
	Count      int
	Heads      int
	Width      int // K, a multiple of Heads
	Inner      int // width of the feed-forward net
	Dropout    float64
	Causal     bool             // a row sees its sequence's rows up to itself
	NormFirst  bool             // x + f(norm(x)), and a norm at the end; else norm(x + f(x))
	Activation torch.Activation // of the feed-forward net
	Init       Init             // of matrices
	Epsilon    float64          // of the norms
}

// Declare names the weights of all blocks.
func (b Blocks) Declare(p *Parameters) {
	for i := range b.Count {
		name := b.block(i)
		p.Dense(name+".qkv", b.Init, b.Width, 3*b.Width)
		b.linear(p, name+".out", b.Width, b.Width)
		b.linear(p, name+".up", b.Width, b.Inner)
		b.linear(p, name+".down", b.Inner, b.Width)
		DeclareNorm(p, name+".norm1", b.Width)
		DeclareNorm(p, name+".norm2", b.Width)
	}
	if b.NormFirst {
		DeclareNorm(p, b.Name+".norm", b.Width)
	}
}

func (b Blocks) linear(p *Parameters, name string, in, out int) {
	p.Dense(name+".weight", b.Init, in, out)
	p.Dense(name+".bias", Constant(0), out)
}

// DeclareNorm names the weights of Step.Norm.
func DeclareNorm(p *Parameters, name string, width int) {
	p.Dense(name+".weight", Constant(1), width)
	p.Dense(name+".bias", Constant(0), width)
}

func (b Blocks) block(i int) string { return fmt.Sprintf("%s.%d", b.Name, i) }

// Apply sends x [S,K] through the blocks.
func (b Blocks) Apply(s *Step, x *torch.Tensor, q Packed) *torch.Tensor {
	for i := range b.Count {
		name := b.block(i)
		if b.NormFirst {
			x = s.Add(x, b.attend(s, name, s.Norm(name+".norm1", x, b.Epsilon), q)) // [S,K]
			x = s.Add(x, b.feed(s, name, s.Norm(name+".norm2", x, b.Epsilon)))      // [S,K]
			continue
		}
		x = s.Norm(name+".norm1", s.Add(x, b.attend(s, name, x, q)), b.Epsilon) // [S,K]
		x = s.Norm(name+".norm2", s.Add(x, b.feed(s, name, x)), b.Epsilon)      // [S,K]
	}
	if b.NormFirst {
		x = s.Norm(b.Name+".norm", x, b.Epsilon)
	}
	return x
}

// attend is softmax(q k' / sqrt(K/heads)) v and its projection.
func (b Blocks) attend(s *Step, name string, x *torch.Tensor, q Packed) *torch.Tensor {
	a := nn.Attention{Kernel: s.Kernel, Heads: b.Heads, Scale: 1 / math.Sqrt(float64(b.Width/b.Heads)), Causal: b.Causal}
	qkv, d := s.MatMul(x, s.P(name+".qkv")), s.AttentionDropout(b.Dropout) // [S,3K]
	if b.Causal {
		x = a.ApplyFused(s.Scope, qkv, q.Sequences, d) // [S,K]
	} else {
		part := func(i int) *torch.Tensor { return s.Narrow(qkv, 1, int64(i*b.Width), int64(b.Width)) } // [S,K]
		x = a.Apply(s.Scope, part(0), part(1), part(2), q.Sequences, q.Sequences, nil, d)               // [S,K]
	}
	return s.Drop(s.Linear(name+".out", x), b.Dropout)
}

// feed is the feed-forward net.
func (b Blocks) feed(s *Step, name string, x *torch.Tensor) *torch.Tensor {
	inner := s.Drop(s.Activate(s.Linear(name+".up", x), b.Activation), b.Dropout) // [S,inner]
	return s.Drop(s.Linear(name+".down", inner), b.Dropout)                       // [S,K]
}
