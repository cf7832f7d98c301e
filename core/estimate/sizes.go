package estimate

import "math"

// Sizes are what the cost of a trial depends on. 0 is unknown.
type Sizes struct {
	Users, Items, Interactions int
	Epochs                     int     // of a method that learns in epochs
	Tokens                     float64 // that a pipeline trains on, over all passes
	Parameters                 float64 // of a pipeline's language model
	Params                     map[string]float64
}

// size is a factor of a work, by name: a size, or a parameter of the plugin.
func (s Sizes) size(name string) float64 {
	switch name {
	case "users":
		return float64(s.Users)
	case "items":
		return float64(s.Items)
	case "rows":
		return float64(s.Users + s.Items)
	case "interactions":
		return float64(s.Interactions)
	case "epochs":
		return float64(s.Epochs)
	case "tokens":
		return s.Tokens
	case "parameters":
		return s.Parameters
	}
	return s.Params[name]
}

// held is what a method holds of a data set: rows and interactions.
func (s Sizes) held() float64 { return s.size("rows") + s.size("interactions") }

// work is a product of sizes by name, with 1/name for a divisor.
type work []string

// ratio is how many times as much work one trial is as another. A factor that either of them
// does not know counts as equal.
func (w work) ratio(of, to Sizes) float64 {
	ratio := 1.0
	for _, name := range w {
		name, inverse := divisor(name)
		a, b := of.size(name), to.size(name)
		switch {
		case a <= 0 || b <= 0:
		case inverse:
			ratio *= b / a
		default:
			ratio *= a / b
		}
	}
	return ratio
}

func divisor(name string) (string, bool) {
	if len(name) > 2 && name[:2] == "1/" {
		return name[2:], true
	}
	return name, false
}

// far is how far a ratio is from 1, the same for a half and a double.
func far(ratio float64) float64 { return math.Abs(math.Log(ratio)) }
