package nn

import (
	"math"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/torch"
)

// Kernel names a way to compute attention; all give the same numbers up to rounding.
type Kernel string

// The kernels.
const (
	Packed Kernel = "packed" // ours: CPU, float32, no padding, memory linear in the length
	SDPA   Kernel = "sdpa"   // libtorch's fused kernel, release 2.1 and later
	Plain  Kernel = "plain"  // matrix product, softmax, matrix product: everywhere
)

// Choose resolves "auto" and refuses a kernel that this build or device lacks.
func Choose(name string, device torch.Device) (Kernel, error) {
	able := torch.Able()
	fits := map[Kernel]bool{Packed: able.Packed && device == torch.CPU, SDPA: able.SDPA, Plain: true}
	if name == "" || name == "auto" {
		order := []Kernel{Packed, SDPA, Plain}
		return order[slices.IndexFunc(order, func(k Kernel) bool { return fits[k] })], nil
	}
	if can, known := fits[Kernel(name)]; !known {
		return "", contract.Errorf(contract.ErrInvalid, "attention is %q; known are auto, packed, sdpa, plain", name)
	} else if !can {
		return "", contract.Errorf(contract.ErrUnsupported, "attention %q cannot be had on %v with libtorch %s; use auto", name, device, torch.Version())
	}
	return Kernel(name), nil
}

// Sequences says where the sequences of a packed matrix [S,K] begin and end.
type Sequences struct {
	Starts    []int64       // sequence i is rows Starts[i]..Starts[i+1]
	Positions *torch.Tensor // [S], place of a row in its own sequence, from 0
	places    *torch.Tensor // [S], row in the padded layout; only for sdpa and plain
	mask      *torch.Tensor // [T,T], 0 where a position sees another; only for plain
}

// NewSequences describes sequences of these starts. kernel decides what is prepared.
func NewSequences(s *torch.Scope, starts []int64, kernel Kernel) *Sequences {
	q := &Sequences{Starts: starts}
	total, longest := starts[len(starts)-1], q.longest()
	positions, places := make([]int64, 0, total), make([]int64, 0, total)
	for i := range len(starts) - 1 {
		for p := range starts[i+1] - starts[i] {
			positions = append(positions, p)
			places = append(places, int64(i)*longest+p)
		}
	}
	q.Positions = s.Ints(positions, total)
	if kernel != Packed {
		q.places = s.Ints(places, total)
	}
	if kernel == Plain {
		q.mask = causalMask(s, longest)
	}
	return q
}

func (q *Sequences) longest() (n int64) {
	for i := range len(q.Starts) - 1 {
		n = max(n, q.Starts[i+1]-q.Starts[i])
	}
	return n
}

func causalMask(s *torch.Scope, n int64) *torch.Tensor {
	mask := make([]float32, n*n)
	for i := range n {
		for j := i + 1; j < n; j++ {
			mask[i*n+j] = float32(math.Inf(-1))
		}
	}
	return s.Floats(mask, n, n)
}

// Attention is causal multi-head self-attention without its projections.
type Attention struct {
	Kernel Kernel
	Heads  int
	Scale  float64 // of the scores; 1/sqrt(K/Heads) in GPT-2
}

// ApplyFused maps queries, keys and values side by side, qkv [S,3K], to [S,K].
func (a Attention) ApplyFused(s *torch.Scope, qkv *torch.Tensor, q *Sequences, d *Dropout) *torch.Tensor {
	rate, seed := d.attention()
	if a.Kernel == Packed {
		return s.PackedAttention(qkv, q.Starts, a.Heads, a.Scale, rate, seed)
	}
	n, t, wide := int64(len(q.Starts)-1), q.longest(), qkv.Size(1)
	heads, width := int64(a.Heads), wide/3/int64(max(a.Heads, 1))
	x := s.PutRows(s.Zeros(n*t, wide), q.places, qkv)                 // [B*T,3K]
	x = s.Permute(s.Reshape(x, n, t, 3, heads, width), 2, 0, 3, 1, 4) // [3,B,H,T,D]
	part := func(i int64) *torch.Tensor {
		return s.Reshape(s.Narrow(x, 0, i, 1), n, heads, t, width) // [B,H,T,D]
	}
	y := a.padded(s, part(0), part(1), part(2), q.mask, rate, seed) // [B,H,T,D]
	y = s.Reshape(s.Permute(y, 0, 2, 1, 3), n*t, wide/3)            // [B*T,K]
	return s.Rows(y, q.places)                                      // [S,K]
}

func (a Attention) padded(s *torch.Scope, q, k, v, mask *torch.Tensor, rate float64, seed uint64) *torch.Tensor {
	if a.Kernel == SDPA {
		return s.SDPA(q, k, v, a.Scale, rate)
	}
	scores := s.Add(s.Scale(s.MatMul(q, s.Transpose(k, 2, 3)), a.Scale), mask) // [B,H,T,T]
	return s.MatMul(s.Dropout(s.Softmax(scores), rate, seed), v)
}
