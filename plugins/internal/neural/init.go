package neural

import "math"

// Init draws the first values of a tensor of a shape.
type Init func(d *Draws, shape []int64) []float32

// Normal draws from N(0, std^2).
func Normal(std float64) Init {
	return func(d *Draws, shape []int64) []float32 { return d.Normals(elements(shape), std) }
}

// Xavier draws uniformly from +-sqrt(6 / (rows + columns)) (Glorot & Bengio 2010).
func Xavier() Init {
	return func(d *Draws, shape []int64) []float32 {
		return Uniform(math.Sqrt(6/float64(shape[0]+shape[len(shape)-1])))(d, shape)
	}
}

// Constant is one value everywhere.
func Constant(value float32) Init {
	return func(_ *Draws, shape []int64) []float32 {
		values := make([]float32, elements(shape))
		for i := range values {
			values[i] = value
		}
		return values
	}
}

func elements(shape []int64) int {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	return int(n)
}

// WithBias draws all columns but the last, and leaves that, a bias, at zero.
func WithBias(weights Init) Init {
	return func(d *Draws, shape []int64) []float32 {
		width := int(shape[1])
		inner := weights(d, []int64{shape[0], shape[1] - 1})
		values := make([]float32, elements(shape))
		for row := range int(shape[0]) {
			copy(values[row*width:(row+1)*width-1], inner[row*(width-1):])
		}
		return values
	}
}

// Values are given ones.
func Values(values []float32) Init {
	return func(*Draws, []int64) []float32 { return values }
}

// Uniform draws from -bound..bound.
func Uniform(bound float64) Init {
	return func(d *Draws, shape []int64) []float32 {
		values := make([]float32, elements(shape))
		for i := range values {
			values[i] = float32(bound * (2*d.Float64() - 1))
		}
		return values
	}
}
