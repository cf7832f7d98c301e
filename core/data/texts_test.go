package data

import (
	"math"
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

func withTexts() *fake {
	f := &fake{
		capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityGivenSplit},
		chunks: []contract.InteractionChunk{
			{Part: contract.PartTrain, Users: []string{"a", "b"}, Items: []string{"x", "x"}, Values: []float32{5, 5}},
			{Part: contract.PartTrain, Users: []string{"a", "c"}, Items: []string{"z", "w"}, Values: []float32{1, 1}},
			{Part: contract.PartTest, Users: []string{"a", "b"}, Items: []string{"y", "z"}, Values: []float32{5, 5}},
			{Part: contract.PartValidation, Users: []string{"b"}, Items: []string{"y"}, Values: []float32{5}},
		},
	}
	add := func(kind contract.TextKind, user, item, text string) {
		f.documents = append(f.documents, contract.TextChunk{Kinds: []contract.TextKind{kind}, Users: []string{user}, Items: []string{item}, Texts: []string{text}})
	}
	add(contract.TextReview, "a", "x", "good")       // training: kept
	add(contract.TextReview, "a", "y", "held out")   // test
	add(contract.TextReview, "b", "y", "held out")   // validation
	add(contract.TextReview, "a", "z", "low rating") // both known, pair filtered away
	add(contract.TextReview, "c", "x", "gone user")
	add(contract.TextTitle, "", "y", "title of a test item") // kept
	add(contract.TextTitle, "", "w", "gone item")
	add(contract.TextBiography, "b", "", "likes x") // kept
	add(contract.TextTags, "", "x", " \n")          // empty
	return f
}

func TestTrainingSeesNoTextAboutHeldOutPairs(t *testing.T) {
	o := Options{Texts: true, Filter: Filter{MinValue: minValue(4)}, Split: SplitSpec{Method: MethodGiven}}
	s := mustLoad(t, withTexts(), o)
	var texts []string
	for _, d := range s.Training.Texts {
		texts = append(texts, d.Text)
	}
	if want := []string{"good", "title of a test item", "likes x"}; !slices.Equal(texts, want) {
		t.Errorf("texts %q, want %q", texts, want)
	}
	c := s.Audit.Texts
	if c.Read != 9 || c.Withheld != 2 || c.Filtered != 3 || c.Empty != 1 || c.Kept[contract.TextTitle] != 1 {
		t.Errorf("counts %+v", *c)
	}
	if d := s.Training.Texts[1]; d.User != -1 || s.Items.ID(d.Item) != "y" {
		t.Errorf("title has user %d and item %d", d.User, d.Item)
	}
}

func TestTextsAreReadOnlyWhenAskedFor(t *testing.T) {
	s := mustLoad(t, withTexts(), Options{Split: SplitSpec{Method: MethodGiven}})
	if s.Training.Texts != nil || s.Audit.Texts != nil {
		t.Error("texts without Options.Texts")
	}
	f := withTexts()
	f.capabilities = f.capabilities[1:]
	wantError(t, f, Options{Texts: true, Split: SplitSpec{Method: MethodGiven}}, contract.ErrUnsupported, "has no texts")
}

func TestDamagedTextsAreNamed(t *testing.T) {
	chunk := func(kind contract.TextKind, user, item, text string) contract.TextChunk {
		return contract.TextChunk{Kinds: []contract.TextKind{kind}, Users: []string{user}, Items: []string{item}, Texts: []string{text}}
	}
	for want, c := range map[string]contract.TextChunk{
		`nearest: "review"`:                     chunk("reveiw", "a", "x", "t"),
		`a title with user "a"`:                 chunk(contract.TextTitle, "a", "x", "t"),
		`a review with user "a" and item ""`:    chunk(contract.TextReview, "a", "", "t"),
		`a biography with user "" and item "x"`: chunk(contract.TextBiography, "", "x", "t"),
		`text 10: the text of the title`:        chunk(contract.TextTitle, "", "x", "\xff"),
		`text 10: the chunk has 1 texts, 0 kin`: {Texts: []string{"t"}},
	} {
		f := withTexts()
		f.documents = append(f.documents, c)
		wantError(t, f, Options{Texts: true, Split: SplitSpec{Method: MethodGiven}}, contract.ErrBadData, want)
	}
}

func TestAuditCountsColdUsersAndItems(t *testing.T) {
	f := &fake{capabilities: []contract.Capability{contract.CapabilityGivenSplit}, chunks: []contract.InteractionChunk{
		{Part: contract.PartTrain, Users: []string{"a", "a", "b"}, Items: []string{"x", "y", "x"}, Times: []int64{10, 40, 20}},
		{Part: contract.PartTest, Users: []string{"a", "c", "b"}, Items: []string{"w", "x", "y"}, Times: []int64{30, 5, 50}},
	}}
	a := mustLoad(t, f, Options{Split: SplitSpec{Method: MethodGiven}}).Audit
	if a.ColdTestUsers != 1 || a.ColdTestItems != 1 || a.ColdTest != 2 || a.UsersWithoutTest != 0 {
		t.Errorf("cold users %d, items %d, interactions %d", a.ColdTestUsers, a.ColdTestItems, a.ColdTest)
	}
	if near := func(x, y float64) bool { return math.Abs(x-y) < 1e-12 }; !near(a.Leak.OwnFuture, 1./3) || !near(a.Leak.AnyFuture, (1./3+1+0)/3) || !near(a.Density, 6./9) {
		t.Errorf("leak %+v, density %v", *a.Leak, a.Density)
	}
	if a.Test != (PartCounts{3, 3, 3}) || a.Train != (PartCounts{3, 2, 2}) || a.Order != OrderTime {
		t.Errorf("parts %+v, order %s", a, a.Order)
	}
}

func TestGiniOfKnownDistributions(t *testing.T) {
	for want, counts := range map[float64][]int{0: {3, 3, 3}, 0.75: {0, 0, 0, 8}, 0.25: {1, 3}} {
		if got := Gini(counts); math.Abs(got-want) > 1e-12 {
			t.Errorf("Gini(%v) = %v, want %v", counts, got, want)
		}
	}
}

func TestVocabularyOrdersByNumberOnlyWhenAllIDsAreNumbers(t *testing.T) {
	for _, c := range [][2][]string{
		{{"10", "9", "0", "10"}, {"0", "9", "10"}},
		{{"10", "9", "007"}, {"007", "10", "9"}},
		{{"b", "10", "9"}, {"10", "9", "b"}},
		{{"99999999999999999999", "100000000000000000000"}, {"99999999999999999999", "100000000000000000000"}},
	} {
		v := NewVocabulary(c[0])
		if !slices.Equal(v.IDs(), c[1]) {
			t.Errorf("ids %v, want %v", v.IDs(), c[1])
		}
		for i, id := range c[1] {
			if got, ok := v.Index(id); !ok || got != int32(i) || v.ID(int32(i)) != id {
				t.Errorf("id %q has index %d", id, got)
			}
		}
	}
	if _, ok := NewVocabulary(nil).Index("x"); ok {
		t.Error("an unknown id has an index")
	}
}
