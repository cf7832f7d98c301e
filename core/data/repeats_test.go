package data

import (
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

// withReviews is a dataset whose rows have one review each, in the same order.
func withReviews(times bool, rows []row, reviews ...string) *fake {
	f := dataset(rows, times)
	f.capabilities = []contract.Capability{contract.CapabilityTexts}
	for i, text := range reviews {
		f.documents = append(f.documents, contract.TextChunk{
			Kinds: []contract.TextKind{contract.TextReview}, Users: []string{rows[i].user}, Items: []string{rows[i].item}, Texts: []string{text},
		})
	}
	return f
}

// texts loads everything of user a into training: y and z of b are held out.
func trainingTexts(t *testing.T, f *fake) ([]string, TextCounts) {
	t.Helper()
	s := mustLoad(t, f, Options{Texts: true, Split: SplitSpec{Method: MethodLeaveOneOut}})
	var out []string
	for _, d := range s.Training.Texts {
		out = append(out, d.Text)
	}
	return out, *s.Audit.Texts
}

// rest makes a leave-one-out split possible; it has no reviews.
var rest = []row{{"b", "x", 1, 1}, {"b", "y", 1, 2}, {"b", "z", 1, 3}}

func TestOneTextStaysOfEachKeptInteraction(t *testing.T) {
	for name, c := range map[string]struct {
		times   bool
		rows    []row
		reviews []string
		want    []string
	}{
		"the same line three times": {true, []row{{"a", "x", 5, 1}, {"a", "x", 5, 1}, {"a", "x", 5, 1}}, []string{"good", "good", "good"}, []string{"good"}},
		"rated again later":         {true, []row{{"a", "x", 5, 1}, {"a", "x", 1, 9}}, []string{"good", "bad"}, []string{"bad"}},
		"the later line first":      {true, []row{{"a", "x", 1, 9}, {"a", "x", 5, 1}}, []string{"bad", "good"}, []string{"bad"}},
		"two ratings at one time":   {true, []row{{"a", "x", 1, 9}, {"a", "x", 5, 9}}, []string{"bad", "good"}, []string{"good"}},
		"... in the other order":    {true, []row{{"a", "x", 5, 9}, {"a", "x", 1, 9}}, []string{"good", "bad"}, []string{"good"}},
		"two texts, nothing else":   {true, []row{{"a", "x", 5, 9}, {"a", "x", 5, 9}}, []string{"two", "one"}, []string{"one"}},
		"... read the other way":    {true, []row{{"a", "x", 5, 9}, {"a", "x", 5, 9}}, []string{"one", "two"}, []string{"one"}},
		"no times: the first":       {false, []row{{"a", "x", 5, 0}, {"a", "x", 1, 0}}, []string{"two", "one"}, []string{"two"}},
		"the kept one is blank":     {true, []row{{"a", "x", 5, 1}, {"a", "x", 1, 9}}, []string{"good", " "}, nil},
		"others stand between":      {true, []row{{"a", "x", 5, 1}, {"a", "w", 5, 2}, {"a", "x", 1, 9}}, []string{"good", "w", "bad"}, []string{"bad", "w"}},
	} {
		got, counts := trainingTexts(t, withReviews(c.times, append(slices.Clone(c.rows), rest...), c.reviews...))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: texts %q, want %q", name, got, c.want)
		}
		if kept := counts.Kept[contract.TextReview]; kept != len(c.want) || counts.Read != kept+counts.Repeated+counts.Empty {
			t.Errorf("%s: counts %+v", name, counts)
		}
	}
}

func TestRepeatedReviewsOfHeldOutPairsAreAllWithheld(t *testing.T) {
	rows := append(slices.Clone(rest), row{"b", "z", 1, 3}, row{"b", "z", 2, 1})
	got, counts := trainingTexts(t, withReviews(true, rows, "x", "y", "z", "z", "old z"))
	if !slices.Equal(got, []string{"x"}) || counts.Withheld != 4 {
		t.Errorf("texts %q, counts %+v", got, counts)
	}
}

func TestOneTextStaysOfEachItemAndKind(t *testing.T) {
	f := withReviews(true, rest)
	add := func(kind contract.TextKind, user, item, text string) {
		f.documents = append(f.documents, contract.TextChunk{Kinds: []contract.TextKind{kind}, Users: []string{user}, Items: []string{item}, Texts: []string{text}})
	}
	add(contract.TextTitle, "", "x", " ") // a blank one is none
	add(contract.TextTitle, "", "x", "title")
	add(contract.TextTitle, "", "x", "title again")
	add(contract.TextBrand, "", "x", "brand")
	add(contract.TextTitle, "", "y", "other item")
	add(contract.TextBiography, "b", "", "biography")
	add(contract.TextBiography, "b", "", "another")
	got, counts := trainingTexts(t, f)
	if want := []string{"title", "brand", "other item", "biography"}; !slices.Equal(got, want) || counts.Repeated != 2 || counts.Empty != 1 {
		t.Errorf("texts %q, want %q; counts %+v", got, want, counts)
	}
}

func TestValuesOfRepeatedPairsDoNotDependOnTheOrderOfRows(t *testing.T) {
	rows := append([]row{{"a", "x", 2, 9}, {"a", "x", 4, 9}, {"a", "x", 3, 9}}, rest...)
	for range 3 {
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
		s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodLeaveOneOut}})
		if got := s.Training.Interactions.Value[0]; got != 4 || s.Audit.Dropped.Duplicates != 2 {
			t.Errorf("value %v after %d duplicates, want 4 after 2", got, s.Audit.Dropped.Duplicates)
		}
	}
}
