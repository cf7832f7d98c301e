package contracttest

import (
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
)

// begun is a FakeEpochs over the suite's training set.
func begun(t *testing.T, params string) *FakeEpochs {
	t.Helper()
	r := NewFakeEpochs()
	configure(t, r, params)
	spec := contract.FitSpec{Users: conformance.SuiteUsers, Items: conformance.SuiteItems, Seed: 11}
	if err := r.Begin(t.Context(), spec, conformance.Stream(TrainingSet())); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *FakeEpochs) mustLearn(t *testing.T, number int) contract.EpochResult {
	t.Helper()
	result, err := r.Epoch(t.Context(), contract.EpochSpec{Number: number, Seed: 5}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// ownTaste is the share of items of the user's taste among the best five that the
// user does not have.
func ownTaste(t *testing.T, r contract.Recommender) float64 {
	t.Helper()
	queries, hits, all := conformance.QueriesOf(TrainingSet(), conformance.SuiteItems), 0, 0
	rankings, err := r.Rank(t.Context(), contract.RankSpec{}, queries)
	if err != nil {
		t.Fatal(err)
	}
	for u, ranking := range rankings[:conformance.SuiteUsers-1] {
		for _, item := range conformance.Unseen(ranking.Items, queries[u].History)[:5] {
			all++
			if int(item)%2 == u%2 {
				hits++
			}
		}
	}
	return float64(hits) / float64(all)
}

func TestTheFakeEpochsRiseToTheirPeakAndFall(t *testing.T) {
	r := begun(t, `{"peak": 4}`)
	var quality []float64
	for n := 1; n <= 8; n++ {
		r.mustLearn(t, n)
		quality = append(quality, ownTaste(t, r))
	}
	for i, q := range quality {
		if i != 3 && q >= quality[3] {
			t.Errorf("the best epoch is not 4: %.2f", quality)
		}
	}
	if quality[3] < 0.7 || quality[7] > 0.3 {
		t.Errorf("quality goes %.2f, want more than 0.7 after epoch 4 and less than 0.3 after epoch 8", quality)
	}
}

func TestFeaturesMoveTheFakeEpochs(t *testing.T) {
	plain, moved := NewFakeEpochs(), NewFakeEpochs()
	spec := contract.FitSpec{Users: 2, Items: 3, Seed: 1}
	dense := &contract.FeatureChunk{Name: "x", Entity: contract.EntityItem, Width: 2, Rows: []int32{1}, Dense: []float32{5, 7}}
	sparse := &contract.FeatureChunk{Name: "y", Entity: contract.EntityUser, Width: 9, Rows: []int32{0}, Offsets: []int64{0, 1}, Columns: []int32{5}, Values: []float32{3}}
	for r, chunks := range map[*FakeEpochs][]*contract.TrainChunk{plain: {{}}, moved: {{Features: dense}, {Features: sparse}}} {
		configure(t, r, "{}")
		err := r.Begin(t.Context(), spec, func(yield func(*contract.TrainChunk, error) bool) {
			for _, c := range chunks {
				if !yield(c, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := map[int]float64{plain.model.itemAt(1): 5, plain.model.itemAt(1) + 1: 7, plain.model.userAt(0) + 1: 3}
	for i := range plain.model.z {
		if got := moved.model.z[i] - plain.model.z[i]; got < want[i]-1e-9 || got > want[i]+1e-9 {
			t.Errorf("value %d moved by %v, want %v", i, got, want[i])
		}
	}
}

func TestAChangedByteOfAFakeStateIsNoticedOrIsAValue(t *testing.T) {
	r, path := begun(t, `{}`), filepath.Join(t.TempDir(), "state")
	if err := r.Save(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := len(data) - 16*len(r.model.z)
	for i := range values + 1 {
		for name, damaged := range map[string][]byte{"changed": append([]byte(nil), data...), "cut": data[:i]} {
			if name == "changed" {
				damaged[i] ^= 1
			}
			if _, err := parseState(damaged); err == nil && (name == "cut" || i < values) && !sameButForNumbers(data, damaged, i) {
				t.Errorf("byte %d %s: no error", i, name)
			}
		}
	}
}

// sameButForNumbers reports whether a changed byte only makes another epoch.
func sameButForNumbers(data, damaged []byte, i int) bool {
	a, errA := parseState(data)
	b, errB := parseState(damaged)
	return errA == nil && errB == nil && a.epoch != b.epoch && a.users == b.users && i < len(data)
}
