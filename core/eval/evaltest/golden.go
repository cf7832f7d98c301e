// Package evaltest holds what the tests of recommenders share: the research
// data sets beside the repository as splits, and golden rows of metrics.
package evaltest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"strconv"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/sharedtest"
)

// Golden is a row of a table of known results: one value per metric, rounded to
// four decimals.
type Golden struct {
	Part    contract.Part
	Metrics []string
	Values  []float64
	Options eval.Options // but for Metrics
}

// CheckGolden evaluates a fitted recommender and compares it with golden rows.
func CheckGolden(t *testing.T, r eval.Ranker, split *data.Split, rows ...Golden) {
	t.Helper()
	for _, row := range rows {
		CheckNear(t, r, split, row, 0.5e-4+1e-9)
	}
}

// CheckNear evaluates a fitted recommender and compares it with a row: each metric may
// differ by so much.
func CheckNear(t *testing.T, r eval.Ranker, split *data.Split, row Golden, tolerance float64) {
	t.Helper()
	var err error
	if row.Options.Metrics, err = eval.ParseMetrics(row.Metrics); err != nil {
		t.Fatal(err)
	}
	result, err := eval.Evaluate(t.Context(), r, split, row.Part, row.Options)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range row.Metrics {
		if got, _ := result.Mean(name); math.Abs(got-row.Values[i]) > tolerance {
			t.Errorf("%s %s = %.6f, want %.4f", row.Part, name, got, row.Values[i])
		}
	}
}

// Fit configures a recommender and fits it to the training part of a split, and to what
// is to come beside the interactions.
func Fit(t testing.TB, r contract.Recommender, params string, split *data.Split, beside ...*contract.TrainChunk) {
	t.Helper()
	if _, err := r.Configure(t.Context(), []byte(params)); err != nil {
		t.Fatal(err)
	}
	spec := contract.FitSpec{Users: split.Users.Len(), Items: split.Items.Len(), Seed: 1}
	train := func(yield func(*contract.TrainChunk, error) bool) {
		more := true
		for chunk, err := range Train(split.Training.Interactions, 10000) {
			more = more && yield(chunk, err)
		}
		for _, chunk := range beside {
			more = more && yield(chunk, nil)
		}
	}
	if err := r.Fit(t.Context(), spec, train, nil); err != nil {
		t.Fatal(err)
	}
}

// Side are side interactions for Fit: rows of pseudo-users with a weight for every item,
// of which those above zero are sent; none without rows.
func Side(rows [][]float32) []*contract.TrainChunk {
	if len(rows) == 0 {
		return nil
	}
	side := &contract.SideChunk{Name: "given"}
	for u, row := range rows {
		for item, w := range row {
			if w > 0 {
				side.Rows, side.Items, side.Weights = append(side.Rows, int32(u)), append(side.Items, int32(item)), append(side.Weights, w)
			}
		}
	}
	return []*contract.TrainChunk{{Side: side}}
}

// Train streams interactions in chunks of at most size.
func Train(x *data.Interactions, size int) contract.Train {
	users := make([]int32, 0, x.Len())
	for u := range x.Users {
		for range x.Row(u) {
			users = append(users, int32(u))
		}
	}
	return func(yield func(*contract.TrainChunk, error) bool) {
		for lo := 0; lo < x.Len(); lo += size {
			hi := min(lo+size, x.Len())
			if !yield(&contract.TrainChunk{Users: users[lo:hi], Items: x.Item[lo:hi]}, nil) {
				return
			}
		}
	}
}

// Shared is the path of a data set in the folder shared/data beside the
// repository; see sharedtest.Path.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	return sharedtest.Path(t, path.Join(append([]string{"data"}, elem...)...))
}

// load makes a split of rows that a test has read.
func load(t testing.TB, rows []*contract.InteractionChunk, o data.Options) *data.Split {
	t.Helper()
	split, err := data.Load(t.Context(), &memory{rows: rows}, o)
	if err != nil {
		t.Fatal(err)
	}
	return split
}

// memory is a dataset of rows that are in memory.
type memory struct{ rows []*contract.InteractionChunk }

func (m *memory) Info(context.Context) (contract.Info, error) {
	return contract.Info{Kind: contract.KindDataset, Name: "memory", Capabilities: []contract.Capability{contract.CapabilityGivenSplit}}, nil
}

func (m *memory) Interactions(_ context.Context, yield func(*contract.InteractionChunk) error) error {
	for _, chunk := range m.rows {
		if err := yield(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Texts(context.Context, func(*contract.TextChunk) error) error {
	return contract.Errorf(contract.ErrUnsupported, "no texts")
}

func (m *memory) Configure(_ context.Context, p json.RawMessage) (json.RawMessage, error) {
	return p, nil
}

func (m *memory) Close(context.Context) error { return nil }

func check(t testing.TB, err error, what string) {
	t.Helper()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", what, err))
	}
}

// PaperRow is a row in the metrics of the CLLM4Rec paper, recall_min@20,
// recall_min@40 and ndcg@100, with the training items masked.
func PaperRow(part contract.Part, values ...float64) Golden {
	return Golden{
		Part: part, Metrics: []string{"recall_min@20", "recall_min@40", "ndcg@100"}, Values: values,
		Options: eval.Options{Ties: contract.Ties{Rule: contract.TiesIndex}},
	}
}

// LeaveOneOutRow is a test row in HR and NDCG at 5, 10 and 20, where all of the
// history, validation item included, is known and masked.
func LeaveOneOutRow(values ...float64) Golden {
	return Golden{
		Part: contract.PartTest, Metrics: []string{"hr@5", "ndcg@5", "hr@10", "ndcg@10", "hr@20", "ndcg@20"}, Values: values,
		Options: eval.Options{Mask: eval.RuleTrainValidation, History: eval.RuleTrainValidation, Ties: contract.Ties{Rule: contract.TiesIndex}},
	}
}

// SplitOf is a split whose training part is a dense binary matrix and that has
// nothing held out.
func SplitOf(x [][]int) *data.Split {
	train := &data.Interactions{Users: len(x), Items: len(x[0]), Ptr: []int{0}}
	for _, row := range x {
		for item, one := range row {
			if one == 1 {
				train.Item = append(train.Item, int32(item))
			}
		}
		train.Ptr = append(train.Ptr, len(train.Item))
	}
	ids := func(n int) *data.Vocabulary {
		all := make([]string, n)
		for i := range all {
			all[i] = strconv.Itoa(i)
		}
		return data.NewVocabulary(all)
	}
	return &data.Split{Name: "given", Users: ids(train.Users), Items: ids(train.Items), Training: data.Training{Interactions: train}}
}

// CheckScores ranks all items for every user of a split and compares the scores
// [user][item], relative to 1 where they are smaller.
func CheckScores(t *testing.T, r eval.Ranker, split *data.Split, want [][]float64, tolerance float64) {
	t.Helper()
	for u := range want {
		q := contract.Query{User: int32(u), History: split.Training.Interactions.Row(u), K: int32(split.Items.Len())}
		got, err := r.Rank(t.Context(), contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}, []contract.Query{q})
		if err != nil {
			t.Fatal(err)
		}
		for i, item := range got[0].Items {
			score, w := float64(got[0].Scores[i]), want[u][item]
			if math.Abs(score-w) > tolerance*max(1, math.Abs(w)) {
				t.Fatalf("user %d, item %d: score %v, want %v", u, item, score, w)
			}
		}
	}
}
