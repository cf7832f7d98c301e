package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/record"
)

// withRankings gives every finished record of the sample a ranking of its 50
// users over 4 items; item 0 is what all are tested on. Methods put it at another
// place.
func withRankings(from records) {
	train, test := &data.Interactions{Users: 50, Items: 4, Ptr: []int{0}}, &data.Interactions{Users: 50, Items: 4, Ptr: []int{0}}
	prepared := &record.SplitData{Items: []string{"a", "b", "c", "d"}, Training: train, Test: test}
	for u := range 50 {
		train.Item, test.Item = append(train.Item, int32(1+u%3)), append(test.Item, 0)
		train.Ptr, test.Ptr = append(train.Ptr, u+1), append(test.Ptr, u+1)
	}
	for key, s := range from {
		if s.users == nil {
			continue
		}
		prepared.Users = s.users.Users
		s.rankings = &eval.Rankings{Depth: 3}
		for u := range 50 {
			items := []int32{1, 0, 2}
			if strings.HasPrefix(key, "hash-1") && u%5 > 0 {
				items = []int32{0, 1, 2}
			}
			s.rankings.Users = append(s.rankings.Users, int32(u))
			s.rankings.Lists = append(s.rankings.Lists, contract.Ranking{Items: items, Scores: []float32{3, 2, 1}})
		}
		s.data = prepared
		from[key] = s
	}
}

func TestMetricsThatRecordsLackComeFromTheirRankings(t *testing.T) {
	plan, from := sample()
	withRankings(from)
	r, err := Build(plan, from, Options{Metrics: []string{"recall@20", "mrr@2", "coverage@3", "popularity@1"}})
	if err != nil {
		t.Fatal(err)
	}
	a, b := r.Tables[0].Rows[0].Cells, r.Tables[0].Rows[1].Cells
	if a[1].Mean != 0.5 || b[1].Mean != 0.9 || a[1].Low == nil || b[1].Against != 1 {
		t.Errorf("mrr@2: %+v and %+v", a[1], b[1])
	}
	if a[2].Mean != 0.75 || a[2].Low != nil || a[2].Seeds != 2 || b[2].Against != 0 || b[2].Best {
		t.Errorf("coverage@3: %+v and %+v", a[2], b[2])
	}
	if a[3].Mean != 17 || b[3].Mean >= 17 || a[3].Best || b[3].Against != -1 {
		t.Errorf("popularity@1: %+v and %+v", a[3], b[3])
	}
	var text bytes.Buffer
	if err := r.Write(&text, Terminal, Screen{AllNotes: true}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"without interval and test: coverage@3.", "higher and lower): popularity@1.", "coverage@3 = share of all items"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("the notes lack %q:\n%s", part, text.String())
		}
	}
}

func TestAMetricDeeperThanWhatIsStoredNamesTheDepth(t *testing.T) {
	plan, from := sample()
	withRankings(from)
	for key, s := range from {
		if s.data != nil {
			s.data.Test.Items, s.data.Training.Items = 9, 9
		}
		from[key] = s
	}
	_, err := Build(plan, from, Options{Metrics: []string{"mrr@4"}})
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "mrr@4 looks at 4 items, and the rankings hold the first 3") || !strings.Contains(err.Error(), "evaluate.metrics") {
		t.Errorf("got %v", err)
	}
}

func TestARecordWithoutRankingsSaysHowToGetThem(t *testing.T) {
	plan, from := sample()
	_, err := Build(plan, from, Options{Metrics: []string{"mrr@4"}})
	if !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "neither values of mrr@4 nor rankings") {
		t.Errorf("got %v", err)
	}
}
