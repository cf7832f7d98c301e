package features

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// npy is a matrix as numpy.save writes it.
func npy(descr string, rows, width int, values string) string {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }\n", descr, rows, width)
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + values
}

func safetensors(header, values string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + values
}

func numbers(values ...float32) string {
	var raw []byte
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return string(raw)
}

// halves are 1, -2.5, 0.25 and 6 as binary16.
const halves = "\x00\x3c\x00\xc1\x00\x34\x00\x46"

// files writes files into a new folder, which it returns.
func files(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func inDir(dir string, f File) File {
	f.Path = filepath.Join(dir, f.Path)
	if f.IDs != "" {
		f.IDs = filepath.Join(dir, f.IDs)
	}
	return f
}

func TestVectorsOfEveryFormComeInTheOrderOfTheData(t *testing.T) {
	const header = `{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[2,2],"data_offsets":[2,10]},"y":{"dtype":"F16","shape":[1,1],"data_offsets":[0,2]}}`
	dir := files(t, map[string]string{
		"a.csv": "b,1,-2.5\na, 0.25,6\n", "head.csv": "id,one,two\r\nb,1,-2.5\r\na,0.25,6\r\n", "bare.csv": "1,-2.5\n0.25,6\n", "ids": "b\na\n",
		"a.npy": npy("<f4", 2, 2, numbers(1, -2.5, .25, 6)), "half.npy": npy("<f2", 2, 2, halves),
		"a.safetensors": safetensors(header, "\x00\x00"+halves),
	})
	for _, f := range []File{
		{Path: "a.csv"}, {Path: "head.csv"}, {Path: "bare.csv", IDs: "ids"}, {Path: "a.npy", IDs: "ids"}, {Path: "half.npy", IDs: "ids"},
		{Path: "a.safetensors", IDs: "ids", Tensor: "x"},
	} {
		f = inDir(dir, f)
		if err := f.Check(); err != nil {
			t.Error(err)
		}
		m, err := f.Matrix(data.NewVocabulary([]string{"a", "b"}), contract.EntityItem)
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		equal(t, f.Path, dense(m), [][]float64{{.25, 6}, {1, -2.5}}, 0)
	}
	half := File{Path: filepath.Join(dir, "a.csv"), Missing: Zero, Unknown: Drop}
	m, err := half.Matrix(data.NewVocabulary([]string{"a", "c"}), contract.EntityItem)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "zero and drop", dense(m), [][]float64{{.25, 6}, {0, 0}}, 0)
}

func TestWhatIsWrongWithAFileOfVectorsIsNamed(t *testing.T) {
	dir := files(t, map[string]string{
		"two.csv": "a,1\nb,2\n", "twice.csv": "a,1\na,2\n", "width.csv": "a,1\nb,2,3\n", "word.csv": "a,1\nb,x\n", "nan.csv": "a,1\nb,nan\n", "none.csv": "id,x\n",
		"ids": "a\nb\nc\n", "a.npy": npy("<f4", 2, 1, numbers(1, 2)), "short.npy": npy("<f4", 2, 1, numbers(1)), "int.npy": npy("<i4", 1, 1, "1234"),
		"no.npy": "hello, this is text", "huge.npy": npy("<f4", 9999999999, 9999999999, numbers(1)),
		"two.safetensors": safetensors(`{"x":{},"y":{}}`, ""), "cut.safetensors": "\xff\xff\xff\xff\xff\xff\xff\xff{}",
		"out.safetensors": safetensors(`{"x":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}}`, "1234"),
	})
	for says, c := range map[string]struct {
		f   File
		ids []string
	}{
		`no row for 2 of the 4 items of the data, the first "c"; say missing: zero`:      {File{Path: "two.csv"}, []string{"a", "b", "c", "d"}},
		`1 of 2 rows are of items that the data do not have, the first of "b"; say unkn`: {File{Path: "two.csv"}, []string{"a"}},
		`no row of any of the 2 items of the data, whose first id is "x"`:                {File{Path: "two.csv", Unknown: Drop, Missing: Zero}, []string{"x", "y"}},
		`two rows for item "a"`:               {File{Path: "twice.csv"}, []string{"a"}},
		`record on line 2: wrong number of f`: {File{Path: "width.csv"}, []string{"a", "b"}},
		`line 2: "x" is not a number`:         {File{Path: "word.csv"}, []string{"a", "b"}},
		`row 2, column 1 is NaN`:              {File{Path: "nan.csv"}, []string{"a", "b"}},
		`it has no numbers`:                   {File{Path: "none.csv"}, []string{"a"}},
		`has 2 rows, and`:                     {File{Path: "a.npy", IDs: "ids"}, []string{"a", "b"}},
		`4 bytes of values for 2 rows of 1`:   {File{Path: "short.npy", IDs: "ids"}, []string{"a"}},
		`it holds <i4, expected <f2`:          {File{Path: "int.npy", IDs: "ids"}, []string{"a"}},
		`it is no .npy file`:                  {File{Path: "no.npy", IDs: "ids"}, []string{"a"}},
		`4 bytes of values for 9999999999`:    {File{Path: "huge.npy", IDs: "ids"}, []string{"a"}},
		`the tensors ["x" "y"]; say with te`:  {File{Path: "two.safetensors", IDs: "ids"}, []string{"a"}},
		`its header is cut off`:               {File{Path: "cut.safetensors", IDs: "ids"}, []string{"a"}},
		`the bytes [4 8] of 4`:                {File{Path: "out.safetensors", IDs: "ids"}, []string{"a"}},
	} {
		_, err := inDir(dir, c.f).Matrix(data.NewVocabulary(c.ids), contract.EntityItem)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), c.f.Path) {
			t.Errorf("%s: error %v, want one that says %q", c.f.Path, err, says)
		}
	}
	for says, f := range map[string]File{
		"ends with \".txt\"": {Path: "a.txt"}, "has no ids; say ids: FILE": {Path: "a.npy"}, "tensor has no effect": {Path: "a.csv", Tensor: "x"},
	} {
		if err := f.Check(); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: error %v, want one that says %q", f, err, says)
		}
	}
}

func TestAShufflingIsAPermutation(t *testing.T) {
	dir := files(t, map[string]string{"p": "2\n0\n1\n", "twice": "1\n1\n", "beyond": "0\n3\n1\n", "word": "zero\n"})
	seen := map[int32]bool{}
	order, err := Shuffle{Shuffled: true, Seed: 4}.Order(50)
	for _, i := range order {
		seen[i] = true
	}
	if err != nil || len(order) != 50 || len(seen) != 50 {
		t.Errorf("order %v, error %v", order, err)
	}
	if order, err := (Shuffle{}).Order(50); order != nil || err != nil {
		t.Errorf("nothing is shuffled: %v, error %v", order, err)
	}
	given := func(name string, n int) ([]int32, error) {
		return Shuffle{Shuffled: true, Permutation: filepath.Join(dir, name)}.Order(n)
	}
	if order, err := given("p", 3); err != nil || order[0] != 2 || order[1] != 0 {
		t.Errorf("order %v, error %v", order, err)
	}
	for says, c := range map[string]struct {
		name string
		n    int
	}{
		"has 3 numbers for 4 items": {"p", 4}, "twice, line 2: 1 stands there a second time": {"twice", 3},
		"beyond, line 2: \"3\" is not a number in 0..2": {"beyond", 3}, "line 1: \"zero\" is not": {"word", 3},
	} {
		if _, err := given(c.name, c.n); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, says)
		}
	}
	for _, s := range []Shuffle{{Seed: 3}, {Permutation: "p"}, {Shuffled: true, Seed: 3, Permutation: "p"}} {
		if err := s.Check(); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%+v: error %v", s, err)
		}
	}
}
