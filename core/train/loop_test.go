package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// learner is at the state of its last epoch; it writes down what happens to it.
type learner struct {
	state int
	saved map[string]int
	calls []string
	loss  func(n int) float64
	err   error
}

func (l *learner) Epoch(_ context.Context, n int) ([]Entry, error) {
	l.calls = append(l.calls, fmt.Sprint("epoch ", n))
	l.state = n
	loss := 1 / float64(n)
	if l.loss != nil {
		loss = l.loss(n)
	}
	return []Entry{{Loss: &loss, Steps: 3, Examples: 10}}, l.err
}

func (l *learner) Save(_ context.Context, path string) error {
	l.calls = append(l.calls, fmt.Sprint("save ", l.state))
	if l.saved == nil {
		l.saved = map[string]int{}
	}
	l.saved[path] = l.state
	return nil
}

func (l *learner) Load(_ context.Context, path string) error {
	l.calls = append(l.calls, fmt.Sprint("load ", l.saved[path]))
	l.state = l.saved[path]
	return nil
}

// finisher has more to do in each epoch.
type finisher struct{ *learner }

func (f finisher) Finish(_ context.Context, n int) ([]Entry, error) {
	f.calls = append(f.calls, fmt.Sprint("finish ", n))
	return nil, nil
}

// scored is a loop whose validations give the scores one after the other.
func scored(selection Selection, scores ...float64) (Loop, *[]Entry) {
	var log []Entry
	return Loop{Stage: "train", Epochs: len(scores), Selection: selection, Dir: "work", Best: "best", Log: func(e Entry) { log = append(log, e) },
		Validate: func(context.Context) (float64, error) {
			score := scores[0]
			scores = scores[1:]
			return score, nil
		}}, &log
}

func best(every, patience int) Selection {
	return Selection{Rule: Best, Every: every, Patience: patience}
}

func TestTheFirstOfEqualBestsIsPutBack(t *testing.T) {
	loop, _ := scored(best(1, 0), 0.1, 0.3, 0.3, 0.2)
	l, s := &learner{}, State{}
	if err := loop.Run(t.Context(), l, &s); err != nil {
		t.Fatal(err)
	}
	if l.state != 2 || s.Best != (Mark{2, 0.3, "2-best"}) || s.Epoch != 4 || s.Stopped {
		t.Errorf("state %d, %+v", l.state, s)
	}
	if want := "epoch 1;save 1;epoch 2;save 2;epoch 3;epoch 4;load 2"; strings.Join(l.calls, ";") != want {
		t.Errorf("calls %v", l.calls)
	}
}

func TestPatienceCountsValidationsWithoutABetterOne(t *testing.T) {
	loop, _ := scored(best(1, 2), 0.5, 0.4, 0.6, 0.6, 0.1, 0.9)
	l, s := &learner{}, State{}
	if err := loop.Run(t.Context(), finisher{l}, &s); err != nil {
		t.Fatal(err)
	}
	if l.state != 3 || s.Epoch != 5 || !s.Stopped || s.Since != 2 {
		t.Errorf("state %d, %+v", l.state, s)
	}
	if slices.Contains(l.calls, "finish 5") || !slices.Contains(l.calls, "finish 4") {
		t.Errorf("an epoch that ends the training goes on behind its validation, or others do not: %v", l.calls)
	}
}

func TestValidationComesEveryFewEpochsAndAfterTheLast(t *testing.T) {
	loop, log := scored(best(2, 0), 1, 2, 3, 0, 0)
	if err := loop.Run(t.Context(), &learner{}, &State{}); err != nil {
		t.Fatal(err)
	}
	var at []int
	for _, e := range *log {
		if e.Validation != nil {
			at = append(at, e.Epoch)
		}
	}
	if !slices.Equal(at, []int{2, 4, 5}) {
		t.Errorf("validated after %v", at)
	}
}

func TestTheLastRuleNeitherValidatesNorKeeps(t *testing.T) {
	loop, log := scored(Select{Rule: Last}.Decide(), 1, 2, 3)
	loop.Validate = nil
	l := &learner{}
	if err := loop.Run(t.Context(), l, &State{}); err != nil {
		t.Fatal(err)
	}
	if l.state != 3 || len(l.saved) > 0 || len(*log) != 3 {
		t.Errorf("state %d, saved %v, log %v", l.state, l.saved, *log)
	}
}

func TestALoopThatWatchesKeepsTheBestAndEndsWithTheLast(t *testing.T) {
	loop, log := scored(best(1, 2), 0.5, 0.4, 0.3, 0.9, 0.9)
	loop.Watch = true
	l, s := &learner{}, State{}
	if err := loop.Run(t.Context(), finisher{l}, &s); err != nil {
		t.Fatal(err)
	}
	if l.state != 5 || s.Epoch != 5 || s.Best.Epoch != 1 || !s.Stopped || len(*log) != 5+3 || l.calls[len(l.calls)-1] != "finish 5" {
		t.Errorf("state %d, %+v, calls %v", l.state, s, l.calls)
	}
}

func TestALossOrAScoreThatIsNoNumberEndsTheTraining(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		loop, log := scored(best(1, 0), 1, 2, 3)
		l := &learner{loss: func(n int) float64 {
			if n == 2 {
				return bad
			}
			return 1
		}}
		err := loop.Run(t.Context(), l, &State{})
		if !errors.Is(err, contract.ErrNonFinite) || !strings.Contains(err.Error(), "train 2/3: the mean loss over 3 steps is") || len(*log) != 2 {
			t.Errorf("error %v, log %v", err, *log)
		}
		loop, _ = scored(best(1, 0), 1, bad)
		err = loop.Run(t.Context(), &learner{}, &State{})
		if !errors.Is(err, contract.ErrNonFinite) || !strings.Contains(err.Error(), "train 2/2, validation: the sum of the metrics is") {
			t.Errorf("error %v", err)
		}
	}
}

func TestAnErrorInValidationEndsWithThatErrorAndPutsNothingBack(t *testing.T) {
	loop, _ := scored(best(1, 0), 1, 2)
	broken := errors.New("the plugin is gone")
	loop.Validate = func(context.Context) (float64, error) { return 0, broken }
	l := &learner{}
	if err := loop.Run(t.Context(), l, &State{}); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "train 1/2, validation: ") {
		t.Errorf("error %v", err)
	}
	if len(l.calls) != 1 {
		t.Errorf("calls %v", l.calls)
	}
	l = &learner{err: broken}
	if err := loop.Run(t.Context(), l, &State{}); !errors.Is(err, broken) || len(l.calls) != 1 {
		t.Errorf("error %v, calls %v", err, l.calls)
	}
}

func TestALoopGoesOnFromItsStoredState(t *testing.T) {
	scores := []float64{0.1, 0.9, 0.3, 0.2, 0.2}
	whole, _ := scored(best(1, 3), scores...)
	want, one := State{}, &learner{}
	if err := whole.Run(t.Context(), one, &want); err != nil {
		t.Fatal(err)
	}
	first, _ := scored(best(1, 3), scores[:3]...)
	s, l := State{}, &learner{}
	if err := first.Run(t.Context(), l, &s); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(s)
	var again State
	if err == nil {
		err = json.Unmarshal(raw, &again)
	}
	if err != nil || !reflect.DeepEqual(s, again) {
		t.Fatalf("%s: %+v, error %v", raw, again, err)
	}
	rest, _ := scored(best(1, 3), scores[3:]...)
	rest.Epochs = len(scores)
	if err := rest.Run(t.Context(), l, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, want) || l.state != one.state {
		t.Errorf("%+v at %d, expected %+v at %d", again, l.state, want, one.state)
	}
}

func TestTheLogHoldsEveryEpochAndValidation(t *testing.T) {
	loop, log := scored(best(1, 0), 0.5, 0.25)
	if err := loop.Run(t.Context(), &learner{}, &State{}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range *log {
		switch {
		case e.Loss != nil:
			lines = append(lines, fmt.Sprintf("%s %d loss %v, %d examples", e.Stage, e.Epoch, *e.Loss, e.Examples))
		case e.Validation != nil:
			lines = append(lines, fmt.Sprintf("%s %d validation %v", e.Stage, e.Epoch, *e.Validation))
		}
	}
	want := "train 1 loss 1, 10 examples;train 1 validation 0.5;train 2 loss 0.5, 10 examples;train 2 validation 0.25"
	if strings.Join(lines, ";") != want {
		t.Errorf("log %v", lines)
	}
}

func TestWhatHasNoEffectIsNotDecided(t *testing.T) {
	patience := 3
	if got := (Select{Rule: Last, Metrics: []string{"ndcg@10"}, Patience: &patience}).Decide(); !reflect.DeepEqual(got, Selection{Rule: Last, Every: 1}) {
		t.Errorf("decided %+v", got)
	}
	if got := (Config{}).Decide(); got.Epochs != 100 || got.Rule != Best || got.Every != 1 || got.Patience != 0 || len(got.Metrics) != 3 {
		t.Errorf("decided %+v", got)
	}
	if EpochSeed(1, 2) == EpochSeed(1, 3) || EpochSeed(1, 2) == EpochSeed(2, 2) {
		t.Error("the seeds of epochs are not their own")
	}
}
