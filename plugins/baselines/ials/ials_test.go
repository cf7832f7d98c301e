package main

import (
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

// One dimension, items with y = (1, 2), a user who has item 0; alpha 3, reg 1:
// (1 + 4 + 2*1 + 1) x = 3*1. Its loss: 3 (1 - 3/8)^2 + (6/8)^2 + (3/8)^2 + reg (1 + 4).
func TestRowWorkedByHand(t *testing.T) {
	p := Params{Dim: 1, Solver: solverExact, Implicit: &Implicit{Alpha: 3, Reg: 1}}
	h := &half{
		pairs: &linalg.CSR{Rows: 1, Cols: 2, Ptr: []int{0, 1}, Index: []int32{0}},
		x:     lapack.Dense(1, 1, []float32{9}), y: lapack.Dense(2, 1, []float32{1, 2}), reg: []float32{1}, weights: p.weighting(),
	}
	if err := h.sweep(t.Context(), p, 1); err != nil {
		t.Fatal(err)
	}
	if math.Abs(float64(h.x.Data[0])-3./8) > 1e-6 {
		t.Errorf("x = %v, want 3/8", h.x.Data[0])
	}
	want := 3*25./64 + 9./16 + 9./64 + 5
	if loss, err := h.objective(t.Context(), []float32{1, 1}, 1); err != nil || math.Abs(loss-want) > 1e-6 {
		t.Errorf("loss %v, want %v, error %v", loss, want, err)
	}
}

type fixture struct {
	W, X, Y [][]float32
	Cases   []struct {
		Implicit          *Implicit
		Rendle            *Rendle
		Exact, Blocks, CG [][]float32
		Loss              float64
		LossAfter         float64 `json:"loss_after"`
	}
}

func flat(rows [][]float32) mat {
	m := lapack.Dense[float32](len(rows), len(rows[0]), nil)
	for _, row := range rows {
		m.Data = append(m.Data, row...)
	}
	return m
}

func sparse(rows [][]float32) *linalg.CSR {
	var r, c []int32
	var w []float32
	for i, row := range rows {
		for j, v := range row {
			if v > 0 {
				r, c, w = append(r, int32(i)), append(c, int32(j)), append(w, v)
			}
		}
	}
	return linalg.FromTriplets(len(rows), len(rows[0]), r, c, w)
}

func near(t *testing.T, what string, got mat, want [][]float32) {
	t.Helper()
	for i, w := range flat(want).Data {
		if math.Abs(float64(got.Data[i]-w)) > 2e-5*max(1, math.Abs(float64(w))) {
			t.Fatalf("%s: value %d of row %d is %v, want %v", what, i%got.Cols, i/got.Cols, got.Data[i], w)
		}
	}
}

func TestHalfSweepsEqualImplicitAndNumPy(t *testing.T) {
	var f fixture
	evaltest.ReadFixture(t, &f)
	pairs := sparse(f.W)
	for _, c := range f.Cases {
		p := Params{Dim: len(f.X[0]), Implicit: c.Implicit, Rendle: c.Rendle, Steps: 3, Block: 2}
		o := p.weighting()
		regOther := o.penalties(pairs.Transpose())
		loss := func(h *half, want float64) {
			t.Helper()
			if got, err := h.objective(t.Context(), regOther, 2); err != nil || math.Abs(got-want) > 1e-5*want {
				t.Errorf("%+v: loss %v, want %v, error %v", c, got, want, err)
			}
		}
		for solver, want := range map[string][][]float32{solverExact: c.Exact, solverBlock: c.Blocks, solverCG: c.CG} {
			h := &half{pairs: pairs, x: flat(f.X), y: flat(f.Y), reg: o.penalties(pairs), weights: o}
			loss(h, c.Loss)
			if want == nil {
				continue // implicit knows its own scale alone
			}
			p.Solver = solver
			if err := h.sweep(t.Context(), p, 2); err != nil {
				t.Fatal(err)
			}
			near(t, solver, h.x, want)
			if solver == solverExact {
				loss(h, c.LossAfter)
			}
		}
	}
}

// Rows shorter than dim are solved for in the system of their columns, longer ones in
// that of dim.
func TestBothExactSystemsAgree(t *testing.T) {
	pairs := sparse([][]float32{{1, 0, 2, .5, 0, 1, 1}})
	y := first(7, Params{Dim: 6, Init: 2}, 1, 2)
	e, err := newExact(t.Context(), y, Params{Rendle: &Rendle{Alpha0: .2, Reg: .1}}.weighting(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var s scratch
	extra, pull := s.weigh(e.weights, 5, pairs.Value)
	short, long := make([]float32, 6), make([]float32, 6)
	if err := errors.Join(
		e.short(&s, s.gather(e.rotated, pairs.Index), extra, pull, .1, short),
		e.long(&s, s.gather(e.rotated, pairs.Index), extra, pull, .1, long),
	); err != nil {
		t.Fatal(err)
	}
	near(t, "the system of dim", lapack.Dense(1, 6, long), [][]float32{short})
}

func TestObjectiveFallsWithEveryHalfSweep(t *testing.T) {
	x := sparse(randomRows(60, 40))
	for _, solver := range []string{solverExact, solverCG, solverBlock} {
		for _, p := range []Params{
			{Implicit: &Implicit{Alpha: 30, Reg: 4}}, {Implicit: &Implicit{Alpha: .6, Reg: .2}},
			{Rendle: &Rendle{Alpha0: .1, Reg: .02, Nu: 1}},
		} {
			p.Dim, p.Solver, p.Steps, p.Block, p.Init = 12, solver, 3, 5, .1
			o, other := p.weighting(), x.Transpose()
			a, b := first(x.Rows, p, 1, 0), first(x.Cols, p, 1, 1)
			sides := []*half{{pairs: x, x: a, y: b, reg: o.penalties(x), weights: o}, {pairs: other, x: b, y: a, reg: o.penalties(other), weights: o}}
			before := math.Inf(1)
			for n := range 10 {
				if err := sides[n%2].sweep(t.Context(), p, 2); err != nil {
					t.Fatal(err)
				}
				loss, err := sides[n%2].objective(t.Context(), sides[1-n%2].reg, 2)
				if err != nil || !(loss < before*(1+1e-6)) || n < 3 && !(loss < before) {
					t.Errorf("%s, %+v: half-sweep %d leads from %v to %v, error %v", solver, o, n, before, loss, err)
				}
				before = loss
			}
		}
	}
}

// randomRows have zeros and weights in a checked pattern.
func randomRows(n, m int) [][]float32 {
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = make([]float32, m)
		for j := range rows[i] {
			if (i*i+7*j*i+3*j)%5 == 0 {
				rows[i][j] = float32(1+(i+j)%3) / 2
			}
		}
	}
	return rows
}

// The scores of (alpha, reg) are those of alpha0 = 1/(alpha-1), reg/alpha, nu 0 but for
// the factor 1 - 1/alpha.
func TestScalesConvert(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1, 0, 0}, {0, 1, 1, 0}, {1, 1, 0, 1}, {0, 0, 1, 1}, {1, 0, 0, 1}})
	query := []contract.Query{{History: []int32{0, 3}, K: 4}}
	scores := func(params string) []float32 {
		p := New()
		evaltest.Fit(t, p, params, split)
		r, err := p.Rank(t.Context(), contract.RankSpec{}, query)
		if err != nil {
			t.Fatal(err)
		}
		return r[0].Scores
	}
	a := scores(`{"dim": 2, "sweeps": 200, "implicit": {"alpha": 5, "reg": 1.5}}`)
	b := scores(`{"dim": 2, "sweeps": 200, "rendle": {"alpha0": 0.25, "reg": 0.3, "nu": 0}}`)
	for i := range a {
		if math.Abs(float64(a[i])*.8-float64(b[i])) > 1e-4 {
			t.Errorf("position %d: %v in one scale, %v in the other", i, a[i], b[i])
		}
	}
}

func TestWeightsComeInOneScale(t *testing.T) {
	for _, params := range []string{`{}`, `{"implicit": {}, "rendle": {}}`, `{"implicit": {"alpha0": 1}}`, `{"rendle": {"nu": 2}}`, `{"dim": 0, "rendle": {}}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

func TestTablesThatDoNotFitAreRefusedBeforeTheyAreMade(t *testing.T) {
	pairs := &linalg.CSR{Rows: 1, Cols: 2_000_000, Ptr: []int{0, 0}}
	_, err := factorise(t.Context(), pairs, 1, baseline.Work[Params]{Params: Params{Dim: 4096, Rendle: &Rendle{}}, Seed: 1, Threads: 1})
	if !errors.Is(err, contract.ErrOutOfMemory) || !strings.Contains(err.Error(), "4096 dimensions") {
		t.Errorf("error %v", err)
	}
}
