package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/hf"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/safetensors"
	"cllm4rec/plugins/internal/torch"
)

// Shape is what PretrainSpec.Shape holds for GPT-2.
type Shape struct {
	Layers       int    `json:"n_layer" jsonschema:"default=2,minimum=1,description=blocks"`
	Heads        int    `json:"n_head" jsonschema:"default=4,minimum=1,description=attention heads of a block (their number divides n_embd)"`
	Hidden       int    `json:"n_embd" jsonschema:"default=128,minimum=1,description=width of an embedding"`
	Positions    int    `json:"n_positions" jsonschema:"default=256,minimum=2,description=longest sequence in tokens"`
	Words        int    `json:"vocab_size" jsonschema:"default=2000,minimum=257,description=size of the vocabulary with its 256 bytes and the end-of-text token"`
	WeightsDType string `json:"weights_dtype" jsonschema:"default=float16,enum=float16,enum=float32,description=of the numbers in model.safetensors"`
}

// Pretrain trains a small GPT-2 from texts (contract.Pretrainer).
func (p *Plugin) Pretrain(ctx context.Context, spec contract.PretrainSpec, texts iter.Seq2[[]string, error], progress contract.OnProgress) (contract.PretrainResult, error) {
	if err := p.Configured("Pretrain"); err != nil {
		return contract.PretrainResult{}, err
	}
	return lm.Pretrain(ctx, architecture{}, options(p.Params()), spec, texts, progress)
}

func shapeOf(raw json.RawMessage) (Shape, hf.GPT2Config, error) {
	shape, _, err := sdk.Decode[Shape](raw)
	if err == nil && shape.Hidden%shape.Heads != 0 {
		err = contract.Errorf(contract.ErrInvalid, "n_head %d does not divide n_embd %d", shape.Heads, shape.Hidden)
	}
	return shape, hf.GPT2Config{
		Layers: shape.Layers, Heads: shape.Heads, Hidden: shape.Hidden, Inner: 4 * shape.Hidden,
		Positions: shape.Positions, Words: shape.Words, Epsilon: 1e-5, Activation: hf.GELUTanh, ScaleAttention: true,
		EmbeddingDropout: 0.1, AttentionDropout: 0.1, ResidualDropout: 0.1,
	}, err
}

// Vocabulary is the shape's number of words.
func (architecture) Vocabulary(raw json.RawMessage) (int, error) {
	shape, _, err := shapeOf(raw)
	return shape.Words, err
}

// Fresh makes a model with GPT-2's random weights.
func (architecture) Fresh(s *torch.Scope, raw json.RawMessage, attention string, seed uint64) (lm.Model, []*torch.Tensor, error) {
	_, config, err := shapeOf(raw)
	if err != nil {
		return nil, nil, err
	}
	kernel, err := nn.Choose(attention, s.Device())
	if err != nil {
		return nil, nil, err
	}
	tensors := map[string]*torch.Tensor{}
	var leaves []*torch.Tensor
	rng := rand.New(rand.NewPCG(seed, 0x67707432)) // "gpt2"
	for _, t := range hf.GPT2Tensors(config) {
		tensors[t.Name] = s.Floats(initial(rng, t, config.Layers), sizes(t.Shape)...)
		leaves = append(leaves, tensors[t.Name])
	}
	return assemble(config, tensors, kernel), leaves, s.Err()
}

// initial draws a weight as GPT-2 does: N(0, 0.02^2), projections onto the
// residual stream smaller by sqrt(2 layers); biases 0; norms 1.
func initial(rng *rand.Rand, t hf.TensorShape, layers int) []float32 {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	switch {
	case strings.HasSuffix(t.Name, ".bias"):
		return make([]float32, n)
	case len(t.Shape) == 1:
		return nn.Filled(n, 1)
	case strings.HasSuffix(t.Name, "c_proj.weight"):
		return nn.Normal(rng, n, 0.02/math.Sqrt(2*float64(layers)))
	default:
		return nn.Normal(rng, n, 0.02)
	}
}

// Save writes config.json and model.safetensors.
func (architecture) Save(s *torch.Scope, m lm.Model, raw json.RawMessage, folder string) error {
	shape, config, err := shapeOf(raw)
	if err != nil {
		return err
	}
	g, ours := m.(*gpt2)
	if !ours {
		return fmt.Errorf("gpt2: cannot save a %T", m)
	}
	if err := hf.SaveGPT2Config(folder, config); err != nil {
		return err
	}
	weights := g.weights()
	var tensors []safetensors.Tensor
	for _, t := range hf.GPT2Tensors(config) {
		x := safetensors.Float32Tensor(t.Name, t.Shape, s.Read(weights[t.Name]))
		if shape.WeightsDType == "float16" {
			x = halves(x, s.Read(weights[t.Name]))
		}
		tensors = append(tensors, x)
	}
	if s.Err() != nil {
		return s.Err()
	}
	return safetensors.Write(filepath.Join(folder, "model.safetensors"), tensors, map[string]string{"format": "pt"})
}

// weights are the model's tensors by their names in a folder: assemble undone.
func (g *gpt2) weights() map[string]*torch.Tensor {
	t := map[string]*torch.Tensor{"wte.weight": g.words, "wpe.weight": g.positions, "ln_f.weight": g.last.W, "ln_f.bias": g.last.B}
	put := func(name string, w, b *torch.Tensor) { t[name+".weight"], t[name+".bias"] = w, b }
	for i, b := range g.blocks {
		at := fmt.Sprintf("h.%d.", i)
		put(at+"ln_1", b.before1.W, b.before1.B)
		put(at+"attn.c_attn", b.qkv.W, b.qkv.B)
		put(at+"attn.c_proj", b.project.W, b.project.B)
		put(at+"ln_2", b.before2.W, b.before2.B)
		put(at+"mlp.c_fc", b.widen.W, b.widen.B)
		put(at+"mlp.c_proj", b.narrow.W, b.narrow.B)
	}
	return t
}

// halves stores values as float16, rounded to nearest even.
func halves(x safetensors.Tensor, values []float32) safetensors.Tensor {
	x.DType, x.Bytes = safetensors.F16, make([]byte, 0, 2*len(values))
	for _, v := range values {
		h := half(v)
		x.Bytes = append(x.Bytes, byte(h), byte(h>>8))
	}
	return x
}

// half is the IEEE 754 binary16 nearest to v, ties to even.
func half(v float32) uint16 {
	bits := math.Float32bits(v)
	sign, magnitude := uint16(bits>>16&0x8000), bits&0x7fffffff
	switch {
	case magnitude > 0x7f800000:
		return sign | 0x7e00 // NaN
	case magnitude >= 0x477ff000:
		return sign | 0x7c00 // beyond 65504 and its half step: infinity
	case magnitude < 0x38800000: // subnormal: steps of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(magnitude))*(1<<24)))
	}
	rounded := magnitude + 0xfff + magnitude>>13&1
	return sign | uint16((rounded-0x38000000)>>13)
}
