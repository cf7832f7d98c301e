package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"cllm4rec/core/contract"
)

// Learner is what learns in epochs.
type Learner interface {
	// Epoch trains epoch n, from 1, and says what it saw. The loop notes stage and
	// epoch, and refuses a loss that is not finite.
	Epoch(ctx context.Context, n int) ([]Entry, error)
	// Save writes the state to a file, Load brings it back.
	Save(ctx context.Context, path string) error
	Load(ctx context.Context, path string) error
}

// Finisher is a Learner whose epochs go on after the validation, unless it ended
// the training: CLLM4Rec then trains the tower that does not rank.
type Finisher interface {
	Learner
	Finish(ctx context.Context, n int) ([]Entry, error)
}

// Loop is how one stage is trained.
type Loop struct {
	Stage     string // in messages and in the log
	Epochs    int
	Selection Selection
	// Watch keeps what the selection would choose, and goes on to the last epoch as if
	// there were none: others take the state after that.
	Watch bool
	// Validate scores the learner as it is, higher is better; needed when the best
	// is selected, else never called.
	Validate func(ctx context.Context) (float64, error)
	// Dir is the folder of the best states, when the best is selected, and Best what
	// their names end in.
	Dir, Best string
	Log       func(Entry) // receives every entry
	// Done is told that the state, the learner and the log have come to a point from
	// which the loop can go on; nil: nobody wants to know.
	Done     func(ctx context.Context) error
	Progress contract.OnProgress
	// Scored is told of every score on validation, and of the best so far; nil: nobody wants
	// to know.
	Scored func(score, best float64)
}

// State is how far a loop is: a value that can be stored beside the learner's own
// state, and gone on from.
type State struct {
	Epoch int `json:"epoch"` // the last that is finished
	// Part is how many parts of the next epoch are finished: its training, its
	// validation.
	Part  int  `json:"part,omitempty"`
	Best  Mark `json:"best"`
	Since int  `json:"since"` // validations since the best
	// Stopped: patience ended the training.
	Stopped bool `json:"stopped,omitempty"`
}

// Run trains from the state on and leaves the learner as the rule says: as after
// the best epoch, or as after the last. It ends with the first error, whose
// message names stage and epoch: the learner's, the validation's, or an
// ErrNonFinite for a loss or a score that is no number.
func (l Loop) Run(ctx context.Context, learner Learner, s *State) error {
	for s.Part > 0 || s.Epoch < l.Epochs && !l.ends(s) {
		if err := l.epoch(ctx, learner, s); err != nil {
			return err
		}
	}
	if l.Watch {
		return nil
	}
	return l.checkpoint(s).Restore(ctx, learner.Load)
}

// ends reports whether patience ends the training.
func (l Loop) ends(s *State) bool { return s.Stopped && !l.Watch }

func (l Loop) checkpoint(s *State) Checkpoint { return Checkpoint{l.Dir, l.Best, &s.Best} }

// epoch runs what is left of the next epoch.
func (l Loop) epoch(ctx context.Context, learner Learner, s *State) error {
	n := s.Epoch + 1
	parts := []func() error{
		func() error { return l.note(n, func() ([]Entry, error) { return learner.Epoch(ctx, n) }) },
		func() error { return l.validation(ctx, learner, n, s) },
		func() error { return l.finish(ctx, learner, n, s) },
	}
	for _, part := range parts[s.Part:] {
		if err := part(); err != nil {
			return err
		}
		if s.Part++; s.Part == len(parts) {
			s.Epoch, s.Part = n, 0
		}
		if err := l.done(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l Loop) done(ctx context.Context) error {
	if l.Done == nil {
		return nil
	}
	return l.Done(ctx)
}

// validation is the second part of an epoch, where its turn has come.
func (l Loop) validation(ctx context.Context, learner Learner, n int, s *State) error {
	if !l.due(n) || s.Stopped {
		return nil
	}
	if err := l.validate(ctx, learner, n, s); err != nil {
		return fmt.Errorf("%s, validation: %w", l.name(n), err)
	}
	return nil
}

// finish is the third part.
func (l Loop) finish(ctx context.Context, learner Learner, n int, s *State) error {
	f, ok := learner.(Finisher)
	if !ok || l.ends(s) {
		return nil
	}
	return l.note(n, func() ([]Entry, error) { return f.Finish(ctx, n) })
}

// name is such as "pretrain 3/100".
func (l Loop) name(n int) string { return fmt.Sprintf("%s %d/%d", l.Stage, n, l.Epochs) }

// note writes down what a part of an epoch saw.
func (l Loop) note(n int, work func() ([]Entry, error)) error {
	entries, err := work()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Loss != nil && !finite(*e.Loss) {
			return contract.Errorf(contract.ErrNonFinite, "%s: the mean loss over %d steps is %v", l.name(n), e.Steps, *e.Loss)
		}
		e.Stage, e.Epoch = l.Stage, n
		l.log(e)
	}
	return nil
}

func (l Loop) log(e Entry) {
	if l.Log != nil {
		l.Log(e)
	}
}

// due reports whether epoch n is validated.
func (l Loop) due(n int) bool {
	return l.Selection.Rule == Best && (n%l.Selection.Every == 0 || n == l.Epochs)
}

// validate scores epoch n, keeps its state when it is the best, and says when
// patience ends.
func (l Loop) validate(ctx context.Context, learner Learner, n int, s *State) error {
	start := time.Now()
	l.Progress.Report(contract.Progress{Stage: l.name(n) + ", validation", Loss: math.NaN()})
	score, err := l.Validate(ctx)
	if err != nil {
		return err
	}
	if !finite(score) {
		return contract.Errorf(contract.ErrNonFinite, "the sum of the metrics is %v", score)
	}
	better, err := l.checkpoint(s).Offer(ctx, n, n, score, learner.Save)
	if err != nil {
		return err
	}
	l.log(Entry{Stage: l.Stage, Epoch: n, Validation: &score, Seconds: time.Since(start).Seconds()})
	if l.Scored != nil {
		l.Scored(score, s.Best.Score)
	}
	if s.Since++; better {
		s.Since = 0
	}
	s.Stopped = l.Selection.Patience > 0 && s.Since >= l.Selection.Patience
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
