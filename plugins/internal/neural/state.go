package neural

import (
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/torch"
)

// countsName is the tensor of a state that is not a parameter: users, items, width,
// epoch, steps, seed, and then each parameter's own steps.
const countsName = "counts"

// fixedCounts are those before the parameters' steps.
const fixedCounts = 6

// save writes weights, moments and counts. Everything random is a function of seed,
// epoch and step, so that there is no generator to keep.
func (e *engine) save(file baseline.State, path string) error {
	counts := []int64{int64(e.size.Users), int64(e.size.Items), int64(e.size.Width), int64(e.epoch), e.steps, int64(e.seed)}
	var tensors []safetensors.Tensor
	err := e.do(func(s *Step) error {
		for _, t := range e.params.list {
			counts = append(counts, t.steps)
			for part, tensor := range t.tensors() {
				tensors = append(tensors, safetensors.Float32Tensor(part, ints(t.shape), s.Read(tensor)))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return file.Save(path, append(tensors, safetensors.Int64Tensor(countsName, []int{len(counts)}, counts))...)
}

// tensors are those of a parameter by their names in a state.
func (t *parameter) tensors() map[string]*torch.Tensor {
	if t.kind == buffer {
		return map[string]*torch.Tensor{t.name: t.value}
	}
	return map[string]*torch.Tensor{t.name: t.value, t.name + ".first": t.first, t.name + ".second": t.second}
}

// load takes what save wrote into an engine without parameters.
func (e *engine) load(file baseline.State, path string, limit int64) error {
	counts, err := readCounts(file, path)
	if err != nil {
		return err
	}
	e.epoch, e.steps, e.seed = int(counts[3]), counts[4], uint64(counts[5])
	if err := e.declare(Sizes{Users: int(counts[0]), Items: int(counts[1]), Width: int(counts[2])}, limit); err != nil {
		return err
	}
	if len(counts) != fixedCounts+len(e.params.list) {
		return contract.Errorf(contract.ErrBadData, "%s has %d counts, expected %d", path, len(counts), fixedCounts+len(e.params.list))
	}
	var names []string
	for i, t := range e.params.list {
		t.steps = counts[fixedCounts+i]
		for name := range t.tensors() {
			names = append(names, name)
		}
	}
	return file.Load(path, names, func(views map[string]safetensors.View) error {
		return e.exec.Do(func() error { return e.take(views) })
	})
}

// readCounts reads the counts of a state and checks their ranges.
func readCounts(file baseline.State, path string) (counts []int64, err error) {
	err = file.Load(path, []string{countsName}, func(views map[string]safetensors.View) error {
		counts, err = views[countsName].Int64s()
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(counts) < fixedCounts || counts[0] < 1 || counts[1] < 1 || counts[2] < 0 || counts[3] < 0 || counts[4] < 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: the counts %v are not those of a model", path, counts)
	}
	return counts, nil
}

func (e *engine) take(views map[string]safetensors.View) error {
	for _, t := range e.params.list {
		value, err := finite(views[t.name], t.shape)
		if err != nil {
			return err
		}
		e.params.place(e.scope, t, value)
		if t.kind == buffer {
			continue
		}
		first, err := finite(views[t.name+".first"], t.shape)
		if err != nil {
			return err
		}
		second, err := finite(views[t.name+".second"], t.shape)
		if err != nil {
			return err
		}
		t.first, t.second = e.scope.Floats(first, t.shape...), e.scope.Floats(second, t.shape...)
	}
	return e.scope.Err()
}

// finite copies a tensor of this shape, whose values must all be finite.
func finite(v safetensors.View, shape []int64) ([]float32, error) {
	if err := v.Expect(ints(shape)...); err != nil {
		return nil, err
	}
	values, err := v.Float32s()
	for i, x := range values {
		if x-x != 0 {
			return nil, contract.Errorf(contract.ErrBadData, "%s: value %d of tensor %q is %v", v.File, i, v.Name, x)
		}
	}
	return values, err
}

func ints(shape []int64) []int {
	out := make([]int, len(shape))
	for i, d := range shape {
		out[i] = int(d)
	}
	return out
}

// fits says whether a loaded model belongs to the data that Begin was given.
func (e *engine) fits(d *Data, path string) error {
	if d != nil && d.Sizes != e.size {
		return contract.Errorf(contract.ErrBadData, "%s is of %s, the training data of %s", path, e.size, d.Sizes)
	}
	return nil
}

// String names the sizes.
func (s Sizes) String() string {
	return fmt.Sprintf("%d users, %d items and width %d", s.Users, s.Items, s.Width)
}
