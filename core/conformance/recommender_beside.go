package conformance

import (
	"fmt"
	"maps"
	"slices"

	"cllm4rec/core/contract"
)

// stream is the training data as a host sends them: interactions, then in the
// order of the contract what the capabilities ask for.
func (s *recommenderSuite) stream(set *contract.TrainChunk) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		for c, err := range Stream(set) {
			if !yield(c, err) {
				return
			}
		}
		for _, c := range s.asked(besides(set)) {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// asked are the chunks of the capabilities that the plugin has.
func (s *recommenderSuite) asked(all map[contract.Capability][]*contract.TrainChunk) []*contract.TrainChunk {
	var chunks []*contract.TrainChunk
	for _, capability := range dataCapabilities() {
		if s.info.Can(capability) {
			chunks = append(chunks, all[capability]...)
		}
	}
	return chunks
}

// dataCapabilities ask for data beside interactions, in the order of the contract.
func dataCapabilities() []contract.Capability {
	return []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilityFeatures, contract.CapabilitySide}
}

// besides is what a training set has beside its interactions.
func besides(set *contract.TrainChunk) map[contract.Capability][]*contract.TrainChunk {
	texts := &contract.TrainChunk{Texts: []contract.TrainText{
		{Kind: contract.TextReview, User: set.Users[0], Item: set.Items[0], Text: "i like it"},
		{Kind: contract.TextBiography, User: 1, Item: -1, Text: "somebody who likes odd things"},
	}}
	kind := &contract.TrainAttributes{Name: "kind", Entity: contract.EntityItem, Type: contract.AttributeCategory}
	price := &contract.TrainAttributes{Name: "price", Entity: contract.EntityItem, Type: contract.AttributeNumber}
	tags := &contract.TrainAttributes{Name: "tags", Entity: contract.EntityItem, Type: contract.AttributeSet}
	note := &contract.TrainAttributes{
		Name: "note", Entity: contract.EntityUser, Type: contract.AttributeText, Rows: []int32{2}, Values: contract.Values{Words: []string{"a note"}},
	}
	dense := &contract.FeatureChunk{Name: "dense", Entity: contract.EntityItem, Width: 2}
	sparse := &contract.FeatureChunk{
		Name: "sparse", Entity: contract.EntityUser, Width: 5, Rows: []int32{3, 1}, Offsets: []int64{0, 2, 2}, Columns: []int32{0, 4}, Values: []float32{1, 0.5},
	}
	side := &contract.SideChunk{Name: "words"}
	for i := range int32(SuiteItems - 1) { // the last item has nothing
		texts.Texts = append(texts.Texts, contract.TrainText{Kind: contract.TextTitle, User: -1, Item: i, Text: "thing of the " + taste(int(i)) + " kind"})
		kind.Rows, kind.Words = append(kind.Rows, i), append(kind.Words, taste(int(i)))
		price.Rows, price.Numbers = append(price.Rows, i), append(price.Numbers, float64(i)/2)
		tags.Rows, tags.Sets = append(tags.Rows, i), append(tags.Sets, []string{taste(int(i)), fmt.Sprint("shelf ", i/4)})
		dense.Rows, dense.Dense = append(dense.Rows, i), append(dense.Dense, float32(i%2)/10, 0.1)
		side.Rows, side.Items, side.Weights = append(side.Rows, i%2), append(side.Items, i), append(side.Weights, 0.5)
	}
	return map[contract.Capability][]*contract.TrainChunk{
		contract.CapabilityTexts:      {texts},
		contract.CapabilityAttributes: {{Attributes: kind}, {Attributes: price}, {Attributes: tags}, {Attributes: note}},
		contract.CapabilityFeatures:   {{Features: dense}, {Features: sparse}},
		contract.CapabilitySide:       {{Side: side}},
	}
}

// beside: what an experiment does not have does not come, so a plugin works without
// it or says that it is needed; a row of nobody is bad data. (All other tests send
// what is asked for and nothing else.)
func (s *recommenderSuite) beside(t T) {
	if err := s.take(t.Context(), s.fresh(t), s.spec(1), Stream(s.set)); err != nil && !contract.IsBadInput(err) {
		t.Errorf("interactions alone: error %v, want none or one that says what is needed", err)
	}
	wrong := map[contract.Capability]*contract.TrainChunk{
		contract.CapabilityTexts: {Texts: []contract.TrainText{{Kind: contract.TextTitle, User: -1, Item: SuiteItems, Text: "of nothing"}}},
		contract.CapabilityAttributes: {Attributes: &contract.TrainAttributes{
			Name: "kind", Entity: contract.EntityItem, Type: contract.AttributeCategory, Rows: []int32{SuiteItems}, Values: contract.Values{Words: []string{"x"}},
		}},
		contract.CapabilityFeatures: {Features: &contract.FeatureChunk{
			Name: "dense", Entity: contract.EntityItem, Width: 1, Rows: []int32{SuiteItems}, Dense: []float32{1},
		}},
		contract.CapabilitySide: {Side: &contract.SideChunk{Name: "words", Rows: []int32{0}, Items: []int32{SuiteItems}, Weights: []float32{1}}},
	}
	for _, capability := range slices.Sorted(maps.Keys(wrong)) {
		if !s.info.Can(capability) {
			continue
		}
		err := s.take(t.Context(), s.fresh(t), s.spec(1), func(yield func(*contract.TrainChunk, error) bool) {
			for c, err := range Stream(s.set) {
				if !yield(c, err) {
					return
				}
			}
			yield(wrong[capability], nil)
		})
		if err == nil || !contract.IsBadInput(err) {
			t.Errorf("%s of item %d of %d: error %v, want an ErrBadData", capability, SuiteItems, SuiteItems, err)
		}
	}
}
