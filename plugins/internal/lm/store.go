package lm

import (
	"context"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/safetensors"
	"cllm4rec/plugins/internal/torch"
)

// A tower's file is a safetensors file with the tensors `user` [I,K] and `item`
// [J,K], Adam's moments beside them once it was trained, and in its metadata the
// format, the steps that Adam took and the language model's fingerprint.
const towerFormat = "cllm4rec tower 1"

// parts are the tensors of a file in the order user, item, then the moments.
var parts = [6]string{"user", "item", "adam.first.user", "adam.first.item", "adam.second.user", "adam.second.item"}

// SaveTower writes a tower and its optimiser to a file, atomically.
func (e *Engine) SaveTower(_ context.Context, name, path string) error {
	t, err := e.tower("SaveTower", name)
	if err != nil {
		return err
	}
	tensors, meta := []*torch.Tensor{t.user, t.item}, map[string]string{
		"format": towerFormat, "model": e.info.Fingerprint, "architecture": e.info.Architecture, "adam.steps": "0",
	}
	if t.adam != nil {
		tensors = append(append(tensors, t.adam.First...), t.adam.Second...)
		meta["adam.steps"] = strconv.FormatInt(t.adam.Steps, 10)
	}
	values, err := e.read(tensors...)
	if err != nil {
		return err
	}
	out := make([]safetensors.Tensor, len(values))
	for i, v := range values {
		rows := []int{t.users, t.items}[i%2]
		out[i] = safetensors.Float32Tensor(parts[i], []int{rows, e.info.Hidden}, v)
	}
	return safetensors.Write(path, out, meta)
}

// LoadTower opens a tower from a file that SaveTower wrote. ErrBadData when the
// file belongs to another language model.
func (e *Engine) LoadTower(_ context.Context, name, path string) (err error) {
	if err := e.loaded("LoadTower"); err != nil {
		return err
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := e.ours(file); err != nil {
		return err
	}
	steps, err := strconv.ParseInt(file.Metadata()["adam.steps"], 10, 64)
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "%s: adam.steps is %q, expected a number", path, file.Metadata()["adam.steps"])
	}
	return e.restore(file, name, steps)
}

// ours checks format and model.
func (e *Engine) ours(file *safetensors.File) error {
	meta := file.Metadata()
	if meta["format"] != towerFormat {
		return contract.Errorf(contract.ErrBadData, "%s: the format is %q, expected %q", file.Path(), meta["format"], towerFormat)
	}
	if meta["model"] != e.info.Fingerprint {
		return contract.Errorf(contract.ErrBadData, "%s: the tower belongs to the language model %.12s, but %.12s is loaded", file.Path(), meta["model"], e.info.Fingerprint)
	}
	return nil
}

func (e *Engine) restore(file *safetensors.File, name string, steps int64) error {
	read := func(part string, rows int) ([]float32, int, error) {
		view, err := file.Tensor(part)
		if err != nil {
			return nil, 0, err
		}
		if rows < 0 && len(view.Shape) == 2 {
			rows = view.Shape[0]
		}
		if err := view.Expect(rows, e.info.Hidden); err != nil {
			return nil, 0, err
		}
		values, err := view.Float32s()
		return values, rows, err
	}
	user, users, err := read(parts[0], -1)
	if err != nil {
		return err
	}
	item, items, err := read(parts[1], -1)
	if err != nil {
		return err
	}
	if len(file.Names()) == 2 {
		return e.place(name, users, items, user, item, nil)
	}
	m := &moments{steps: steps}
	for i, to := range []*[]float32{&m.first[0], &m.first[1], &m.second[0], &m.second[1]} {
		if *to, _, err = read(parts[2+i], []int{users, items}[i%2]); err != nil {
			return err
		}
	}
	return e.place(name, users, items, user, item, m)
}
