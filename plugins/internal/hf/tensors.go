package hf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/safetensors"
)

// TensorShape is the name and shape that a weight must have.
type TensorShape struct {
	Name  string
	Shape []int
}

// GPT2Tensors lists the weights of a model in the order of the computation, by
// their names without prefix. GPT-2's Conv1D weights are [in, out]: y = x W + b.
func GPT2Tensors(c GPT2Config) []TensorShape {
	k, inner := c.Hidden, c.Inner
	all := []TensorShape{{"wte.weight", []int{c.Words, k}}, {"wpe.weight", []int{c.Positions, k}}}
	for layer := range c.Layers {
		for _, t := range []TensorShape{
			{"ln_1.weight", []int{k}}, {"ln_1.bias", []int{k}},
			{"attn.c_attn.weight", []int{k, 3 * k}}, {"attn.c_attn.bias", []int{3 * k}},
			{"attn.c_proj.weight", []int{k, k}}, {"attn.c_proj.bias", []int{k}},
			{"ln_2.weight", []int{k}}, {"ln_2.bias", []int{k}},
			{"mlp.c_fc.weight", []int{k, inner}}, {"mlp.c_fc.bias", []int{inner}},
			{"mlp.c_proj.weight", []int{inner, k}}, {"mlp.c_proj.bias", []int{k}},
		} {
			all = append(all, TensorShape{fmt.Sprintf("h.%d.%s", layer, t.Name), t.Shape})
		}
	}
	return append(all, TensorShape{"ln_f.weight", []int{k}}, TensorShape{"ln_f.bias", []int{k}})
}

// GPT2Weights are the checked weights of a GPT-2 folder.
type GPT2Weights struct {
	folder *safetensors.Folder
	prefix string // "transformer." or ""
}

// prefixes under which folders keep GPT-2's weights.
var prefixes = []string{"", "transformer."}

// causalMask matches the constant masks that old folders carry beside the weights.
var causalMask = regexp.MustCompile(`^h\.\d+\.attn\.(bias|masked_bias)$`)

// OpenGPT2Weights opens model.safetensors or its shards and holds every tensor
// against the configuration: one that is missing, of another shape, not of
// floats, or unknown is an error with its name. Close the weights after use.
func OpenGPT2Weights(dir string, c GPT2Config) (*GPT2Weights, error) {
	folder, err := safetensors.OpenFolder(dir)
	if err != nil {
		return nil, explainPickle(dir, err)
	}
	w := &GPT2Weights{folder: folder}
	for _, prefix := range prefixes {
		if _, err := folder.Tensor(prefix + "wte.weight"); err == nil {
			w.prefix = prefix
		}
	}
	if err := w.check(dir, c); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return w, nil
}

// explainPickle tells the owner of an old folder what to do: a pickle is a
// program, and this project runs none.
func explainPickle(dir string, err error) error {
	if !errors.Is(err, contract.ErrNotFound) {
		return err
	}
	pickles, globErr := filepath.Glob(filepath.Join(dir, "pytorch_model*.bin"))
	if globErr != nil || len(pickles) == 0 {
		if _, gone := os.Stat(dir); gone != nil {
			return contract.Errorf(contract.ErrNotFound, "%s: no such folder", dir)
		}
		return err
	}
	return contract.Errorf(contract.ErrUnsupported, "%s: the weights are only there as a pickle (%s), which is not read. Convert once: "+
		`python -c "from transformers import AutoModelForCausalLM as M; M.from_pretrained('%s').save_pretrained('%s', safe_serialization=True)"`,
		dir, filepath.Base(pickles[0]), dir, dir)
}

func (w *GPT2Weights) check(dir string, c GPT2Config) error {
	known := map[string]bool{"lm_head.weight": true}
	for _, want := range GPT2Tensors(c) {
		known[w.prefix+want.Name] = true
		view, err := w.Tensor(want.Name)
		if err != nil {
			return contract.Errorf(contract.ErrBadData, "%v (%s of %s asks for it)", err, ConfigName, dir)
		}
		if err := w.suits(view, want.Shape); err != nil {
			return err
		}
	}
	for _, name := range w.folder.Names() {
		if !known[name] && !causalMask.MatchString(strings.TrimPrefix(name, w.prefix)) {
			return contract.Errorf(contract.ErrBadData, "%s: tensor %q belongs to no part of the GPT-2 that %s describes", dir, name, ConfigName)
		}
	}
	return w.checkHead()
}

func (w *GPT2Weights) suits(view safetensors.View, shape []int) error {
	switch view.DType {
	case safetensors.F64, safetensors.F32, safetensors.F16, safetensors.BF16:
		return view.Expect(shape...)
	}
	return contract.Errorf(contract.ErrBadData, "%s: tensor %q has dtype %s, expected floats", view.File, view.Name, view.DType)
}

// checkHead: GPT-2's word head is its word embedding; a folder that stores a
// head of its own must store the same numbers.
func (w *GPT2Weights) checkHead() error {
	head, err := w.folder.Tensor("lm_head.weight")
	if errors.Is(err, contract.ErrNotFound) {
		return nil
	}
	words, wordsErr := w.Tensor("wte.weight")
	if err := errors.Join(err, wordsErr); err != nil {
		return err
	}
	if head.DType != words.DType || string(head.Bytes) != string(words.Bytes) {
		return contract.Errorf(contract.ErrUnsupported, "%s: tensor %q differs from %q; only tied heads can be followed", head.File, head.Name, words.Name)
	}
	return nil
}

// Tensor is a weight by its name without prefix, as in GPT2Tensors.
func (w *GPT2Weights) Tensor(name string) (safetensors.View, error) {
	return w.folder.Tensor(w.prefix + name)
}

// Paths lists the weight files.
func (w *GPT2Weights) Paths() []string { return w.folder.Paths() }

// Close unmaps the files; views must not be used any more.
func (w *GPT2Weights) Close() error { return w.folder.Close() }
