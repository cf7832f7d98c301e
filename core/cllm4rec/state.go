package cllm4rec

import "cllm4rec/core/train"

// State is how far a Fit is: a value that says, beside the files of the towers,
// everything that is needed to go on.
type State struct {
	Next  int                        `json:"next"`  // place in Passes of the first that is not done
	Steps map[Stage]map[string]int64 `json:"steps"` // of the optimiser that are done, per stage and tower
	// Best is, per tower, which kept state enters finetuning, where that is not the
	// last one.
	Best map[string]*train.Mark `json:"best,omitempty"`
	// Selection is how far the loop of each stage is, and its best epoch.
	Selection map[Stage]*train.State `json:"selection"`
	Log       []train.Entry          `json:"log"`
}

func newState() *State {
	return &State{Steps: map[Stage]map[string]int64{}, Best: map[string]*train.Mark{}, Selection: map[Stage]*train.State{}}
}

// done notes a pass.
func (s *State) done(p Pass, steps int64) {
	s.Next++
	if s.Steps[p.Stage] == nil {
		s.Steps[p.Stage] = map[string]int64{}
	}
	s.Steps[p.Stage][p.Spec.Tower] += steps
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
