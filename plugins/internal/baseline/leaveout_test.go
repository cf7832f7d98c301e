package baseline

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

const leaveOutUsers, leaveOutItems = 30, 25

// easeWeights are B, P's diagonal from the definition, through gonum's inverse: the rows of
// x with a user left out (-1: nobody), a Gram matrix of side interactions, and a ridge.
func easeWeights(t *testing.T, x *linalg.CSR, without int, side *mat.Dense, factors []float64) (*ItemWeights, []float64) {
	t.Helper()
	gram := mat.NewDense(leaveOutItems, leaveOutItems, nil)
	gram.Mul(side.T(), side)
	for j := range leaveOutItems {
		gram.Set(j, j, gram.At(j, j)+2)
	}
	for u := range x.Rows {
		if u == without {
			continue
		}
		for a, i := range x.Row(u) {
			for b, j := range x.Row(u) {
				gram.Set(int(i), int(j), gram.At(int(i), int(j))+value(x.Values(u), a)*value(x.Values(u), b))
			}
		}
	}
	var p mat.Dense
	if err := p.Inverse(gram); err != nil {
		t.Fatal(err)
	}
	w, own := &ItemWeights{Items: leaveOutItems, Values: make([]float64, leaveOutItems*leaveOutItems)}, make([]float64, leaveOutItems)
	for j := range leaveOutItems {
		own[j] = p.At(j, j)
		for i := range leaveOutItems {
			if i != j {
				w.Values[i*leaveOutItems+j] = -p.At(i, j) / own[j] * factors[j]
			}
		}
	}
	return w, own
}

// leaveOutCase are users with and without weights of their own, side rows and factors.
func leaveOutCase() (x *linalg.CSR, side *mat.Dense, factors []float64) {
	rng := rand.New(rand.NewPCG(3, 4))
	x = &linalg.CSR{Rows: leaveOutUsers, Cols: leaveOutItems, Ptr: []int{0}}
	for range leaveOutUsers {
		items := rng.Perm(leaveOutItems)[:1+rng.IntN(9)]
		slices.Sort(items)
		for _, i := range items {
			x.Index = append(x.Index, int32(i))
		}
		x.Ptr = append(x.Ptr, len(x.Index))
	}
	side = mat.NewDense(7, leaveOutItems, nil)
	for i := range 7 {
		for j := range leaveOutItems {
			side.Set(i, j, max(0, rng.NormFloat64()))
		}
	}
	for range leaveOutItems {
		factors = append(factors, .5+rng.Float64())
	}
	return x, side, factors
}

func TestScoresWithoutAUserAreThoseOfAModelFittedWithoutTheUser(t *testing.T) {
	plain, side, factors := leaveOutCase()
	for name, x := range map[string]*linalg.CSR{"users that count one": plain, "weighted users": WeightedUsers(plain, .5)} {
		w, own := easeWeights(t, x, -1, side, factors)
		l := &LeaveOut{Weights: w, Own: own, Factors: factors, Users: x}
		for u := range x.Rows {
			refitted, _ := easeWeights(t, x, u, side, factors)
			all := x.Row(u)
			for _, history := range [][]int32{all, all[:len(all)/2], nil, {0, 24, 7}} {
				got, want := make([]float64, leaveOutItems), make([]float64, leaveOutItems)
				l.score(contract.Query{User: int32(u), History: history}, got, make([]float64, leaveOutItems))
				for _, i := range history {
					for j, v := range refitted.From(i) {
						want[j] += v
					}
				}
				for j := range want {
					if math.Abs(got[j]-want[j]) > 1e-10 {
						t.Fatalf("%s, user %d, history %v: item %d scores %v, refitted %v", name, u, history, j, got[j], want[j])
					}
				}
			}
		}
	}
}

func TestTheTraceOfWeightedUsersStays(t *testing.T) {
	x, _, _ := leaveOutCase()
	sum := 0.0
	for at := range x.Index {
		v := WeightedUsers(x, .7).At(at)
		sum += v * v
	}
	if math.Abs(sum-float64(x.NNZ())) > 1e-4 {
		t.Errorf("the trace is %v, that of the counts %d", sum, x.NNZ())
	}
}
