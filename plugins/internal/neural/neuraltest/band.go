package neuraltest

import (
	"context"
	"os"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/core/train"
)

// Band is a row of known results that a trained model must reach.
type Band struct {
	Params string
	Epochs int // at most
	Every  int // epochs between validations
	// Patience is how many validations without a better one end the training.
	Patience int
	// Row is of the test part; its values are the least.
	Row evaltest.Golden
	// Beside comes behind the interactions, such as attributes; may be nil.
	Beside []*contract.TrainChunk
	// Slack is how far below a value a metric may be.
	Slack float64
}

// Reaches trains on a split, chooses the epoch by the sum of the row's metrics on
// validation, and holds the test part against the row. It takes minutes and runs
// only where CLLM4REC_SLOW is set.
func Reaches(t *testing.T, r Recommender, split func(testing.TB) *data.Split, b Band) {
	if os.Getenv("CLLM4REC_SLOW") == "" {
		t.Skip("SKIPPED: training takes minutes; set CLLM4REC_SLOW=1")
	}
	s, l := split(t), learner{Recommender: r}
	_, err := r.Configure(t.Context(), []byte(b.Params))
	check(t, err)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	spec := contract.FitSpec{Users: s.Users.Len(), Items: s.Items.Len(), Seed: 1}
	check(t, r.Begin(t.Context(), spec, b.stream(s)))
	loop := train.Loop{
		Stage: "train", Epochs: b.Epochs, Dir: t.TempDir(), Best: "best.state",
		Selection: train.Selection{Rule: train.Best, Every: b.Every, Patience: b.Patience},
		Validate:  func(context.Context) (float64, error) { return sum(b.measure(t, r, s, contract.PartValidation)), nil },
		Log: func(e train.Entry) {
			if e.Validation != nil {
				t.Logf("epoch %d: validation %.4f, %.1f s an epoch", e.Epoch, *e.Validation, l.seconds)
			}
		},
	}
	var state train.State
	check(t, loop.Run(t.Context(), &l, &state))
	got := b.measure(t, r, s, contract.PartTest)
	t.Logf("best epoch %d; test %v = %.4f, validation %.4f", state.Best.Epoch, b.Row.Metrics, got, b.measure(t, r, s, contract.PartValidation))
	for i, name := range b.Row.Metrics {
		if got[i] < b.Row.Values[i]-b.Slack {
			t.Errorf("%s is %.4f, expected %.4f at least (slack %.4f)", name, got[i], b.Row.Values[i], b.Slack)
		}
	}
}

// stream is the training part and what comes beside it.
func (b Band) stream(s *data.Split) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		for c, err := range evaltest.Train(s.Training.Interactions, 10000) {
			if !yield(c, err) {
				return
			}
		}
		for _, c := range b.Beside {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// measure gives the row's metrics on a part; validation knows nothing of itself.
func (b Band) measure(t *testing.T, r eval.Ranker, s *data.Split, part contract.Part) []float64 {
	t.Helper()
	o := b.Row.Options
	if part == contract.PartValidation {
		o.Mask, o.History = "", ""
	}
	var err error
	o.Metrics, err = eval.ParseMetrics(b.Row.Metrics)
	check(t, err)
	result, err := eval.Evaluate(t.Context(), r, s, part, o)
	check(t, err)
	values := make([]float64, len(b.Row.Metrics))
	for i, name := range b.Row.Metrics {
		values[i], _ = result.Mean(name)
	}
	return values
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// learner is a Recommender as what the loop trains.
type learner struct {
	Recommender
	seconds float64 // of the last epoch
}

// Epoch trains one epoch under a seed of its own, as the program does.
func (l *learner) Epoch(ctx context.Context, n int) ([]train.Entry, error) {
	start := time.Now()
	result, err := l.Recommender.Epoch(ctx, contract.EpochSpec{Number: n, Seed: train.EpochSeed(1, n)}, nil)
	l.seconds = time.Since(start).Seconds()
	return []train.Entry{{Loss: &result.Loss, Steps: result.Steps}}, err
}
