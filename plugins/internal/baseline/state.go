package baseline

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
)

// State says whose model a file holds: a safetensors file whose metadata name the
// plugin, its semantics and its parameters. Load refuses any other.
type State struct {
	Plugin     string
	Semantics  int
	Parameters any // as JSON
}

func (s State) metadata() (map[string]string, error) {
	raw, err := json.Marshal(s.Parameters)
	return map[string]string{"plugin": s.Plugin, "semantics": strconv.Itoa(s.Semantics), "parameters": string(raw)}, err
}

// Save writes a model to path, atomically.
func (s State) Save(path string, tensors ...safetensors.Tensor) error {
	metadata, err := s.metadata()
	if err != nil {
		return err
	}
	return safetensors.Write(path, tensors, metadata)
}

// Load reads the tensors of these names, each with a shape that take may check.
// ErrNotFound without the file; ErrBadData names the file and what is wrong in it:
// damage, another plugin, other semantics or parameters, a missing tensor.
func (s State) Load(path string, names []string, take func(map[string]safetensors.View) error) (err error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return contract.Errorf(contract.ErrNotFound, "there is no state %s", path)
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	want, err := s.metadata()
	if err != nil {
		return err
	}
	got := file.Metadata()
	for _, key := range []string{"plugin", "semantics", "parameters"} {
		if got[key] != want[key] {
			return contract.Errorf(contract.ErrBadData, "%s is a state with %s %q, expected %q", path, key, got[key], want[key])
		}
	}
	views := map[string]safetensors.View{}
	for _, name := range names {
		if views[name], err = file.Tensor(name); err != nil {
			return contract.Errorf(contract.ErrBadData, "%v", err)
		}
	}
	return take(views)
}

// Floats copies a tensor of this shape as float64; every value is finite.
func Floats(v safetensors.View, shape ...int) ([]float64, error) {
	return finite(v, v.Float64s, shape)
}

// Float32s copies a tensor of this shape as float32; every value is finite.
func Float32s(v safetensors.View, shape ...int) ([]float32, error) {
	return finite(v, v.Float32s, shape)
}

func finite[F contract.Float](v safetensors.View, copied func() ([]F, error), shape []int) ([]F, error) {
	if err := v.Expect(shape...); err != nil {
		return nil, err
	}
	values, err := copied()
	if err != nil {
		return nil, err
	}
	for i, x := range values {
		if x-x != 0 {
			return nil, contract.Errorf(contract.ErrBadData, "%s: value %d of tensor %q is %v", v.File, i, v.Name, x)
		}
	}
	return values, nil
}

// Number is the one value of an integer tensor.
func Number(v safetensors.View) (int64, error) {
	if err := v.Expect(1); err != nil {
		return 0, err
	}
	values, err := v.Int64s()
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

// Rows is the first dimension of a tensor, which must have one above zero.
func Rows(v safetensors.View) (int, error) {
	if len(v.Shape) == 0 || v.Shape[0] < 1 {
		return 0, contract.Errorf(contract.ErrBadData, "%s: tensor %q has shape %v, expected a row for every item", v.File, v.Name, v.Shape)
	}
	return v.Shape[0], nil
}

// Pointers copies the beginnings of compressed rows over so many entries: integers that
// go from 0 to entries and never fall.
func Pointers(v safetensors.View, entries int) ([]int, error) {
	raw, err := v.Int64s()
	if err != nil {
		return nil, err
	}
	out := make([]int, len(raw))
	for i, at := range raw {
		if at < 0 || at > int64(entries) || i > 0 && at < raw[i-1] || i == 0 && at != 0 || i == len(raw)-1 && at != int64(entries) {
			return nil, contract.Errorf(contract.ErrBadData, "%s: the entries of row %d of tensor %q begin at %d of %d", v.File, i, v.Name, at, entries)
		}
		out[i] = int(at)
	}
	return out, nil
}

// Indices copies a tensor of shape [n] of integers in 0..below-1.
func Indices(v safetensors.View, n, below int) ([]int32, error) {
	if err := v.Expect(n); err != nil {
		return nil, err
	}
	raw, err := v.Int64s()
	if err != nil {
		return nil, err
	}
	out := make([]int32, n)
	for i, index := range raw {
		if index < 0 || index >= int64(below) {
			return nil, contract.Errorf(contract.ErrBadData, "%s: value %d of tensor %q is %d, outside 0..%d", v.File, i, v.Name, index, below-1)
		}
		out[i] = int32(index)
	}
	return out, nil
}
