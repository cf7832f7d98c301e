package lm

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// OpenRandom makes a model of a configuration with its architecture's random
// weights, and with the tokenizer of the options' folder unless that is "": for
// measurements of speed.
func (e *Engine) OpenRandom(ctx context.Context, o Options, config map[string]any, seed uint64) (contract.ModelInfo, error) {
	fields, err := hf.FieldsOf("configuration", config)
	if err != nil {
		return contract.ModelInfo{}, err
	}
	definition, err := e.architecture.Read(fields)
	if err != nil {
		return contract.ModelInfo{}, err
	}
	if err := errors.Join(e.Close(ctx), e.start(o)); err != nil {
		return contract.ModelInfo{}, err
	}
	err = e.exec.Do(func() error { return e.fresh(definition, seed) })
	if err == nil && o.Folder != "" {
		err = e.openTokenizer(o.Folder)
	}
	return e.info, err
}

// fresh gives the engine a model with its architecture's random weights.
func (e *Engine) fresh(d Definition, seed uint64) error {
	name := []byte(d.Shape().Architecture)
	stream := binary.BigEndian.Uint64(append(make([]byte, 8), name...)[len(name):])
	rng := rand.New(rand.NewPCG(seed, stream))
	e.definition, e.frozen = d, &nn.Weights{Tensors: map[string]*torch.Tensor{}, Kernel: e.kernel}
	for _, w := range d.Layout().Specs {
		x := e.weights.Floats(initial(rng, w), sizes(w.Shape)...)
		e.frozen.Tensors[w.Name] = e.weights.Cast(x, e.dtype)
	}
	return e.assemble()
}
