package torch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// encoded are 1.5, -2, 0.25 in each type that files have.
var encoded = map[DType][]byte{
	Float32:  binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 0x3fc00000), 0xc0000000), 0x3e800000),
	Float16:  {0x00, 0x3e, 0x00, 0xc0, 0x00, 0x34},
	BFloat16: {0xc0, 0x3f, 0x00, 0xc0, 0x80, 0x3e},
	Float64: binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil,
		math.Float64bits(1.5)), math.Float64bits(-2)), math.Float64bits(0.25)),
}

func TestLoadConvertsEveryTypeFromAnyAddress(t *testing.T) {
	for from, values := range encoded {
		for _, to := range []DType{Float32, BFloat16} {
			for shift := range 3 {
				with(t, func(s *Scope) {
					memory := append(bytes.Repeat([]byte{1}, shift), values...)
					x := s.Load(memory[shift:], from, to, 3, 1)
					clear(memory) // the tensor keeps nothing of it
					if x.DType() != to {
						t.Errorf("loaded %v as %v, expected %v", from, x.DType(), to)
					}
					near(t, from.String(), s.Read(x), []float32{1.5, -2, 0.25}, 0)
				})
			}
		}
	}
}

func TestLoadNamesWhatDoesNotFit(t *testing.T) {
	for want, load := range map[string]func(s *Scope){
		"7 bytes are not values of bfloat16":   func(s *Scope) { s.Load(make([]byte, 7), BFloat16, Float32, 3) },
		"4 values do not fill the shape [2 3]": func(s *Scope) { s.Load(make([]byte, 16), Float32, Float32, 2, 3) },
		"not values of dtype 99":               func(s *Scope) { s.Load(make([]byte, 4), 99, Float32, 1) },
	} {
		with(t, func(s *Scope) {
			load(s)
			if s.Err() == nil || !strings.Contains(s.Err().Error(), want) {
				t.Errorf("error %v, expected %q", s.Err(), want)
			}
		})
	}
}

func TestCastPassesGradientsAndLeavesItsOwnTypeAlone(t *testing.T) {
	with(t, func(s *Scope) {
		x := s.Train(s.Floats([]float32{1, 2}, 2))
		if s.Cast(x, Float32) != x {
			t.Error("a cast to the same type made a tensor")
		}
		s.Backward(s.Sum(s.Square(s.Cast(x, BFloat16))))
		near(t, "gradient", s.Grad(x), []float32{2, 4}, 0)
		half := s.Full(BFloat16, 0, 2)
		s.Write(half, []float32{0.5, 1.00001})
		near(t, "written", s.Read(half), []float32{0.5, 1}, 0)
	})
}

func TestHeadLossOfBfloat16FollowsFloat32(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	h, w := random(rng, 7*16), random(rng, 11*16)
	starts, targets := []int64{0, 1, 1, 4, 5, 6, 7, 8}, []int64{3, 0, 3, 10, 2, 2, 5, 10}
	for _, types := range [][2]DType{{BFloat16, BFloat16}, {BFloat16, Float32}, {Float32, BFloat16}} {
		with(t, func(s *Scope) {
			var loss [2][]float32
			var dh, dw [2][]float32
			for i := range loss {
				th, tw := s.Train(s.Floats(h, 7, 16)), s.Train(s.Floats(w, 11, 16))
				x, table := th, tw
				if i == 1 {
					x, table = s.Cast(th, types[0]), s.Cast(tw, types[1])
				}
				got := s.HeadLoss(x, table, starts, targets)
				if got.DType() != Float32 {
					t.Errorf("the loss is %v", got.DType())
				}
				s.Backward(got)
				loss[i], dh[i], dw[i] = s.Read(got), s.Grad(th), s.Grad(tw)
			}
			near(t, "loss", loss[1], loss[0], 1e-2)
			near(t, "hidden gradient", dh[1], dh[0], 2e-2)
			near(t, "table gradient", dw[1], dw[0], 2e-2)
		})
	}
}

// Kernels compute in float32 whatever a tensor holds, so that a bfloat16 result is
// the float32 one of the same numbers, rounded once. 5,000 numbers are several
// blocks, and an odd rest. (RMSNorm rounds twice, as transformers does: package nn
// tests that.)
func TestKernelsOfBfloat16AreThoseOfFloat32RoundedOnce(t *testing.T) {
	needsKernels(t)
	const rows, width = 7, 714
	angles := func(s *Scope) (cos, sin, positions *Tensor) {
		rng := rand.New(rand.NewPCG(9, 9))
		return s.Floats(random(rng, rows*3), rows, 3), s.Floats(random(rng, rows*3), rows, 3), s.Ints([]int64{6, 0, 5, 1, 4, 2, 3}, rows)
	}
	for name, apply := range map[string]func(s *Scope, a, b *Tensor) *Tensor{
		"gelu":        func(s *Scope, a, b *Tensor) *Tensor { return s.Activate(a, GELUTanh) },
		"dropout":     func(s *Scope, a, b *Tensor) *Tensor { return s.Dropout(a, Drop{Rate: 0.3, Seed: 4, First: 2}) },
		"dropout_add": func(s *Scope, a, b *Tensor) *Tensor { return s.DropoutAdd(a, b, Drop{Rate: 0.3, Seed: 4}) },
		"silu gate":   func(s *Scope, a, b *Tensor) *Tensor { return s.Gate(a, b, SiLU) },
		"gelu gate":   func(s *Scope, a, b *Tensor) *Tensor { return s.Gate(a, b, GELUTanh) },
		"rotate": func(s *Scope, a, b *Tensor) *Tensor {
			cos, sin, positions := angles(s)
			return s.Rotate(a, cos, sin, positions, 102)
		},
	} {
		with(t, func(s *Scope) {
			rng := rand.New(rand.NewPCG(7, 8))
			rounded := func(n int, shape ...int64) []float32 {
				return s.Read(s.Cast(s.Floats(random(rng, n), shape...), BFloat16))
			}
			values := [][]float32{rounded(rows*width, rows, width), rounded(rows*width, rows, width), rounded(rows*width, rows, width)}
			run := func(d DType) (y []float32, grads [][]float32) {
				var in []*Tensor
				for _, x := range values[:2] {
					in = append(in, s.Train(s.Cast(s.Floats(x, rows, width), d)))
				}
				out := apply(s, in[0], in[1])
				if out.DType() != d {
					t.Errorf("%s of %v is %v", name, d, out.DType())
				}
				s.Backward(s.Sum(s.Mul(out, s.Cast(s.Floats(values[2], rows, width), d))))
				for _, x := range in {
					if g := s.Grad(x); g != nil {
						grads = append(grads, s.Read(s.Cast(s.Floats(g, int64(len(g))), BFloat16)))
					}
				}
				return s.Read(s.Cast(out, BFloat16)), grads
			}
			want, wanted := run(Float32)
			got, grads := run(BFloat16)
			near(t, name, got, want, 0)
			if len(grads) != len(wanted) || len(grads) == 0 {
				t.Fatalf("%s: %d gradients, expected %d", name, len(grads), len(wanted))
			}
			for i := range grads {
				near(t, name+": gradient", grads[i], wanted[i], 0)
			}
		})
	}
}

func TestAdamRefusesLeavesThatAreNotFloat32(t *testing.T) {
	with(t, func(s *Scope) {
		x := s.Train(s.Full(BFloat16, 1, 2))
		s.Adam([]*Tensor{x}, []*Tensor{s.Zeros(2)}, []*Tensor{s.Zeros(2)}, AdamStep{Rate: 1, Clip: 1, Step: 1})
		if s.Err() == nil || !strings.Contains(s.Err().Error(), "what trains is float32") {
			t.Fatalf("error: %v", s.Err())
		}
	})
}

func TestLackOfMemoryIsToldByItsTypeAndElsewhereByItsAllocator(t *testing.T) {
	for _, text := range []string{
		memoryMark + "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 7.79 GiB total capacity)",
		"[enforce fail at alloc_cpu.cpp:66] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.",
		"DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
		"CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
	} {
		if err := explain(text); !errors.Is(err, contract.ErrOutOfMemory) {
			t.Errorf("%q is not lack of memory", text)
		} else if strings.Contains(err.Error(), memoryMark) {
			t.Errorf("the mark is shown: %q", err)
		}
	}
	for _, text := range []string{"cannot open /data/out of memory.pt", "expected a file of bad_alloc records", "index 3 is out of memory's range"} {
		if err := explain(text); errors.Is(err, contract.ErrOutOfMemory) {
			t.Errorf("%q is lack of memory", text)
		}
	}
}

func TestPeakMemoryOfACPUIsLeftToTheSystem(t *testing.T) {
	e, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := errors.Join(e.ResetPeakMemory(CPU), e.EmptyCache()); err != nil {
		t.Fatal(err)
	}
	if peak, err := e.PeakMemory(CPU); peak != 0 || err != nil {
		t.Fatalf("peak %d, error %v", peak, err)
	}
}
