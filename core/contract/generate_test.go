package contract

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// chain gives logits that depend on the whole sequence, the same ones each time.
func chain(items int, seed uint64) func([][]int32) ([][]float32, error) {
	return func(sequences [][]int32) ([][]float32, error) {
		rows := make([][]float32, len(sequences))
		for i, s := range sequences {
			key := seed
			for _, item := range s {
				key = Mix64(key + uint64(item) + 1)
			}
			rng := rand.New(rand.NewPCG(key, uint64(len(s))))
			for range items {
				rows[i] = append(rows[i], float32(2*rng.NormFloat64()))
			}
		}
		return rows, nil
	}
}

// likelihood is ln p of a sequence.
func likelihood(t *testing.T, logits func([][]int32) ([][]float32, error), sequence []int32) (sum float64) {
	t.Helper()
	for k, item := range sequence {
		rows, err := logits([][]int32{sequence[:k]})
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for _, z := range rows[0] {
			total += math.Exp(float64(z))
		}
		sum += float64(rows[0][item]) - math.Log(total)
	}
	return sum
}

// every lists all sequences of a length.
func every(items, length int) (all [][]int32) {
	all = [][]int32{nil}
	for range length {
		var longer [][]int32
		for _, s := range all {
			for j := range items {
				longer = append(longer, append(slices.Clone(s), int32(j)))
			}
		}
		all = longer
	}
	return all
}

func TestAWideBeamFindsTheLikeliestOfAllSequences(t *testing.T) {
	const items, length = 5, 4
	narrower := 0
	for seed := range uint64(20) {
		logits := chain(items, seed)
		var best []int32
		most := math.Inf(-1)
		for _, s := range every(items, length) {
			if p := likelihood(t, logits, s); p > most {
				best, most = s, p
			}
		}
		got, err := Generation{Items: length, Beams: 625}.Search(items, logits)
		if err != nil || !slices.Equal(got, best) {
			t.Errorf("seed %d: %v, error %v, want %v of likelihood %v", seed, got, err, best, most)
		}
		before := math.Inf(-1)
		for _, beams := range []int32{1, 625} {
			s, err := Generation{Items: length, Beams: beams}.Search(items, logits)
			p := likelihood(t, logits, s)
			if err != nil || p < before-1e-9 {
				t.Errorf("seed %d: %d beams find %v, after %v with one", seed, beams, p, before)
			}
			if beams > 1 && p > before+1e-9 {
				narrower++
			}
			before = p
		}
	}
	if narrower == 0 {
		t.Error("one beam found the likeliest sequence each time: the search is not put to a test")
	}
}

func TestOneBeamTakesTheLikeliestItemEachTime(t *testing.T) {
	logits, want := chain(7, 3), []int32(nil)
	for range 5 {
		rows, _ := logits([][]int32{want})
		want = append(want, int32(slices.Index(rows[0], slices.Max(rows[0]))))
	}
	if got, err := (Generation{Items: 5, Beams: 1}).Search(7, logits); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, error %v, want %v", got, err, want)
	}
}

func TestEquallyLikelySequencesAreOrderedByItem(t *testing.T) {
	same := func(sequences [][]int32) ([][]float32, error) {
		return slices.Repeat([][]float32{{1, 1, 1}}, len(sequences)), nil
	}
	if got, err := (Generation{Items: 2, Beams: 4}).Search(3, same); err != nil || !slices.Equal(got, []int32{0, 0}) {
		t.Errorf("%v, error %v", got, err)
	}
}

func TestAGeneratedSequenceIsARankingByFirstPlaces(t *testing.T) {
	r, err := TopK(Generation{Items: 4}.Scores(6, []int32{3, 1, 3, 5}), 6, Ties{Rule: TiesIndex})
	if err != nil || !slices.Equal(r.Items, []int32{3, 1, 5, 0, 2, 4}) || !slices.Equal(r.Scores, []float32{4, 3, 1, 0, 0, 0}) {
		t.Errorf("%+v, error %v", r, err)
	}
}

func TestLogitsThatAreNoNumbersAreNamed(t *testing.T) {
	broken := func(sequences [][]int32) ([][]float32, error) { return [][]float32{{1, float32(math.NaN())}}, nil }
	if _, err := (Generation{Items: 1, Beams: 2}).Search(2, broken); !errors.Is(err, ErrNonFinite) {
		t.Errorf("error %v", err)
	}
}
