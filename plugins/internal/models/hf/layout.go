package hf

import "math"

// Table adds name.weight [rows, columns], which is looked up in and multiplies
// nothing: embeddings of words and of positions. Random ones are N(0, std^2).
func (l *Layout) Table(name string, std float64, rows, columns int) {
	l.add(Spec{Name: name + ".weight", Shape: []int{rows, columns}, Std: std})
}

// Linear adds a layer of torch.nn.Linear: name.weight [out, in] of N(0, std^2)
// and, with a bias, name.bias [out] of zeros.
func (l *Layout) Linear(name string, part Part, std float64, in, out int, bias bool) {
	l.add(Spec{Name: name + ".weight", Shape: []int{out, in}, Part: part, OutIn: true, Std: std})
	if bias {
		l.add(Spec{Name: name + ".bias", Shape: []int{out}})
	}
}

// Conv1D adds a layer of transformers' Conv1D: name.weight [in, out] of N(0,
// std^2) and name.bias [out] of zeros.
func (l *Layout) Conv1D(name string, part Part, std float64, in, out int) {
	l.add(Spec{Name: name + ".weight", Shape: []int{in, out}, Part: part, Std: std})
	l.add(Spec{Name: name + ".bias", Shape: []int{out}})
}

// LayerNorm adds name.weight [n] of ones and name.bias [n] of zeros.
func (l *Layout) LayerNorm(name string, n int) {
	l.RMSNorm(name, 1, n)
	l.add(Spec{Name: name + ".bias", Shape: []int{n}})
}

// RMSNorm adds name.weight [n], each number the mean.
func (l *Layout) RMSNorm(name string, mean float64, n int) {
	l.add(Spec{Name: name + ".weight", Shape: []int{n}, Mean: mean})
}

// Head adds the word head. Tied, it is a table that was added before, of which a
// folder may hold a second copy; else a matrix like that one, beside the base model.
func (l *Layout) Head(name, table string, tied bool) {
	if tied {
		l.Copy(name, table)
		return
	}
	for _, s := range l.Specs {
		if s.Name == table+".weight" {
			l.add(Spec{Name: name + ".weight", Shape: s.Shape, Std: s.Std, Head: true})
			return
		}
	}
}

// Copy says that a folder may hold of.weight a second time, under another name.
func (l *Layout) Copy(name, of string) {
	if l.Same == nil {
		l.Same = map[string]string{}
	}
	l.Same[name+".weight"] = of + ".weight"
}

func (l *Layout) add(s Spec) { l.Specs = append(l.Specs, s) }

// OntoStream is the standard deviation of projections onto the residual stream of
// a model whose other matrices have std: smaller by sqrt(2 layers), as there are so
// many of them (Radford et al. 2019).
func OntoStream(std float64, layers int) float64 { return std / math.Sqrt(2*float64(layers)) }
