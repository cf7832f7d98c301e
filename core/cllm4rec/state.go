package cllm4rec

import (
	"maps"
	"slices"

	"cllm4rec/core/train"
)

// State is how far a Fit is: a value that says, beside the files of the towers,
// everything that is needed to go on.
type State struct {
	Next  int                        `json:"next"`           // place in Passes of the first that is not done
	Part  *Part                      `json:"part,omitempty"` // of that pass, where it is under way
	Steps map[Stage]map[string]int64 `json:"steps"`          // of the optimiser that are done, per stage and tower
	// Best is, per tower, which kept state enters finetuning, where that is not the
	// last one; without a file once it was put in place.
	Best map[string]*train.Mark `json:"best,omitempty"`
	// Selection is how far the loop of each stage is, and its best epoch.
	Selection map[Stage]*train.State `json:"selection"`
	Log       []train.Entry          `json:"log"`
	Passes    []PassReport           `json:"passes"`
	Seconds   float64                `json:"seconds"`           // of work that this state took
	Resumed   int                    `json:"resumed,omitempty"` // how often a process went on from a checkpoint
	// PeakRSS is of the processes that made the results that it has gone through, in bytes.
	PeakRSS int64 `json:"peak_rss,omitempty"`
	// Taken are the results of the store that it began with.
	Taken []Taken `json:"taken,omitempty"`
	// Watched: what a selection chooses in pretraining was stored.
	Watched bool `json:"watched,omitempty"`
	// Towers are the files of those that were trained, Saves how many were written.
	Towers map[string]string `json:"towers,omitempty"`
	Saves  int               `json:"saves,omitempty"`
}

func newState() *State {
	return &State{Steps: map[Stage]map[string]int64{}, Best: map[string]*train.Mark{}, Selection: map[Stage]*train.State{}, Towers: map[string]string{}}
}

// done notes a pass.
func (s *State) done(p Pass, part *Part) {
	s.Next++
	s.Part = nil
	if s.Steps[p.Stage] == nil {
		s.Steps[p.Stage] = map[string]int64{}
	}
	s.Steps[p.Stage][p.Spec.Tower] += part.Result.Steps
	s.Passes = append(s.Passes, passReport(p, part))
}

// skip passes over what is left of a stage that was ended early.
func (s *State) skip(stage Stage, passes []Pass) {
	for s.Next < len(passes) && passes[s.Next].Stage == stage && s.Selection[stage].Stopped {
		s.Next++
	}
}

// loop is the state of a stage's loop.
func (s *State) loop(stage Stage) *train.State {
	if s.Selection[stage] == nil {
		s.Selection[stage] = &train.State{}
	}
	return s.Selection[stage]
}

// files are those that the state needs.
func (s *State) files() []string {
	files := slices.Collect(maps.Values(s.Towers))
	for _, m := range s.Best {
		files = append(files, m.File)
	}
	for _, l := range s.Selection {
		files = append(files, l.Best.File)
	}
	return slices.DeleteFunc(files, func(name string) bool { return name == "" })
}

// forgetSelection makes a stage that was watched one that was not.
func (s *State) forgetSelection(name Stage) {
	s.Log = slices.DeleteFunc(s.Log, func(e train.Entry) bool { return e.Stage == string(name) && e.Validation != nil })
	s.Selection[name] = &train.State{Epoch: s.Selection[name].Epoch}
	s.Watched = false
}

// stageSeconds is how long the passes and the validations of a stage took.
func (s *State) stageSeconds(name Stage) (seconds float64) {
	for _, e := range s.Log {
		if e.Stage == string(name) {
			seconds += e.Seconds
		}
	}
	return seconds
}

// tokens is how many were trained on.
func (s *State) tokens() (n int64) {
	for _, p := range s.Passes {
		n += p.Tokens
	}
	return n
}
