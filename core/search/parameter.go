package search

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// Kind is the kind of a parameter's values.
type Kind string

// The kinds.
const (
	Float       Kind = "float"
	Int         Kind = "int"
	Categorical Kind = "categorical"
)

// Parameter is one dimension of a space.
type Parameter struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Low and High are the least and the greatest value of a number, both included.
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
	// Log draws a number's logarithm evenly; Low is above 0 then.
	Log bool `json:"log,omitempty"`
	// Step is between neighbouring values, from Low on; of a Float 0 means any value, of an
	// Int 1. It does not go with Log.
	Step float64 `json:"step,omitempty"`
	// Levels is how many values a grid takes of a number without a step, from Low to High,
	// evenly (with Log: evenly in the logarithm); 0 none.
	Levels int `json:"levels,omitempty"`
	// Choices are the values of a Categorical: texts, numbers or booleans.
	Choices []any `json:"choices,omitempty"`
	// When makes the parameter exist only where another one has one of some values.
	When *Condition `json:"when,omitempty"`
}

// Condition holds where an earlier parameter exists and has one of the values.
type Condition struct {
	Name string `json:"name"`
	In   []any  `json:"in"`
}

// single reports whether there is only one value.
func (p *Parameter) single() bool {
	if p.Kind == Categorical {
		return len(p.Choices) == 1
	}
	return p.Low == p.High
}

// steps is how many steps lead from Low to High; 0 without a step.
func (p *Parameter) steps() int {
	if p.Step == 0 || p.Log {
		return 0
	}
	return int(math.Round((p.High - p.Low) / p.Step))
}

// at is the number k steps above Low, to the nearest float64 of the decimal numbers that
// were written: 0.1 and two steps of 0.1 are 0.3.
func (p *Parameter) at(k int) float64 {
	if p.Kind == Int { // whole numbers below 2^53 are exact
		return min(p.Low+float64(k)*p.Step, p.High)
	}
	x := new(big.Rat).Mul(rational(p.Step), new(big.Rat).SetInt64(int64(k)))
	f, _ := x.Add(x, rational(p.Low)).Float64()
	return min(f, p.High)
}

// rational is a number as it is written in decimal.
func rational(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64)) // finite, as NewSpace checks
	return r
}

// trimmed takes the largest value that steps reach for High, and says so.
func (p *Parameter) trimmed() (note string) {
	if p.Step == 0 || p.Log {
		return ""
	}
	span := new(big.Rat).Sub(rational(p.High), rational(p.Low))
	ratio := span.Quo(span, rational(p.Step))
	if ratio.IsInt() {
		return ""
	}
	whole, _ := new(big.Float).SetInt(new(big.Int).Quo(ratio.Num(), ratio.Denom())).Float64()
	before := p.High
	p.High = p.at(int(whole))
	return fmt.Sprintf("%s: steps of %v from %v do not reach %v: the greatest value is %v", p.Name, p.Step, p.Low, before, p.High)
}

// rounded is the value nearest to an internal number: on a step, within the range. Halves
// go to the even step, as in NumPy.
func (p *Parameter) rounded(x float64) float64 {
	switch {
	case p.Step != 0 && !p.Log:
		return p.at(min(max(int(math.RoundToEven((x-p.Low)/p.Step)), 0), p.steps()))
	case p.Kind == Int:
		x = math.RoundToEven(x)
	}
	return min(max(x, p.Low), p.High)
}

// bounds are those of the density from which numbers are drawn, in logarithms with Log: a
// stepped number stands for all that are nearer to it than to others.
func (p *Parameter) bounds() (low, high float64) {
	low, high = p.Low, p.High
	if p.Kind == Int || p.Step != 0 {
		half := p.Step / 2
		low, high = low-half, high+half
	}
	if p.Log {
		return math.Log(low), math.Log(high)
	}
	return low, high
}

// quantile is the internal value at u in [0, 1) of the distribution that knows nothing:
// every choice and step alike, numbers evenly (with Log: evenly in the logarithm).
func (p *Parameter) quantile(u float64) float64 {
	switch {
	case p.Kind == Categorical:
		return float64(min(int(u*float64(len(p.Choices))), len(p.Choices)-1))
	case p.Step != 0 && !p.Log:
		n := p.steps() + 1
		return p.at(min(int(u*float64(n)), n-1))
	}
	low, high := p.bounds()
	x := low + u*(high-low)
	if p.Log {
		x = math.Exp(x)
	}
	return p.rounded(x)
}

// grid are the internal values that a grid takes; none when it cannot tell which.
func (p *Parameter) grid() []float64 {
	var all []float64
	switch {
	case p.Kind == Categorical:
		for i := range p.Choices {
			all = append(all, float64(i))
		}
	case p.single():
		all = []float64{p.Low}
	case p.Levels > 0:
		return p.spread(p.Levels)
	case p.Step != 0 && !p.Log:
		for k := range p.steps() + 1 {
			all = append(all, p.at(k))
		}
	case p.Kind == Int:
		for x := p.Low; x <= p.High; x++ {
			all = append(all, x)
		}
	}
	return all
}

// spread is n values from Low to High, to twelve digits, without those that rounding makes
// equal.
func (p *Parameter) spread(n int) []float64 {
	low, high := p.Low, p.High
	if p.Log {
		low, high = math.Log(low), math.Log(high)
	}
	var all []float64
	for i := range n {
		x := low + (high-low)*float64(i)/float64(max(n-1, 1))
		if p.Log {
			x = math.Exp(x)
		}
		if y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64); err == nil {
			x = y // 0.1 in place of 0.09999999999999998
		}
		if x = p.rounded(x); len(all) == 0 || x != all[len(all)-1] {
			all = append(all, x)
		}
	}
	return all
}

// external is an internal value as a user writes it: a float64, an int64 or a choice.
func (p *Parameter) external(x float64) any {
	switch p.Kind {
	case Categorical:
		return p.Choices[int(x)]
	case Int:
		return int64(x)
	}
	return x
}
