package neighbours

import (
	"cmp"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

type selectionCase struct {
	Values []float64
	K      int
	Kept   []int32
}

func selections(t *testing.T) []selectionCase {
	t.Helper()
	var f struct{ Selections []selectionCase }
	raw, err := os.ReadFile("testdata/fixture.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f.Selections
}

func TestSelectionKeepsWhatNumPyKeeps(t *testing.T) {
	for _, s := range selections(t) {
		kept := slices.Clone(largest(s.Values, s.K, make([]int32, len(s.Values))))
		slices.Sort(kept)
		if !slices.Equal(kept, s.Kept) {
			t.Errorf("the %d largest of %d: %v, NumPy has %v", s.K, len(s.Values), kept, s.Kept)
		}
	}
}

func TestSelectionKeepsTheLargest(t *testing.T) {
	for _, s := range selections(t) {
		for k := 1; k < len(s.Values); k += 1 + k/3 {
			sorted := slices.Clone(s.Values)
			slices.Sort(sorted)
			var got []float64
			for _, i := range largest(s.Values, k, make([]int32, len(s.Values))) {
				got = append(got, s.Values[i])
			}
			slices.Sort(got)
			if want := sorted[len(sorted)-k:]; !slices.Equal(got, want) {
				t.Fatalf("the %d largest of %d have the values %v, want %v", k, len(s.Values), got, want)
			}
		}
	}
}

func TestEqualNeighboursStayByTheRule(t *testing.T) {
	list := []Entry{{4, 1}, {2, 1}, {3, 2}, {0, 1}}
	var s Selector
	if got := s.Keep(slices.Clone(list), 2, TiesIndex, 5); !slices.Equal(got, []Entry{{3, 2}, {0, 1}}) {
		t.Errorf("by index %v", got)
	}
	for range 2 { // the second time shows that the scratch was cleared
		if got := s.Keep(list, 1, TiesPartition, 5); !slices.Equal(got, []Entry{{3, 2}}) {
			t.Errorf("by partition %v", got)
		}
	}
	if got := s.Keep(list, 0, TiesIndex, 5); len(got) != 4 {
		t.Errorf("all: %v", got)
	}
}

func TestSmallestIndexKeepsTheFirstOfTheSortedList(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		list := make([]Entry, 1+rng.IntN(60))
		for i, index := range rng.Perm(len(list)) {
			list[i] = Entry{int32(index), float64(rng.IntN(6))}
		}
		sorted, n := slices.SortedFunc(slices.Values(list), func(a, b Entry) int {
			return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Index, b.Index))
		}), 1+rng.IntN(len(list))
		var s Selector
		if got := s.Keep(list, n, TiesIndex, len(list)); n < len(list) && !slices.Equal(got, sorted[:n]) {
			t.Fatalf("%d of %v: %v", n, list, got)
		}
	}
}

func TestMatrixIsTheSameFromEitherSide(t *testing.T) {
	byTarget := FromTargets([][]Entry{{{1, 5}, {2, 6}}, {{0, 7}}, nil})
	bySource := FromSources([][]Entry{{{1, 7}}, {{0, 5}}, {{0, 6}}})
	if !slices.Equal(byTarget.Ptr, bySource.Ptr) || !slices.Equal(byTarget.Entries, bySource.Entries) {
		t.Errorf("%+v and %+v", byTarget, bySource)
	}
	row := make([]float64, 3)
	byTarget.Score([]int32{2, 1, 0}, row)
	if !slices.Equal(row, []float64{11, 7, 0}) {
		t.Errorf("scores %v", row)
	}
}

func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	x := &linalg.CSR{Rows: 2, Cols: 4, Ptr: []int{0, 3, 4}, Index: []int32{0, 1, 2, 3}}
	if err := CheckItems(x, 5, "ItemKNN"); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "neighbours is 5, and there are only 4 items") {
		t.Errorf("more neighbours than items: error %v", err)
	}
	if got := Pairs(x); got != 10 {
		t.Errorf("%v pairs, want 9 and 1", got)
	}
	wide := &linalg.CSR{Rows: 1, Cols: 3_000_000, Ptr: []int{0, 2_000_000}, Index: make([]int32, 2_000_000)}
	if err := CheckItems(wide, 0, "ItemKNN"); !errors.Is(err, contract.ErrOutOfMemory) {
		t.Errorf("a history of two million items: error %v", err)
	}
	if err := errors.Join(CheckItems(wide, 2, "ItemKNN"), CheckItems(x, 4, "ItemKNN"), Check(0, 0, "users")); err != nil {
		t.Error(err)
	}
}
