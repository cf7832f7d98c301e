package search

import (
	"math"

	"cllm4rec/core/contract"
)

// State is how a trial ended.
type State string

// The states.
const (
	Complete State = "complete" // with a value
	Failed   State = "failed"   // without a value
)

// Trial is a trial that has ended.
type Trial struct {
	Params Assignment `json:"params"`
	State  State      `json:"state"`
	Value  float64    `json:"value"` // what is optimised; of a failed trial nothing
}

// Sampler suggests what to try.
type Sampler interface {
	// Suggest gives up to n assignments to try after a history, which is every trial of the
	// search that has ended, in the order in which they were suggested. It gives fewer when
	// the space has no more. ErrInvalid when a trial is not of this space.
	Suggest(history []Trial, n int) ([]Assignment, error)
}

// Direction says which values are better.
type Direction string

// The directions.
const (
	Minimise Direction = "minimise"
	Maximise Direction = "maximise"
)

// loss is a value with its sign such that less is better.
func (d Direction) loss(value float64) float64 {
	if d == Maximise {
		return -value
	}
	return value
}

func (d Direction) check() error {
	if d != Minimise && d != Maximise {
		return contract.Errorf(contract.ErrInvalid, "unknown direction %q: expected minimise or maximise", d)
	}
	return nil
}

// observation is a trial as samplers compute with it.
type observation struct {
	values map[string]float64
	state  State
	loss   float64
}

// observe reads a history.
func (s *Space) observe(history []Trial, d Direction) ([]observation, error) {
	all := make([]observation, len(history))
	for i, t := range history {
		values, err := s.internal(t.Params)
		if err != nil {
			return nil, contract.Errorf(contract.ErrInvalid, "trial %d of the history: %v", i+1, err)
		}
		switch t.State {
		case Complete:
			if math.IsNaN(t.Value) || math.IsInf(t.Value, 0) {
				return nil, contract.Errorf(contract.ErrInvalid, "trial %d of the history: its value %v is not finite; such a trial has failed", i+1, t.Value)
			}
		case Failed:
		default:
			return nil, contract.Errorf(contract.ErrInvalid, "trial %d of the history: unknown state %q: expected complete or failed", i+1, t.State)
		}
		all[i] = observation{values, t.State, d.loss(t.Value)}
	}
	return all, nil
}
