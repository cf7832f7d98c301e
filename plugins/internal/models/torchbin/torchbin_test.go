package torchbin

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
)

func open(t testing.TB, name string) *File {
	t.Helper()
	f, err := Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func view(t testing.TB, f *File, name string) safetensors.View {
	t.Helper()
	v, err := f.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type expected struct {
	Shape []int
	DType string
	Bytes string
}

func expectations(t *testing.T, name string) map[string]expected {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]expected{}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	return want
}

var torchNames = map[safetensors.DType]string{
	safetensors.F64: "float64", safetensors.F32: "float32", safetensors.F16: "float16", safetensors.BF16: "bfloat16", safetensors.I64: "int64",
	safetensors.I32: "int32", safetensors.I16: "int16", safetensors.I8: "int8", safetensors.U8: "uint8", safetensors.Bool: "bool",
}

func TestTensorsReadAsTorchWroteThem(t *testing.T) {
	for file, want := range map[string]string{
		"dtypes.zip.bin": "dtypes", "dtypes.legacy.bin": "dtypes", "protocol4.zip.bin": "dtypes", "views.zip.bin": "views", "views.legacy.bin": "views",
		"nocrc.zip.bin": "views", "holes.zip.bin": "holes", "module.zip.bin": "module", "module.legacy.bin": "module",
		"checkpoint.zip.bin": "checkpoint", "checkpoint.legacy.bin": "checkpoint",
	} {
		f, all := open(t, file), expectations(t, want)
		if len(f.Names()) != len(all) {
			t.Errorf("%s: names %q, want %d", file, f.Names(), len(all))
		}
		for name, w := range all {
			v := view(t, f, name)
			if !slices.Equal(v.Shape, w.Shape) || torchNames[v.DType] != w.DType || hex.EncodeToString(v.Bytes) != w.Bytes || v.Name != name {
				t.Errorf("%s: %s is %s %v % x, want %+v", file, name, v.DType, v.Shape, v.Bytes, w)
			}
		}
	}
}

func TestPython2FileReads(t *testing.T) {
	got, err := view(t, open(t, "python2.bin"), "w").Float32s()
	if err != nil || !slices.Equal(got, []float32{1, -2, 0.5}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestContiguousTensorsAreNotCopied(t *testing.T) {
	for _, name := range []string{"views.zip.bin", "views.legacy.bin"} {
		f := open(t, name)
		a, again := view(t, f, "tied.a"), view(t, f, "tied.b")
		if &a.Bytes[0] != &again.Bytes[0] {
			t.Errorf("%s: tied tensors lie in two places", name)
		}
		q, k := view(t, f, "fused.q"), view(t, f, "fused.k")
		if !bytes.Contains(f.mapped, slices.Concat(q.Bytes, k.Bytes)) {
			t.Errorf("%s: views of one storage do not lie side by side", name)
		}
	}
}

func TestWhatIsNotAStateDictionaryIsRefusedByName(t *testing.T) {
	seen := 0
	for file, want := range map[string]string{
		"bad-system.zip.bin": ".system", "bad-system.legacy.bin": ".system", "bad-eval.zip.bin": "__builtin__.eval",
		"bad-module.zip.bin": "torch.nn.modules.linear.Linear", "bad-numpy.zip.bin": "numpy", "bad-dtype.zip.bin": "torch.float16",
		"bad-size.zip.bin": "torch.Size", "bad-uint16.zip.bin": "_rebuild_tensor_v3", "bad-complex.zip.bin": "torch.ComplexFloatStorage",
		"bad-conj.zip.bin": "torch.ComplexFloatStorage", "bad-sparse.zip.bin": "_rebuild_sparse_tensor", "bad-number.zip.bin": `entry "y"`,
		"bad-number.legacy.bin": `entry "y"`, "bad-nested.zip.bin": `entry "y" is a dictionary`, "bad-expanded.zip.bin": "more elements than storage",
		"bad-tensor.zip.bin": "a tensor, expected a dictionary", "bad-script.zip.bin": "TorchScript", "bad-plain.bin": "neither a zip archive",
		"bad-compressed.zip.bin": "compressed", "bad-holes.legacy.bin": "without checksums", "bad-nocrc-holes.zip.bin": "without checksums",
	} {
		seen++
		path := filepath.Join("testdata", file)
		_, err := Open(path)
		if !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s: %v", file, err)
		}
	}
	if files, _ := filepath.Glob("testdata/bad-*"); len(files) != seen {
		t.Errorf("%d bad files, %d tried", len(files), seen)
	}
}

func TestErrorsNameTheTensorAndTheFile(t *testing.T) {
	f, err := Open("testdata/views.zip.bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensor("fused.w"); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), `"fused.`) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensor("row"); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("%v", err)
	}
	if _, err := Open("testdata/absent"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func BenchmarkBytesOfATransposedTensor(b *testing.B) {
	const n = 2048
	s := &storage{dtype: safetensors.F32, count: n * n, bytes: make([]byte, 4*n*n)}
	t, err := newTensor(s, 0, []int{n, n}, []int{1, n})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(4 * n * n)
	for b.Loop() {
		t.bytes()
	}
}
