package conformance

import (
	"math"

	"cllm4rec/core/contract"
)

// itemBias: a tower with biases ranks as one without until it trains, and then keeps
// what it learnt in its file.
func (s *backboneSuite) itemBias(t T) {
	spec := TowerSpec("a", contract.Trainable{})
	spec.ItemBias = true
	if !s.info.Can(contract.CapabilityItemBias) {
		mustBe(t, s.b.OpenTower(t.Context(), spec), contract.ErrUnsupported, string(contract.CapabilityItemBias))
		return
	}
	s.open(t, "plain")
	if err := s.b.OpenTower(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	same(t, "before training", s.rank(t, "plain", towerItems), s.rank(t, "a", towerItems), s.o.Tolerance)
	docs := s.documents(t, contract.Multinomial)
	plain, biased := s.train(t, s.spec("plain", contract.Multinomial), docs), s.train(t, s.spec("a", contract.Multinomial), docs)
	if !(plain.Loss > 0) || s.close(plain.Loss, biased.Loss) {
		t.Errorf("a pass of several steps has loss %v without biases and %v with them", plain.Loss, biased.Loss)
	}
	for _, o := range contract.Objectives() {
		s.learns(t, o)
	}
	s.livesOn(t)
}

// excluded: an item that has no part in the softmax makes the loss of the others
// smaller; when all but the target are left out, nothing is left to learn.
func (s *backboneSuite) excluded(t T) {
	if !s.info.Can(contract.CapabilityExcluded) {
		return
	}
	loss := func(o contract.Objective, d contract.Example) (float64, error) {
		s.open(t, "a")
		r, err := s.b.TrainTower(t.Context(), s.spec("a", o), chunked([]contract.Example{d}, 1), nil)
		return r.Data, err
	}
	d := s.documents(t, contract.Multinomial)[0] // whose targets are 0 and 1
	all, err := loss(contract.Multinomial, d)
	if err != nil {
		t.Fatal(err)
	}
	d.Excluded = []int32{5, 3}
	fewer, err := loss(contract.Multinomial, d)
	if want := math.Log(towerItems) - math.Log(towerItems-2); err != nil || !(fewer < all) || math.Abs((all-fewer)/2-want) > want/2 {
		t.Errorf("the loss went from %v to %v without two of %d items, error %v", all, fewer, towerItems, err)
	}
	d.Targets, d.Excluded = []int32{2}, []int32{0, 1, 3, 4, 5, 6, 7, 8, 9}
	if alone, err := loss(contract.Multinomial, d); err != nil || math.Abs(alone) > 1e-5 {
		t.Errorf("the only item has loss %v, error %v", alone, err)
	}
	for name, items := range map[string][]int32{"a target": {2}, "an item too many": {towerItems}, "a negative one": {-1}} {
		d.Excluded = items
		if _, err := loss(contract.Multinomial, d); !contract.IsBadInput(err) {
			t.Errorf("%s excluded: error %v", name, err)
		}
	}
}

// offsets: a number for all items changes no loss; one that leaves a target alone makes it
// as good as certain; one for some items is what the same for all others takes away.
func (s *backboneSuite) offsets(t T) {
	if !s.info.Can(contract.CapabilityOffsets) {
		return
	}
	loss := func(d contract.Example, o contract.Offsets) (float64, error) {
		s.open(t, "a")
		d.Offsets = o
		r, err := s.b.TrainTower(t.Context(), s.spec("a", contract.Multinomial), chunked([]contract.Example{d}, 1), nil)
		return r.Data, err
	}
	must := func(d contract.Example, o contract.Offsets) float64 {
		t.Helper()
		got, err := loss(d, o)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	d := s.documents(t, contract.Multinomial)[0] // whose targets are 0 and 1
	none := must(d, contract.Offsets{})
	if same := must(d, contract.Offsets{Items: []int32{3}, Values: []float32{2}, Else: 2}); !s.close(none, same) {
		t.Errorf("the loss went from %v to %v with the same number for all items", none, same)
	}
	up := must(d, contract.Offsets{Items: []int32{0, 1}, Values: []float32{1.5, 1.5}, Else: -.5})
	if down := must(d, contract.Offsets{Items: []int32{2, 3, 4, 5, 6, 7, 8, 9}, Values: []float32{-2, -2, -2, -2, -2, -2, -2, -2}}); !(up < none) || !s.close(up, down) {
		t.Errorf("targets that are 2 above the others have loss %v, others that are 2 below them %v, and without offsets it is %v", up, down, none)
	}
	d.Targets = []int32{2}
	if alone := must(d, contract.Offsets{Items: []int32{2}, Values: []float32{60}}); math.Abs(alone) > 1e-5 {
		t.Errorf("an item that is 60 above all others has loss %v", alone)
	}
	for name, wrong := range map[string]contract.Offsets{
		"an item too many": {Items: []int32{towerItems}, Values: []float32{1}}, "an item twice": {Items: []int32{1, 1}, Values: []float32{1, 1}},
		"a value too few": {Items: []int32{1, 2}, Values: []float32{1}}, "NaN": {Items: []int32{1}, Values: []float32{float32(math.NaN())}},
	} {
		if _, err := loss(d, wrong); !contract.IsBadInput(err) {
			t.Errorf("offsets with %s: error %v", name, err)
		}
	}
}

// meanPrompts: one text twice ranks as once; of two texts the scores are the means.
func (s *backboneSuite) meanPrompts(t T) {
	if !s.info.Can(contract.CapabilityMeanPrompts) {
		return
	}
	s.open(t, "a")
	s.train(t, s.spec("a", contract.Multinomial), s.documents(t, contract.Multinomial))
	prompts, queries := s.prompts(t, towerItems)
	first, second := prompts[0], prompts[4]
	text := func(p contract.RankPrompt) contract.PromptText {
		return contract.PromptText{Prompt: p.Prompt, Main: p.Main}
	}
	twice, both := first, first
	twice.Others = []contract.PromptText{text(first)}
	both.Others = []contract.PromptText{text(second)}
	answers, err := s.b.Rank(t.Context(), "a", contract.RankSpec{}, []contract.RankPrompt{first, twice, both, second})
	if err != nil {
		t.Fatal(err)
	}
	checkRankings(t, answers, queries[:4], towerItems)
	same(t, "one text twice", answers[:1], answers[1:2], s.o.Tolerance)
	a, b, mean := byItem(answers[0]), byItem(answers[3]), byItem(answers[2])
	for item := range mean {
		if !s.close(mean[item], (a[item]+b[item])/2) {
			t.Errorf("item %d has score %v, the mean of %v and %v is wanted", item, mean[item], a[item], b[item])
		}
	}
}

// byItem are the scores of a ranking by item.
func byItem(r contract.Ranking) []float64 {
	scores := make([]float64, len(r.Items))
	for i, item := range r.Items {
		scores[item] = float64(r.Scores[i])
	}
	return scores
}
