package search

import (
	"math"
	"math/rand/v2"
	"slices"
)

// priorWeight is the weight of the kernel that knows nothing, beside kernels of weight 1.
const priorWeight = 1

// recent is how many of the last observations have full weight.
const recent = 25

// parzen is a density over the internal values of one parameter: a mixture of a kernel at
// each observation and one, the last, that knows nothing (Bergstra et al., Algorithms for
// Hyper-Parameter Optimization, NIPS 2011, section 4; the widths as in Optuna 4's
// TPESampler, univariate, with magic clip and without end points). The kernel of a number
// is a Gaussian cut off at the bounds, in logarithms with Log; that of a choice gives it
// most of the weight.
type parzen struct {
	p        *Parameter
	weights  []float64   // of the kernels; they sum to 1
	mus      []float64   // centres, and
	sigmas   []float64   // widths of the kernels of a number
	chances  [][]float64 // of each choice under each kernel
	distinct []kernel
}

// kernel is what kernels that are equal but for their weights come to.
type kernel struct {
	mu, sigma float64
	chances   []float64
	weight    float64
	factor    float64 // logarithm of what the kernel's value is multiplied with
}

// newParzen fits the density to observations in the order of their trials.
func newParzen(p *Parameter, observations []float64) *parzen {
	z := &parzen{p: p, weights: weights(len(observations))}
	if p.Kind == Categorical {
		z.chances = chances(observations, len(p.Choices))
		z.merge(func(k int) [2]float64 {
			if k == len(observations) {
				return [2]float64{-1}
			}
			return [2]float64{observations[k]}
		})
		return z
	}
	for _, x := range observations {
		z.mus = append(z.mus, z.inside(x))
	}
	low, high := z.limits()
	z.sigmas = z.widths(low, high)
	z.mus = append(z.mus, (low+high)/2)
	z.sigmas = append(z.sigmas, z.span(low, high))
	z.merge(func(k int) [2]float64 { return [2]float64{z.mus[k], z.sigmas[k]} })
	return z
}

// merge finds the distinct kernels; equal ones have the same key.
func (z *parzen) merge(key func(k int) [2]float64) {
	at := map[[2]float64]int{}
	for k, w := range z.weights {
		i, known := at[key(k)]
		if !known {
			i = len(z.distinct)
			at[key(k)] = i
			one := kernel{}
			if z.p.Kind == Categorical {
				one.chances = z.chances[k]
			} else {
				one.mu, one.sigma = z.mus[k], z.sigmas[k]
			}
			z.distinct = append(z.distinct, one)
		}
		z.distinct[i].weight += w
	}
	for i := range z.distinct {
		z.distinct[i].factor = z.factor(z.distinct[i])
	}
}

// factor is the logarithm of a kernel's weight over what of it is inside the bounds, and
// of a Gaussian's density at its centre.
func (z *parzen) factor(k kernel) float64 {
	f := math.Log(k.weight)
	if z.p.Kind == Categorical {
		return f
	}
	low, high := z.limits()
	f -= logMass((low-z.half()-k.mu)/k.sigma, (high+z.half()-k.mu)/k.sigma)
	if !z.stepped() {
		f -= math.Log(2*math.Pi)/2 + math.Log(k.sigma)
	}
	return f
}

// weights are those of n observations and the prior: the last observations count fully,
// older ones less the older they are.
func weights(n int) []float64 {
	all := make([]float64, n, n+1)
	ramp := max(n-recent, 0)
	for i := range all {
		all[i] = 1
		switch {
		case i >= ramp:
		case ramp == 1:
			all[i] = 1 / float64(n)
		default:
			all[i] = 1/float64(n) + (1-1/float64(n))*float64(i)/float64(ramp-1)
		}
	}
	all = append(all, priorWeight)
	sum := 0.0
	for _, w := range all {
		sum += w
	}
	for i := range all {
		all[i] /= sum
	}
	return all
}

// inside is a number where its Gaussians live.
func (z *parzen) inside(x float64) float64 {
	if z.p.Log {
		return math.Log(x)
	}
	return x
}

// stepped reports whether kernels are masses of steps rather than densities.
func (z *parzen) stepped() bool { return z.p.Step != 0 && !z.p.Log }

// limits are the bounds of the kernels, without the halves of the first and the last step.
func (z *parzen) limits() (low, high float64) {
	if z.stepped() {
		return z.p.Low, z.p.High
	}
	return z.p.bounds()
}

// half is half a step, by which the first and the last step reach out.
func (z *parzen) half() float64 {
	if z.stepped() {
		return z.p.Step / 2
	}
	return 0
}

// span is the width of the whole range.
func (z *parzen) span(low, high float64) float64 { return high - low + 2*z.half() }

// widths are the distances of each observation to the farther of its two neighbours, the
// centre of the range among them, within limits: no narrower than the range over the number
// of kernels (at most 100), no wider than the range.
func (z *parzen) widths(low, high float64) []float64 {
	n := len(z.mus)
	if n == 0 {
		return nil
	}
	all := append(slices.Clone(z.mus), (low+high)/2)
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case all[a] < all[b]:
			return -1
		case all[a] > all[b]:
			return 1
		}
		return 0
	})
	span := z.span(low, high)
	narrowest := span / min(100, float64(n+2))
	out := make([]float64, n)
	for at, i := range order {
		if i == n { // the centre
			continue
		}
		width := 0.0
		if at > 0 {
			width = all[i] - all[order[at-1]]
		}
		if at < n {
			width = max(width, all[order[at+1]]-all[i])
		}
		out[i] = min(max(width, narrowest), span)
	}
	return out
}

// chances are those of each choice under each kernel.
func chances(observations []float64, choices int) [][]float64 {
	kernels := len(observations) + 1
	all := make([][]float64, kernels)
	for k := range all {
		row := make([]float64, choices)
		sum := 0.0
		for i := range row {
			row[i] = priorWeight / float64(kernels)
			if k < len(observations) && i == int(observations[k]) {
				row[i]++
			}
			sum += row[i]
		}
		for i := range row {
			row[i] /= sum
		}
		all[k] = row
	}
	return all
}

// logDensity is the logarithm of the density at an internal value; of a step or a choice,
// of its probability.
func (z *parzen) logDensity(x float64) float64 {
	half, at := z.half(), x
	if z.p.Kind != Categorical {
		at = z.inside(x)
	}
	terms := make([]float64, len(z.distinct))
	for i, k := range z.distinct {
		terms[i] = k.factor
		switch {
		case z.p.Kind == Categorical:
			terms[i] += math.Log(k.chances[int(x)])
		case z.stepped():
			terms[i] += logMass((at-half-k.mu)/k.sigma, (at+half-k.mu)/k.sigma)
		default:
			u := (at - k.mu) / k.sigma
			terms[i] -= u * u / 2
		}
	}
	return logSum(terms)
}

// sample draws an internal value.
func (z *parzen) sample(g *rand.Rand) float64 {
	k := pick(z.weights, g.Float64())
	if z.p.Kind == Categorical {
		return float64(pick(z.chances[k], g.Float64()))
	}
	low, high := z.limits()
	half := z.half()
	x := z.mus[k] + z.sigmas[k]*quantile(g.Float64(), (low-half-z.mus[k])/z.sigmas[k], (high+half-z.mus[k])/z.sigmas[k])
	if z.p.Log {
		x = math.Exp(x)
	}
	return z.p.rounded(x)
}

// pick is the place at which weights, which sum to 1, reach u.
func pick(weights []float64, u float64) int {
	sum := 0.0
	for i, w := range weights {
		if sum += w; u < sum {
			return i
		}
	}
	return len(weights) - 1
}
