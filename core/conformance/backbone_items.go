package conformance

import (
	"iter"
	"math"

	"cllm4rec/core/contract"
)

// featureWidth is that of the features of the suite's items.
const featureWidth = 3

// itemFeatures are dense features of the suite's items: items 0 and 1 have the same,
// the last item has none.
func itemFeatures() iter.Seq2[*contract.FeatureChunk, error] {
	return func(yield func(*contract.FeatureChunk, error) bool) {
		for _, items := range [][]int32{{0, 1, 2}, {3, 4, 5, 6, 7, 8}} {
			c := &contract.FeatureChunk{Name: "features", Entity: contract.EntityItem, Width: featureWidth, Rows: items}
			for _, j := range items {
				j = max(j, 1)
				c.Dense = append(c.Dense, float32(j)/10, float32(j%3)-1, 0.5)
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (s *backboneSuite) mapItems(t T, tower string) error {
	t.Helper()
	return s.b.(contract.ItemMapper).MapItems(t.Context(), contract.ItemMapSpec{Tower: tower, Width: featureWidth, Seed: 11}, itemFeatures())
}

// itemMap: item tokens that are a map of features begin as W g, train, live on in a file,
// and can be held near W g.
func (s *backboneSuite) itemMap(t T) {
	_, ok := s.b.(contract.ItemMapper)
	if !s.info.Can(contract.CapabilityItemMap) {
		if ok {
			s.open(t, "a")
			mustBe(t, s.mapItems(t, "a"), contract.ErrUnsupported, "")
		}
		return
	}
	if !ok {
		t.Fatalf("%T has the capability %q without its method", s.b, contract.CapabilityItemMap)
	}
	t.Run("what is wrong is named", s.wrongMaps)
	t.Run("it trains and lives on", func(t T) {
		for _, train := range []contract.Trainable{{}, {Mode: contract.TrainAll}} {
			if s.info.Supports(train) != nil {
				continue
			}
			s.openAs(t, "a", train)
			if err := s.mapItems(t, "a"); err != nil {
				t.Fatal(err)
			}
			for _, o := range contract.Objectives() {
				s.learns(t, o)
			}
			s.livesOn(t)
		}
	})
	t.Run("residuals are pulled toward zero", s.residuals)
	if s.info.Can(contract.CapabilityVectors) {
		t.Run("tokens begin as the map of the features", s.mapped)
		t.Run("another tower is pulled toward them", s.towardMapped)
	}
}

func (s *backboneSuite) wrongMaps(t T) {
	s.open(t, "a")
	mustBe(t, s.mapItems(t, "nobody"), contract.ErrNotFound, "nobody")
	b := s.b.(contract.ItemMapper)
	stream := func(c *contract.FeatureChunk) iter.Seq2[*contract.FeatureChunk, error] {
		return func(yield func(*contract.FeatureChunk, error) bool) { yield(c, nil) }
	}
	wrong := func(spec contract.ItemMapSpec, c *contract.FeatureChunk, names string) {
		t.Helper()
		if err := b.MapItems(t.Context(), spec, stream(c)); !contract.IsBadInput(err) {
			t.Errorf("%s: error %v, want one about the input", names, err)
		}
	}
	spec := contract.ItemMapSpec{Tower: "a", Width: 2}
	wrong(contract.ItemMapSpec{Tower: "a"}, nil, "no width")
	wrong(spec, &contract.FeatureChunk{Entity: contract.EntityUser, Width: 2, Rows: []int32{0}, Dense: []float32{1, 2}}, "users")
	wrong(spec, &contract.FeatureChunk{Entity: contract.EntityItem, Width: 1, Rows: []int32{0}, Dense: []float32{1}}, "another width")
	wrong(spec, &contract.FeatureChunk{Entity: contract.EntityItem, Width: 2, Rows: []int32{towerItems}, Dense: []float32{1, 2}}, "an item too many")
	residual := s.spec("a", contract.NextItem)
	residual.Priors = []contract.Prior{{Coefficient: 1, Reduction: contract.ExampleMean, Residual: true}}
	if _, err := s.b.TrainTower(t.Context(), residual, chunked(s.documents(t, contract.NextItem), 2), nil); !contract.IsBadInput(err) {
		t.Errorf("residuals without a map: error %v", err)
	}
	if err := s.mapItems(t, "a"); err != nil {
		t.Fatal(err)
	}
	mustBe(t, s.mapItems(t, "a"), contract.ErrInvalid, "a")
}

// residuals: without a prior the residuals take part in learning; under a strong one
// the penalty falls again.
func (s *backboneSuite) residuals(t T) {
	s.open(t, "a")
	if err := s.mapItems(t, "a"); err != nil {
		t.Fatal(err)
	}
	spec, docs := s.spec("a", contract.Multinomial), s.documents(t, contract.Multinomial)
	spec.Priors = []contract.Prior{{Reduction: contract.ExampleMean, Targets: true, Residual: true}}
	if first := s.train(t, spec, docs); first.Priors[0] != 0 {
		t.Errorf("a prior of no strength costs %v", first.Priors[0])
	}
	for range 5 {
		s.train(t, spec, docs)
	}
	spec.Priors[0].Coefficient = 1000
	first := s.train(t, spec, docs)
	last := first
	for range 30 {
		last = s.train(t, spec, docs)
	}
	if !(first.Priors[0] > 0) || !(last.Priors[0] < first.Priors[0]/4) || !s.close(last.Loss, last.Data+last.Priors[0]) {
		t.Errorf("the penalty went from %v to %v (loss %v, data %v)", first.Priors, last.Priors, last.Loss, last.Data)
	}
}

// mapped: equal features give equal tokens, none the zero token, and a seed the same W.
func (s *backboneSuite) mapped(t T) {
	tokens := func(tower string) [][]float32 {
		s.open(t, tower)
		if err := s.mapItems(t, tower); err != nil {
			t.Fatal(err)
		}
		return s.tokensOf(t, tower)[towerUsers:]
	}
	a, b := tokens("a"), tokens("b")
	if distance(a[0], a[1]) > 1e-6 || distance(a[1], a[2]) == 0 || distance(a[towerItems-1], make([]float32, s.model.Hidden)) != 0 {
		t.Errorf("tokens %v do not follow their features", a)
	}
	for j := range a {
		if distance(a[j], b[j]) != 0 {
			t.Errorf("item %d has another token in a second tower of the same seed", j)
		}
	}
}

// tokensOf are the soft tokens of a tower, users first.
func (s *backboneSuite) tokensOf(t T, tower string) [][]float32 {
	t.Helper()
	return s.tokensAmong(t, tower, towerUsers)
}

// tokensAmong are those of a tower of so many users.
func (s *backboneSuite) tokensAmong(t T, tower string, users int) [][]float32 {
	t.Helper()
	return s.softTokens(t, users, func(e contract.Entity, yield func(*contract.FeatureChunk) error) error {
		return s.b.(contract.TowerReader).TowerVectors(t.Context(), tower, e, yield)
	})
}

// towardMapped: the prior of a tower of plain tokens is measured from tokens that are a
// map of features.
func (s *backboneSuite) towardMapped(t T) {
	s.open(t, "a")
	s.open(t, "b")
	if err := s.mapItems(t, "a"); err != nil {
		t.Fatal(err)
	}
	d := s.documents(t, contract.NextWord)[0] // whose prompt has user 0
	d.Prompt, d.Main = []int32{s.item(7), d.Prompt[0], s.item(2), s.item(towerItems - 1)}, d.Main[:1]
	mapped, plain, want := s.tokensOf(t, "a"), s.tokensOf(t, "b"), 0.0
	for _, row := range []int{0, towerUsers + 7, towerUsers + 2, towerUsers + towerItems - 1} {
		for k := range plain[row] {
			want += math.Pow(float64(plain[row][k])-float64(mapped[row][k]), 2)
		}
	}
	spec := s.spec("b", contract.NextWord)
	spec.Priors = []contract.Prior{{Toward: "a", Coefficient: 1, Reduction: contract.BatchSum}}
	if r := s.train(t, spec, []contract.Example{d}); !s.close(r.Priors[0], want) {
		t.Errorf("the prior toward mapped tokens is %v, want %v", r.Priors[0], want)
	}
}
