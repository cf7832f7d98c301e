package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/hf"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/tokenizer"
	"cllm4rec/plugins/internal/torch"
)

// checkFolder reads configuration, tensor headers and tokenizer of a folder, but
// no weights: what is wrong with it is told before any work begins. A folder
// that is not there yet may be about to be pretrained, and one without a
// tokenizer serves token ids.
func checkFolder(folder string) error {
	switch entry, err := os.Stat(folder); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return contract.Errorf(contract.ErrNotFound, "weights: %v", err)
	case !entry.IsDir():
		return contract.Errorf(contract.ErrInvalid, "%s is a file; expected a Hugging Face model folder", folder)
	}
	config, err := hf.LoadGPT2Config(folder)
	if err != nil {
		return err
	}
	weights, err := hf.OpenGPT2Weights(folder, config)
	if err != nil {
		return err
	}
	if err := weights.Close(); err != nil {
		return err
	}
	words, err := tokenizer.Load(folder)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if err := words.Check(config.Words); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	return nil
}

// architecture reads GPT-2 folders.
type architecture struct{}

// Load reads a folder's weights.
func (architecture) Load(s *torch.Scope, folder, attention string) (lm.Model, []string, error) {
	config, err := hf.LoadGPT2Config(folder)
	if err != nil {
		return nil, nil, err
	}
	kernel, err := nn.Choose(attention, s.Device())
	if err != nil {
		return nil, nil, err
	}
	weights, err := hf.OpenGPT2Weights(folder, config)
	if err != nil {
		return nil, nil, err
	}
	files := append([]string{filepath.Join(folder, hf.ConfigName)}, weights.Paths()...)
	tensors, err := read(s, config, weights)
	if err := errors.Join(err, weights.Close()); err != nil {
		return nil, nil, err
	}
	return assemble(config, tensors, kernel), files, nil
}

// read copies every weight to the scope's device, by name.
func read(s *torch.Scope, c hf.GPT2Config, w *hf.GPT2Weights) (map[string]*torch.Tensor, error) {
	tensors := map[string]*torch.Tensor{}
	for _, t := range hf.GPT2Tensors(c) {
		view, err := w.Tensor(t.Name)
		if err != nil {
			return nil, err
		}
		values, err := view.Float32s()
		if err != nil {
			return nil, err
		}
		tensors[t.Name] = s.Floats(values, sizes(t.Shape)...)
	}
	return tensors, s.Err()
}

func sizes(shape []int) []int64 {
	all := make([]int64, len(shape))
	for i, n := range shape {
		all[i] = int64(n)
	}
	return all
}

// assemble builds the model from its weights by their names in the folder.
func assemble(c hf.GPT2Config, t map[string]*torch.Tensor, kernel nn.Kernel) *gpt2 {
	linear := func(name string) nn.Linear { return nn.Linear{W: t[name+".weight"], B: t[name+".bias"]} }
	norm := func(name string) nn.LayerNorm {
		return nn.LayerNorm{W: t[name+".weight"], B: t[name+".bias"], Eps: c.Epsilon}
	}
	g := &gpt2{config: c, words: t["wte.weight"], positions: t["wpe.weight"], last: norm("ln_f"), kernel: kernel}
	for i := range c.Layers {
		at := fmt.Sprintf("h.%d.", i)
		g.blocks = append(g.blocks, block{
			before1: norm(at + "ln_1"), qkv: linear(at + "attn.c_attn"),
			attend:  nn.Attention{Kernel: kernel, Heads: c.Heads, Scale: attentionScale(c, i)},
			project: linear(at + "attn.c_proj"), before2: norm(at + "ln_2"),
			widen: linear(at + "mlp.c_fc"), activate: activation(c.Activation), narrow: linear(at + "mlp.c_proj"),
		})
	}
	return g
}
