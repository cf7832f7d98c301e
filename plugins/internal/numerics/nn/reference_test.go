package nn

import (
	"math"
	"strings"
	"testing"

	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/torch"
)

// fixture is testdata/layers.safetensors: what PyTorch and transformers compute.
type fixture struct {
	*testing.T
	file *safetensors.File
	s    *torch.Scope
}

// reference runs body with the fixture, on every kernel that this build has.
func reference(t *testing.T, body func(f fixture)) {
	t.Helper()
	file, err := safetensors.Open("testdata/layers.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	on(t, func(s *torch.Scope) {
		body(fixture{t, file, s})
	})
}

// on runs body in a scope on two threads and checks that it ended well and that
// nothing leaked.
func on(t *testing.T, body func(s *torch.Scope)) {
	t.Helper()
	e, err := torch.Start(2)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = e.Do(func() error {
		s := e.Scope(torch.CPU)
		defer s.Close()
		body(s)
		return s.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if e.Live() != 0 {
		t.Fatalf("%d tensors outlived their scope", e.Live())
	}
}

var loads = map[safetensors.DType]torch.DType{"F32": torch.Float32, "BF16": torch.BFloat16}

func (f fixture) load(name string) *torch.Tensor {
	f.Helper()
	view, err := f.file.Tensor(name)
	if err != nil {
		f.Fatal(err)
	}
	shape := make([]int64, len(view.Shape))
	for i, d := range view.Shape {
		shape[i] = int64(d)
	}
	return f.s.Load(view.Bytes, loads[view.DType], loads[view.DType], shape...)
}

func (f fixture) leaf(name string) *torch.Tensor { return f.s.Train(f.load(name)) }

func (f fixture) near(name string, got []float32, tolerance float64) {
	f.Helper()
	near(f.T, name, got, f.s.Read(f.load(name)), tolerance)
}

// check compares the output and the gradients of sum(y dy) for some leaves.
func (f fixture) check(prefix string, y *torch.Tensor, tolerance float64, leaves map[string]*torch.Tensor) {
	f.Helper()
	f.near(prefix+".y", f.s.Read(y), tolerance)
	f.s.Backward(f.s.Sum(f.s.Mul(y, f.load(prefix+".dy"))))
	for name, leaf := range leaves {
		f.near(prefix+".d"+name, f.s.Grad(leaf), tolerance)
	}
	if err := f.s.Err(); err != nil {
		f.Fatalf("%s: %v", prefix, err)
	}
}

func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, expected %d", what, len(got), len(want))
	}
	top, worst := 0.0, 0.0
	for i := range want {
		top = max(top, math.Abs(float64(want[i])))
		if off := math.Abs(float64(got[i] - want[i])); !(off <= worst) {
			worst = off
		}
	}
	if !(worst <= tolerance*top) {
		t.Errorf("%s is off by %.3g of %.3g", what, worst, top)
	}
}

func TestRMSNormAndGradientsEqualTransformers(t *testing.T) {
	reference(t, func(f fixture) {
		for _, name := range []string{"rms_llama", "rms_t5"} {
			x, w := f.leaf(name+".x"), f.leaf(name+".w")
			f.check(name, RMSNorm{W: w, Eps: 1e-5}.Apply(f.s, x), 1e-6, map[string]*torch.Tensor{"x": x, "w": w})
			half := RMSNorm{W: f.load(name + "_bf16.w"), Eps: 1e-5}.Apply(f.s, f.load(name+"_bf16.x"))
			if half.DType() != torch.BFloat16 {
				t.Errorf("the norm of bfloat16 rows is %v", half.DType())
			}
			f.near(name+"_bf16.y", f.s.Read(half), 0)
		}
	})
}

func TestActivationsAndGatesEqualTransformers(t *testing.T) {
	names := map[hf.Activation][]string{hf.GELUTanh: {"gelu_new", "gelu_pytorch_tanh"}, hf.GELU: {"gelu"}, hf.ReLU: {"relu"},
		hf.SiLU: {"silu"}, hf.Tanh: {"tanh"}}
	reference(t, func(f fixture) {
		for kind, cases := range names {
			a := Activation(kind)
			for _, name := range cases {
				x := f.leaf("act_" + name + ".x")
				f.check("act_"+name, a.Apply(f.s, x), 2e-6, map[string]*torch.Tensor{"x": x})
				x, up := f.leaf("gate_"+name+".x"), f.leaf("gate_"+name+".up")
				f.check("gate_"+name, a.Gate(f.s, x, up), 2e-6, map[string]*torch.Tensor{"x": x, "up": up})
			}
		}
	})
}

func TestUnknownActivationIsAnError(t *testing.T) {
	e, err := torch.Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = e.Do(func() error {
		s := e.Scope(torch.CPU)
		defer s.Close()
		Activation("mish").Apply(s, s.Zeros(2))
		return s.Err()
	})
	if err == nil || !strings.Contains(err.Error(), `"mish"`) {
		t.Fatalf("error: %v", err)
	}
}

func TestRelativeBucketsEqualTransformers(t *testing.T) {
	for name, r := range map[string]RelativeBias{
		"both": {Buckets: 32, MaxDistance: 128, Bidirectional: true}, "one": {Buckets: 32, MaxDistance: 128},
		"small": {Buckets: 8, MaxDistance: 20, Bidirectional: true}, "odd": {Buckets: 10, MaxDistance: 77},
		"long": {Buckets: 64, MaxDistance: 2000, Bidirectional: true},
	} {
		reference(t, func(f fixture) {
			for i, want := range f.s.Read(f.load("bucket_" + name + ".y")) {
				if got := r.Bucket(int64(i) - 1200); got != int64(want) {
					t.Errorf("%s: distance %d is in bucket %d, expected %v", name, i-1200, got, want)
				}
			}
		})
	}
}

func TestRotaryTablesEqualTransformers(t *testing.T) {
	for name, scaling := range map[string]hf.RotaryScaling{
		"default": {}, "linear": {Type: "linear", Factor: 4}, "dynamic": {Type: "dynamic", Factor: 4, Original: 100},
		"llama3":      {Type: "llama3", Factor: 8, LowFrequency: 1, HighFrequency: 4, Original: 64},
		"yarn":        {Type: "yarn", Factor: 4, Original: 64},
		"yarn_all":    {Type: "yarn", Factor: 8, Original: 64, BetaFast: 16, BetaSlow: 2, MScale: 0.7, MScaleAll: 0.4, NoTruncate: true},
		"yarn_factor": {Type: "yarn", Factor: 2, Original: 50, Attention: 0.9},
	} {
		reference(t, func(f fixture) {
			r, err := NewRotary(f.s, RotaryOptions{Theta: 10000, Dim: 16, Positions: 100, Scaling: scaling})
			if err != nil {
				t.Fatal(err)
			}
			f.near("rope_"+name+".cos", f.s.Read(r.Cos), 1e-5) // of angles up to 100, of which float32 knows 7 digits
			f.near("rope_"+name+".sin", f.s.Read(r.Sin), 1e-5)
			first := []float32{f.s.Read(r.Cos)[8], f.s.Read(r.Sin)[8]}
			near(t, name+" at position 1", first, []float32{f.s.Read(f.load("rope_" + name + ".cos"))[8], f.s.Read(f.load("rope_" + name + ".sin"))[8]}, 1e-6)
		})
	}
}

func TestRotaryNamesWhatItCannotDo(t *testing.T) {
	for want, o := range map[string]RotaryOptions{
		`"longrope" is not known`: {Theta: 1e4, Dim: 8, Positions: 9, Scaling: hf.RotaryScaling{Type: "longrope", Factor: 2}},
		"factor 0.5":              {Theta: 1e4, Dim: 8, Positions: 9, Scaling: hf.RotaryScaling{Type: "linear", Factor: 0.5}},
		"7 columns":               {Theta: 1e4, Dim: 7, Positions: 9},
		"dynamic is supported up to the 8 positions": {Theta: 1e4, Dim: 8, Positions: 9, Scaling: hf.RotaryScaling{Type: "dynamic", Factor: 2, Original: 8}},
		"0 < low < high":                      {Theta: 1e4, Dim: 8, Positions: 9, Scaling: hf.RotaryScaling{Type: "llama3", Factor: 2, Original: 8}},
		"no original_max_position_embeddings": {Theta: 1e4, Dim: 8, Positions: 9, Scaling: hf.RotaryScaling{Type: "yarn", Factor: 2}},
		"2147483647 positions":                {Theta: 10000, Dim: 16, Positions: math.MaxInt32},
	} {
		on(t, func(s *torch.Scope) {
			if _, err := NewRotary(s, o); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, expected %q in it", err, want)
			}
		})
	}
}

func TestRotationAndGradientEqualTransformers(t *testing.T) {
	for name, turned := range map[string]int{"rotate": 16, "rotate_part": 6} {
		reference(t, func(f fixture) {
			r, err := NewRotary(f.s, RotaryOptions{Theta: 10000, Dim: turned, Positions: 100})
			if err != nil {
				t.Fatal(err)
			}
			x := f.leaf(name + ".x")
			f.check(name, r.Apply(f.s, x, 3, NewSequences(f.s, []int64{0, 4, 6}, Packed)), 1e-6, map[string]*torch.Tensor{"x": x})
		})
	}
}

func TestAttentionAndGradientsEqualTransformersOnEveryKernel(t *testing.T) {
	self, other := []int64{0, 1, 8, 75, 80}, []int64{0, 66, 70, 71, 90}
	for _, kernel := range []Kernel{Packed, SDPA, Plain} {
		if _, err := Choose(string(kernel), torch.CPU); err != nil {
			t.Logf("not tested: %v", err)
			continue
		}
		for name, c := range map[string]struct {
			groups int
			from   []int64
			causal bool
			bias   *RelativeBias
		}{
			"grouped": {2, self, true, nil}, "all": {4, self, false, nil}, "cross": {4, other, false, nil}, "one_group": {1, other, false, nil},
			"encoder": {4, self, false, &RelativeBias{Buckets: 8, MaxDistance: 20, Bidirectional: true}},
			"decoder": {4, self, true, &RelativeBias{Buckets: 8, MaxDistance: 20}},
		} {
			t.Run(string(kernel)+"/"+name, func(t *testing.T) {
				reference(t, func(f fixture) {
					name = "attend_" + name
					q, k, v := f.leaf(name+".q"), f.leaf(name+".k"), f.leaf(name+".v")
					leaves := map[string]*torch.Tensor{"q": q, "k": k, "v": v}
					to, from := NewSequences(f.s, self, kernel), NewSequences(f.s, c.from, kernel)
					var bias *torch.Tensor
					if c.bias != nil {
						c.bias.Table = f.leaf(name + ".table")
						leaves["table"] = c.bias.Table
						bias = c.bias.Diagonals(f.s, to.Longest(), from.Longest())
					}
					a := Attention{Kernel: kernel, Heads: 4, Groups: c.groups, Scale: 0.35, Causal: c.causal}
					f.check(name, a.Apply(f.s, q, k, v, to, from, bias, nil), 2e-6, leaves)
				})
			})
		}
	}
}
