package lm

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/torch"
)

// A tower's file is a safetensors file with every tensor that trains: `user`
// [I,K], `item` [J,K], `bias` [J,1] where items have biases and, by the tower's mode, `weight.<name>` or
// `lora.<layer>.A` and `.B`; Adam's moments beside them once it was trained; which
// soft tokens training has mentioned (`mentioned.user` [I], `mentioned.item` [J]); where
// item tokens are a map of features, W (`map.item` [K,G]) and G (`features.item` [J,G]); and
// in its metadata the format, the mode, the steps that Adam took and the language
// model's fingerprint.
const towerFormat = "cllm4rec tower 3"

// The names of the soft tokens.
const (
	tableUser = "user"
	tableItem = "item"
	biasItem  = "bias"
)

// weightName is the name of a tower's own copy of a weight.
func weightName(w hf.Spec) string { return "weight." + w.Name }

// The names of the moments of a tensor.
const (
	firstMoment  = "adam.first."
	secondMoment = "adam.second."
)

// SaveTower writes a tower and its optimiser to a file, atomically.
func (e *Engine) SaveTower(_ context.Context, name, path string) error {
	t, err := e.tower("SaveTower", name)
	if err == nil && t.newcomers {
		err = contract.Errorf(contract.ErrUnsupported, "tower %q is for newcomers, and cannot be saved", name)
	}
	if err != nil {
		return err
	}
	train, err := json.Marshal(t.train)
	if err != nil {
		return err
	}
	meta := map[string]string{"format": towerFormat, "train": string(train), "model": e.info.Fingerprint,
		"architecture": e.info.Architecture, "adam.steps": "0"}
	names, tensors := t.contents()
	if t.mapped != nil {
		names, tensors = append(names, featuresItem), append(tensors, t.mapped.features)
	}
	if t.adam != nil {
		meta["adam.steps"] = strconv.FormatInt(t.adam.Steps, 10)
	}
	values, err := e.read(tensors...)
	if err != nil {
		return err
	}
	out := make([]safetensors.Tensor, len(values))
	for i, v := range values {
		out[i] = safetensors.Float32Tensor(names[i], ints(tensors[i].Shape()), v)
	}
	return safetensors.Write(path, append(out, t.mentioned.tensors()...), meta)
}

// contents are a tower's tensors by their names in its file.
func (t *tower) contents() (names []string, tensors []*torch.Tensor) {
	put := func(name string, x *torch.Tensor) { names, tensors = append(names, name), append(tensors, x) }
	for i, l := range t.leaves {
		put(l.name, l.tensor)
		if t.adam != nil {
			put(firstMoment+l.name, t.adam.First[i])
			put(secondMoment+l.name, t.adam.Second[i])
		}
	}
	return names, tensors
}

func ints(shape []int64) []int {
	all := make([]int, len(shape))
	for i, n := range shape {
		all[i] = int(n)
	}
	return all
}

// LoadTower opens a tower from a file that SaveTower wrote. ErrBadData when the
// file belongs to another language model.
func (e *Engine) LoadTower(_ context.Context, name, path string) error {
	if err := e.loaded("LoadTower"); err != nil {
		return err
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	spec, steps, err := e.ours(file)
	if err != nil {
		return err
	}
	spec.Name = name
	return e.place(spec, func(t *tower) error { return t.restore(file, steps) })
}

// ours checks format and model and reads what kind of tower it is.
func (e *Engine) ours(file *safetensors.File) (spec contract.TowerSpec, steps int64, err error) {
	meta := file.Metadata()
	bad := func(format string, args ...any) (contract.TowerSpec, int64, error) {
		return spec, 0, contract.Errorf(contract.ErrBadData, "%s: "+format, append([]any{file.Path()}, args...)...)
	}
	if meta["format"] != towerFormat {
		return bad("the format is %q, expected %q", meta["format"], towerFormat)
	}
	if meta["model"] != e.info.Fingerprint {
		return bad("the tower belongs to the language model %.12s, but %.12s is loaded", meta["model"], e.info.Fingerprint)
	}
	if steps, err = strconv.ParseInt(meta["adam.steps"], 10, 64); err != nil || steps < 0 {
		return bad("adam.steps is %q, expected a number >= 0", meta["adam.steps"])
	}
	if err := json.Unmarshal([]byte(meta["train"]), &spec.Train); err != nil {
		return bad("train is %q: %v", meta["train"], err)
	}
	if err := spec.Train.Check(); err != nil {
		return bad("%v", err)
	}
	return spec, steps, e.fitting(file, &spec)
}

// fitting reads how many users and items a tower's file has, and holds every
// tensor that trains against what a tower of its kind needs: nothing is made of
// numbers that the bytes of the file do not bear out.
func (e *Engine) fitting(file *safetensors.File, spec *contract.TowerSpec) error {
	for name, rows := range map[string]*int{tableUser: &spec.Users, tableItem: &spec.Items} {
		view, err := file.Tensor(name)
		if err != nil {
			return err
		}
		if len(view.Shape) != 2 || view.Shape[1] != e.shape.Hidden {
			return contract.Errorf(contract.ErrBadData, "%s: tensor %q has shape %v, expected rows of %d numbers", file.Path(), name, view.Shape, e.shape.Hidden)
		}
		*rows = view.Shape[0]
	}
	if spec.Items == 0 {
		return contract.Errorf(contract.ErrBadData, "%s: the tower has no items", file.Path())
	}
	shapes, err := e.leafShapes(spec.Train)
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "%s: %v", file.Path(), err)
	}
	mapped, err := mapShapes(file, spec.Items, e.shape.Hidden)
	if err != nil {
		return err
	}
	maps.Copy(shapes, mapped)
	if spec.ItemBias = slices.Contains(file.Names(), biasItem); spec.ItemBias {
		shapes[biasItem] = []int{spec.Items, 1}
	}
	for name, shape := range shapes {
		view, err := file.Tensor(name)
		if err == nil {
			err = view.Expect(shape...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leafShapes are the shapes of what trains beside the soft tokens, by the names
// in a tower's file.
func (e *Engine) leafShapes(train contract.Trainable) (map[string][]int, error) {
	shapes := map[string][]int{}
	switch train.Mode {
	case contract.TrainAll:
		for _, w := range e.definition.Layout().Specs {
			shapes[weightName(w)] = w.Shape
		}
	case contract.TrainLoRA:
		layers, err := e.adapted(train.LoRA)
		if err != nil {
			return nil, err
		}
		for _, l := range layers {
			shapes[l.nameA()], shapes[l.nameB()] = []int{train.LoRA.Rank, l.in}, []int{l.out, train.LoRA.Rank}
		}
	}
	return shapes, nil
}

// restore fills a tower, and its optimiser when the file has one.
func (t *tower) restore(file *safetensors.File, steps int64) error {
	if err := errors.Join(t.mentioned.restore(file), t.restoreMap(file)); err != nil {
		return err
	}
	trained := len(file.Names()) - len(t.mentioned.tensors())
	if t.mapped != nil {
		trained-- // its features
	}
	if trained > len(t.leaves) {
		t.optimiser(false)
		t.adam.Steps = steps
	}
	names, tensors := t.contents()
	if len(names) != trained {
		return contract.Errorf(contract.ErrBadData, "%s: it has %d tensors of weights, a tower of its kind has %d", file.Path(), trained, len(names))
	}
	for i, name := range names {
		view, err := file.Tensor(name)
		if err != nil {
			return err
		}
		if err := view.Expect(ints(tensors[i].Shape())...); err != nil {
			return err
		}
		values, err := view.Float32s()
		if err != nil {
			return err
		}
		t.scope.Write(tensors[i], values)
	}
	return t.scope.Err()
}
