package neural

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
	"cllm4rec/plugins/internal/numerics/torch"
)

// dataOf is training data of rows over so many items.
func dataOf(items int, rows ...[]int32) *Data {
	x := &linalg.CSR{Rows: len(rows), Cols: items, Ptr: []int{0}}
	for _, row := range rows {
		x.Index = append(x.Index, row...)
		x.Ptr = append(x.Ptr, len(x.Index))
	}
	return &Data{Data: &baseline.Data{X: x}, Sizes: Sizes{Users: len(rows), Items: items}, Seed: 1}
}

// inStep runs body in a step over parameters.
func inStep(t *testing.T, declare func(*Parameters), body func(s *Step)) {
	t.Helper()
	e, err := start("test", nil, contract.Resources{Threads: 1, Device: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	e.params = &Parameters{}
	declare(e.params)
	err = errors.Join(e.exec.Do(func() error { return e.params.allocate(e.scope, 1) }), e.do(func(s *Step) error {
		s.Draws, s.Training = NewDraws(5), true
		body(s)
		return nil
	}), e.close())
	if err != nil {
		t.Fatal(err)
	}
}

func near(t *testing.T, what string, got []float32, want ...float64) {
	t.Helper()
	for i, w := range want {
		if len(got) != len(want) || math.Abs(float64(got[i])-w) > 1e-5*max(1, math.Abs(w)) {
			t.Fatalf("%s is %v, want %v", what, got, want)
		}
	}
}

func TestAStepMovesTheRowsThatItLookedUp(t *testing.T) {
	start := []float32{1, 2, 3, 4, 5, 6}
	inStep(t, func(p *Parameters) { p.Table("items", Values(start), 3, 2) }, func(s *Step) {
		again := s.LookUp("items", []int64{2, 0, 2})
		once := s.LookUp("items", []int64{2})
		loss := s.Add(s.Sum(s.Square(again)), s.Sum(once)) // of row 2: 2*2*x + 1, of row 0: 2*x
		s.Backward(loss)
		rows, g := s.rowGradients(s.parameter("items"))
		if !slices.Equal(rows, []int64{0, 2}) {
			t.Errorf("rows %v", rows)
		}
		near(t, "gradient", s.Read(g), 2, 4, 21, 25)
		s.move(s.parameter("items"), .1) // Adam's first step is the rate times the sign
		near(t, "table", s.Read(s.P("items")), .9, 1.9, 3, 4, 4.9, 5.9)
		near(t, "first moment", s.Read(s.parameter("items").first), .2, .4, 0, 0, 2.1, 2.5)
	})
}

func TestRowsThatRestKeepTheirMoments(t *testing.T) {
	inStep(t, func(p *Parameters) { p.Table("items", Constant(1), 2, 1) }, func(s *Step) {
		table := s.parameter("items")
		for _, row := range []int64{0, 1, 0} {
			moveRows(s.Scope, table, s.Ints([]int64{row}, 1), s.Floats([]float32{2}, 1, 1), .1)
		}
		// The counts of steps are the table's: row 1 moves in step 2 with a fresh moment,
		// m = .2 and v = .004, row 0 in step 3 with m = .38 and v = .007996.
		move := func(m, v float64, step int) float64 {
			return .1 / (1 - math.Pow(.9, float64(step))) * m / (math.Sqrt(v/(1-math.Pow(.999, float64(step)))) + 1e-8)
		}
		near(t, "table", s.Read(table.value), 1-move(.2, .004, 1)-move(.38, .007996, 3), 1-move(.2, .004, 2))
	})
}

func TestLossesWorkedByHand(t *testing.T) {
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	inStep(t, func(p *Parameters) { p.Dense("table", Values([]float32{1, 0, 0, 1, 1, 1}), 3, 2) }, func(s *Step) {
		positive, negative := s.Floats([]float32{1, -1}, 2, 1), s.Floats([]float32{.5, 0, 2, 1}, 2, 2)
		value := func(loss *torch.Tensor) []float32 { return []float32{float32(s.Scalar(loss))} }
		yes := math.Log(logistic(1)) + math.Log(logistic(-1))
		no := math.Log(1-logistic(.5)) + math.Log(1-logistic(0)) + math.Log(1-logistic(2)) + math.Log(1-logistic(1))
		near(t, "binary cross-entropy", value(s.BinaryCrossEntropy(positive, negative, .25)), -(.25*yes+no)/2)
		pairs := math.Log(logistic(.5)) + math.Log(logistic(1)) + math.Log(logistic(-3)) + math.Log(logistic(-2))
		near(t, "pairwise", value(s.Pairwise(positive, negative)), -pairs/4)
		// q: positive items .5 and .25, negatives .5 and .25 of both rows
		q := func(values ...float64) *torch.Tensor {
			logs := make([]float32, len(values))
			for i, v := range values {
				logs[i] = float32(math.Log(v))
			}
			return s.Floats(logs, int64(len(logs)), 1)
		}
		first := math.Exp(1) / .5
		second := math.Exp(-1) / .25
		want := -(math.Log(first/(first+math.Exp(.5)/.5+1/.25)) + math.Log(second/(second+math.Exp(2)/.5+math.Exp(1)/.25))) / 2
		near(t, "sampled softmax", value(s.SampledSoftmax(positive, negative, q(.5, .25), s.Transpose(q(.5, .25), 0, 1))), want)
		h := s.Floats([]float32{1, 2, 0, 1}, 2, 2)
		e := math.Exp
		full := -(math.Log(e(1)/(e(1)+e(2)+e(3))) + math.Log(e(3)/(e(1)+e(2)+e(3))) + math.Log(e(1)/(e(0)+e(1)+e(1))))
		near(t, "full softmax", value(s.SoftmaxLoss(h, "table", [][]int32{{0, 2}, {1}})), full)
		near(t, "dots", s.Read(s.Dots(h, s.Floats([]float32{1, 0, 0, 1, 1, 1, 2, 3}, 4, 2))), 1, 2, 1, 3)
	})
}

func TestInBatchSoftmaxDoesNotPushAnItemFromItself(t *testing.T) {
	inStep(t, func(*Parameters) {}, func(s *Step) {
		u := s.Floats([]float32{1, 2, 3}, 3, 1)
		v := s.Floats([]float32{1, 1, -1}, 3, 1) // the first two are one item, drawn with .5, the other with .25
		logQ := []float32{float32(math.Log(.5)), float32(math.Log(.5)), float32(math.Log(.25))}
		e, want := math.Exp, 0.0
		for _, x := range []float64{1, 2} { // against itself and the third
			want -= math.Log(e(x) / .5 / (e(x)/.5 + e(-x)/.25))
		}
		want -= math.Log(e(-3) / .25 / (e(-3)/.25 + 2*e(3)/.5))
		near(t, "loss", []float32{float32(s.Scalar(s.InBatch(u, v, []int64{7, 7, 9}, logQ)))}, want/3)
	})
}

func TestNormEqualsItsFormula(t *testing.T) {
	declare := func(p *Parameters) {
		p.Dense("n.weight", Values([]float32{2, 1, 1}), 3)
		p.Dense("n.bias", Values([]float32{0, 0, .5}), 3)
	}
	inStep(t, declare, func(s *Step) {
		x := s.Floats([]float32{1, 2, 6}, 1, 3)
		deviation := math.Sqrt((4+1+9)/3. + 1e-3)
		near(t, "norm", s.Read(s.Norm("n", x, 1e-3)), -2*2/deviation, -1/deviation, 3/deviation+.5)
	})
}

func TestSamplersDrawInProportion(t *testing.T) {
	d := dataOf(3, []int32{0, 1}, []int32{0}, []int32{0}, []int32{0})
	popular, uniform, draws := NewSampler(d, 1), NewSampler(d, 0), NewDraws(3)
	counts, even := [3]float64{}, [3]float64{}
	for range 20000 {
		counts[popular.Draw(draws)]++
		even[uniform.Draw(draws)]++
	}
	if counts[2] != 0 || math.Abs(counts[0]/20000-.8) > .01 || math.Abs(even[1]/20000-1/3.) > .01 {
		t.Errorf("by popularity %v, uniform %v", counts, even)
	}
	near(t, "ln q", popular.LogQs([]int64{0, 1}), math.Log(.8), math.Log(.2))
	near(t, "ln q", uniform.LogQs([]int64{2}), math.Log(1/3.))
	for range 100 {
		if item := uniform.Outside(draws, d.SortedRows()[0]); item != 2 {
			t.Fatalf("drew item %d of the row", item)
		}
	}
	if item := uniform.Outside(draws, []int32{0, 1, 2}); item < 0 || item > 2 {
		t.Errorf("a row of all items: drew %d", item)
	}
}

func TestGBCECalibrates(t *testing.T) {
	if GBCE(101, 50, 0) != 1 {
		t.Errorf("t 0 is not plain: %v", GBCE(101, 50, 0))
	}
	if got := GBCE(101, 50, 1); math.Abs(got-.5) > 1e-12 { // the share of negatives itself
		t.Errorf("t 1 has beta %v", got)
	}
	if got := GBCE(101, 50, .5); math.Abs(got-.75) > 1e-12 {
		t.Errorf("t .5 has beta %v", got)
	}
}

func TestDevices(t *testing.T) {
	if d, err := deviceOf("cpu"); err != nil || d != torch.CPU {
		t.Errorf("cpu: %v, %v", d, err)
	}
	for name, want := range map[string]error{"gpu": contract.ErrInvalid, "cuda:x": contract.ErrInvalid, "cuda:99": contract.ErrUnsupported} {
		if _, err := deviceOf(name); !errors.Is(err, want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestAMissingParameterIsNamed(t *testing.T) {
	e, err := start("test", nil, contract.Resources{Device: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	e.params = &Parameters{}
	err = e.do(func(s *Step) error { s.P("itmes"); return nil })
	if err == nil || !strings.Contains(err.Error(), `"itmes"`) {
		t.Errorf("error %v", err)
	}
	if err := e.close(); err != nil {
		t.Error(err)
	}
}

func TestDrawsAreSplitMix64(t *testing.T) {
	d := NewDraws(0) // the first numbers of the published sequence from seed 0
	for _, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f} {
		if got := d.Uint64(); got != want {
			t.Errorf("got %#x, want %#x", got, want)
		}
	}
	values, mean, square := NewDraws(9).Normals(20000, 1), 0.0, 0.0
	for _, v := range values {
		mean, square = mean+float64(v)/20000, square+float64(v)*float64(v)/20000
	}
	if math.Abs(mean) > .03 || math.Abs(square-1) > .03 {
		t.Errorf("normals have mean %v and mean square %v", mean, square)
	}
	order := NewDraws(9).Order(50)
	slices.Sort(order)
	for i, n := range order {
		if int(n) != i {
			t.Fatalf("%v is no permutation", order)
		}
	}
}

func TestAttributesOfItemsAreNumbered(t *testing.T) {
	d := dataOf(3, []int32{0})
	d.Attributes = []*contract.TrainAttributes{
		{Name: "tags", Entity: contract.EntityItem, Type: contract.AttributeSet, Rows: []int32{2, 0}, Values: contract.Values{Sets: [][]string{{"x", "b"}, {"x"}}}},
		{Name: "brand", Entity: contract.EntityItem, Type: contract.AttributeCategory, Rows: []int32{0}, Values: contract.Values{Words: []string{"x"}}},
		{Name: "price", Entity: contract.EntityItem, Type: contract.AttributeNumber, Rows: []int32{1}, Values: contract.Values{Numbers: []float64{3}}},
		{Name: "town", Entity: contract.EntityUser, Type: contract.AttributeCategory, Rows: []int32{0}, Values: contract.Values{Words: []string{"z"}}},
	}
	words, count, err := d.ItemAttributes() // brand x, tags b, tags x
	if err != nil || count != 3 || !slices.Equal(words[0], []int32{0, 2}) || words[1] != nil || !slices.Equal(words[2], []int32{1, 2}) {
		t.Errorf("got %v of %d words, error %v", words, count, err)
	}
	d.Texts = []contract.TrainText{
		{Kind: contract.TextTags, User: -1, Item: 1, Text: "Skin, Face; Sun; "}, {Kind: contract.TextCategories, User: -1, Item: 1, Text: "Sun, Sea"},
		{Kind: contract.TextBrand, User: -1, Item: 0, Text: " A, B "}, {Kind: contract.TextTitle, User: -1, Item: 0, Text: "no, list"},
	}
	words, count, err = d.ItemAttributes() // brand "A, B", brand x, categories Sea, Sun, tags Skin, Face, Sun, b, x
	if err != nil || count != 8 || !slices.Equal(words[0], []int32{0, 1, 7}) || !slices.Equal(words[1], []int32{2, 3, 4, 5}) {
		t.Errorf("with texts: got %v of %d words, error %v", words, count, err)
	}
	d.Attributes, d.Texts = d.Attributes[2:], nil
	if _, _, err := d.ItemAttributes(); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "no attributes") {
		t.Errorf("numbers alone: error %v", err)
	}
}

func TestSequencesAreCutIntoSteps(t *testing.T) {
	rows, sizes := stepByStep([]int64{0, 1, 4, 6}) // lengths 1, 3 and 2
	if !slices.Equal(rows, []int64{1, 4, 0, 2, 5, 3}) || !slices.Equal(sizes, []int64{3, 2, 1}) {
		t.Errorf("rows %v, sizes %v", rows, sizes)
	}
}
