// Package lmtest holds a backbone plugin against reference numbers of PyTorch and
// transformers: one suite for all, so that a new backbone's own test is short.
// The fixtures' format is in plugins/internal/lm/testdata/README.md.
package lmtest

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/cpu"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Tolerances on the distance to float64 references, by dtype: the largest
// absolute difference over the largest absolute reference value of an array.
const (
	Float32 = 1e-4
	// Moved is for how far a trained table moved: Adam divides a gradient by its
	// own size and so turns the rounding of a nearly zero one into a visible step.
	Moved = 5e-3
)

// BFloat16 is the tolerance in bfloat16. oneDNN's products in bfloat16 add up in float32 and
// need AVX-512; without it libtorch's own take their place, which add up in bfloat16 itself and
// were seen to be .044 off.
var BFloat16 = bfloat16(device() == "cpu" && runtime.GOARCH == "amd64" && !cpu.X86.HasAVX512BW)

func bfloat16(summed bool) float64 {
	if summed {
		return 5e-2
	}
	return 2e-2
}

// Suite is a backbone and where its fixtures are. The working directory is the
// plugin's folder.
type Suite struct {
	New func() *lm.Backbone
	// Separate: an encoder reads the prompts.
	Separate bool
}

// device is where the suite runs: CLLM4REC_TEST_DEVICE or cpu.
func device() string {
	if d := os.Getenv("CLLM4REC_TEST_DEVICE"); d != "" {
		return d
	}
	return "cpu"
}

// Kernels are those that this build has on the device.
func Kernels() []string {
	all := []string{"plain"}
	if torch.Able().Packed && device() == "cpu" {
		all = append(all, "packed")
	}
	if torch.Able().SDPA {
		all = append(all, "sdpa")
	}
	return all
}

// Params are a plugin's parameters for a folder, with other keys on top.
func Params(t testing.TB, folder string, more map[string]any) json.RawMessage {
	t.Helper()
	params := map[string]any{"weights": folder, "device": device(), "threads": 1}
	for key, value := range more {
		params[key] = value
	}
	raw, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Load is the plugin over a folder, or why it does not load.
func (s Suite) Load(t testing.TB, folder string, more map[string]any) (*lm.Backbone, error) {
	t.Helper()
	b := s.New()
	if _, err := b.Configure(t.Context(), Params(t, folder, more)); err != nil {
		return b, err
	}
	_, err := b.Load(t.Context(), contract.Resources{}, nil)
	t.Cleanup(func() { _ = b.Close(t.Context()) })
	return b, err
}

// Loaded is the plugin over a folder of its testdata.
func (s Suite) Loaded(t testing.TB, folder string, more map[string]any) *lm.Backbone {
	t.Helper()
	b, err := s.Load(t, filepath.Join("testdata", folder), more)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Contract runs the conformance suite over the model that the plugin's own check makes.
func (s Suite) Contract(t *testing.T) {
	check := contracttest.Own(t, s.New())
	check.Params = Params(t, check.Model, nil) // on the device of the suite
	contracttest.BackboneWith(t, s.New, check)
}

// ContractOver runs the conformance suite over a folder with a tokenizer.
func (s Suite) ContractOver(t *testing.T, folder string) {
	contracttest.BackboneWith(t, s.New, contract.Check{Params: Params(t, folder, nil)})
}

// open opens a safetensors file until the test's end.
func open(t testing.TB, path string) *safetensors.File {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// array reads a reference array as float64.
func array(t testing.TB, f *safetensors.File, name string) []float64 {
	t.Helper()
	view, err := f.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	if view.DType != safetensors.I64 {
		values, err := view.Float64s()
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	values, err := view.Int64s()
	if err != nil {
		t.Fatal(err)
	}
	all := make([]float64, len(values))
	for i, v := range values {
		all[i] = float64(v)
	}
	return all
}

// Distance is the largest difference over the largest reference value.
func Distance(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	top, worst := 0.0, 0.0
	for i, w := range want {
		top = max(top, math.Abs(w))
		d := math.Abs(float64(got[i]) - w)
		if math.IsNaN(d) {
			return d
		}
		worst = max(worst, d)
	}
	if worst == 0 {
		return 0
	}
	return worst / top
}

func within(t testing.TB, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if d := Distance(got, want); !(d < tolerance) {
		t.Errorf("%s: distance %.3g, expected below %g", what, d, tolerance)
	}
}

// Stream is documents as TrainTower takes them.
func Stream(docs ...contract.Example) contract.Examples {
	return func(yield func([]contract.Example, error) bool) { yield(docs, nil) }
}

// Tower reads what a tower trains through its file, by the names in it.
func Tower(t testing.TB, b *lm.Backbone, name string) map[string][]float32 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tower.safetensors")
	if err := b.SaveTower(t.Context(), name, path); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	values := map[string][]float32{}
	for _, part := range f.Names() {
		view, err := f.Tensor(part)
		if err != nil {
			t.Fatal(err)
		}
		if view.DType == safetensors.U8 { // which tokens training has mentioned
			continue
		}
		if values[part], err = view.Float32s(); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// replace gives a tower other values, through its file.
func replace(t testing.TB, b *lm.Backbone, name string, values map[string]safetensors.View) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tower.safetensors")
	if err := b.SaveTower(t.Context(), name, path); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	var tensors []safetensors.Tensor
	for _, part := range f.Names() {
		view, err := f.Tensor(part)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := values[part]; ok {
			view.Bytes, view.Shape, view.DType = v.Bytes, v.Shape, v.DType
		}
		tensors = append(tensors, safetensors.Tensor{Name: part, DType: view.DType, Shape: view.Shape, Bytes: append([]byte(nil), view.Bytes...)})
	}
	if err := errors.Join(safetensors.Write(path, tensors, f.Metadata()), b.LoadTower(t.Context(), name, path)); err != nil {
		t.Fatal(err)
	}
}
