package hf

// Part is the half of a layer to which a matrix belongs.
type Part string

// The parts.
const (
	Attention   Part = "attention"
	FeedForward Part = "feed_forward"
)

// Spec is one weight of a model.
type Spec struct {
	Name  string // as in the folder, without the layout's prefix
	Shape []int
	// Part is set for the matrix of a linear layer that LoRA may adapt.
	Part Part
	// OutIn: the linear layer's matrix is [out, in] (torch.nn.Linear), else [in, out].
	OutIn bool
	// Std and Mean are those of random initialisation; Std 0 is a constant.
	Std, Mean float64
	// Head: the weight lies beside the base model, never under the prefix.
	Head bool
}

// Size is the number of elements.
func (s Spec) Size() int {
	n := 1
	for _, d := range s.Shape {
		n *= d
	}
	return n
}

// Module is the name of the layer that a weight belongs to: the name without its
// last part.
func (s Spec) Module() string {
	for i := len(s.Name) - 1; i >= 0; i-- {
		if s.Name[i] == '.' {
			return s.Name[:i]
		}
	}
	return s.Name
}

// Layout is all that a folder's weights may be.
type Layout struct {
	Specs []Spec
	// Prefix stands before the names where the folder holds more than the base
	// model, such as "transformer.".
	Prefix string
	// Same lists weights that a folder may hold a second time, by the name of the
	// one whose numbers they must have: {"lm_head.weight": "wte.weight"}.
	Same map[string]string
	// Ignored matches constants that old folders carry beside the weights; nil is none.
	Ignored interface{ MatchString(string) bool }
}

// Parameters is the number of weights.
func (l Layout) Parameters() int64 {
	n := int64(0)
	for _, s := range l.Specs {
		n += int64(s.Size())
	}
	return n
}
