package lm

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// extend gives a tower the weights that train beside its tokens.
func (e *Engine) extend(t *tower, spec contract.TowerSpec) error {
	switch spec.Train.Mode {
	case contract.TrainAll:
		e.copyAll(t, spec)
	case contract.TrainLoRA:
		if err := e.adapt(t, spec); err != nil {
			return err
		}
	default:
		return nil
	}
	if e.dtype == torch.Float32 {
		t.model = e.definition.Assemble(t.scope, t.own)
	}
	return t.own.Err()
}

// copyAll gives a tower a float32 copy of every weight, or a random one.
func (e *Engine) copyAll(t *tower, spec contract.TowerSpec) {
	t.own = &nn.Weights{Tensors: map[string]*torch.Tensor{}, Kernel: e.kernel}
	rng := rand.New(rand.NewPCG(spec.Seed, 0x73637261746368)) // "scratch"
	for _, w := range e.definition.Layout().Specs {
		var x *torch.Tensor
		if spec.Train.Scratch {
			x = t.scope.Floats(initial(rng, w), sizes(w.Shape)...)
		} else {
			x = t.scope.Copy(e.frozen.Tensor(w.Name), torch.Float32)
		}
		t.own.Tensors[w.Name] = t.leaf(weightName(w), x)
	}
}

// initial draws a weight as its architecture does.
func initial(rng *rand.Rand, w hf.Spec) []float32 {
	if w.Std == 0 {
		return nn.Filled(w.Size(), float32(w.Mean))
	}
	return nn.Normal(rng, w.Size(), w.Std)
}

func sizes(shape []int) []int64 {
	all := make([]int64, len(shape))
	for i, n := range shape {
		all[i] = int64(n)
	}
	return all
}

// adapt puts low-rank additions on the target layers: A ~ N(0, 1/in), B zero, as
// in Hu et al. 2022.
func (e *Engine) adapt(t *tower, spec contract.TowerSpec) error {
	o := spec.Train.LoRA
	layers, err := e.adapted(o)
	if err != nil {
		return err
	}
	t.own = &nn.Weights{Tensors: e.frozen.Tensors, Kernel: e.kernel, LoRA: map[string]*nn.LoRA{}}
	rng := rand.New(rand.NewPCG(spec.Seed, 0x6c6f7261)) // "lora"
	for _, l := range layers {
		a := t.scope.Floats(nn.Normal(rng, o.Rank*l.in, 1/math.Sqrt(float64(l.in))), int64(o.Rank), int64(l.in))
		t.own.LoRA[l.name] = &nn.LoRA{
			A: t.leaf(l.nameA(), a), B: t.leaf(l.nameB(), t.scope.Zeros(int64(l.out), int64(o.Rank))),
			Scale: o.Alpha / float64(o.Rank), Dropout: o.Dropout,
		}
	}
	return nil
}

// adaptedLayer is a linear layer that gets an addition of low rank.
type adaptedLayer struct {
	name    string
	in, out int
}

// The names of the two matrices in a tower's file.
func (l adaptedLayer) nameA() string { return "lora." + l.name + ".A" } // [rank,in]
func (l adaptedLayer) nameB() string { return "lora." + l.name + ".B" } // [out,rank]

// adapted lists the layers that LoRA's targets name, in the order of the layout.
func (e *Engine) adapted(o contract.LoRA) ([]adaptedLayer, error) {
	wanted, err := o.Modules(e.modules(hf.Attention), e.modules(hf.FeedForward))
	if err != nil {
		return nil, err
	}
	var layers []adaptedLayer
	for _, w := range e.definition.Layout().Specs {
		if w.Part == "" || !slices.Contains(wanted, e.module(w)) {
			continue
		}
		l := adaptedLayer{name: w.Module(), in: w.Shape[0], out: w.Shape[1]}
		if w.OutIn {
			l.in, l.out = l.out, l.in
		}
		layers = append(layers, l)
	}
	return layers, nil
}

// modules are the names of the layers of a part, each once.
func (e *Engine) modules(p hf.Part) []string {
	names := map[string]bool{}
	for _, w := range e.definition.Layout().Specs {
		if w.Part == p {
			names[e.module(w)] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// module is the last name of a layer, "q_proj" of "layers.0.self_attn.q_proj", and
// the last two where both parts have it: "attn.c_proj" and "mlp.c_proj".
func (e *Engine) module(w hf.Spec) string {
	parts := strings.Split(w.Module(), ".")
	last := parts[len(parts)-1]
	for _, other := range e.definition.Layout().Specs {
		if other.Part != "" && other.Part != w.Part && strings.HasSuffix(other.Module(), "."+last) {
			return parts[len(parts)-2] + "." + last
		}
	}
	return last
}

// modelOf is the model that a tower trains over. In bfloat16 the tower's float32
// weights are rounded where a step begins.
func (e *Engine) modelOf(s *torch.Scope, t *tower) Model {
	switch {
	case t.own == nil:
		return e.model
	case t.model != nil:
		return t.model
	}
	w := &nn.Weights{Tensors: map[string]*torch.Tensor{}, Kernel: e.kernel, LoRA: map[string]*nn.LoRA{}}
	for name, x := range t.own.Tensors {
		w.Tensors[name] = s.Cast(x, e.dtype)
	}
	for name, l := range t.own.LoRA {
		w.LoRA[name] = &nn.LoRA{A: s.Cast(l.A, e.dtype), B: s.Cast(l.B, e.dtype), Scale: l.Scale, Dropout: l.Dropout}
	}
	return e.definition.Assemble(s, w)
}
