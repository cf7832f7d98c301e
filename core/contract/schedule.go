package contract

import "math"

// ScheduleKind is how a learning rate goes on after its warm-up.
type ScheduleKind string

// The kinds.
const (
	// ScheduleConstant keeps the rate. It is what "" means.
	ScheduleConstant ScheduleKind = "constant"
	// ScheduleCosine lets the rate fall to zero along half a cosine (Loshchilov
	// and Hutter 2017, without restarts).
	ScheduleCosine ScheduleKind = "cosine"
)

// Schedule is the learning rate over the steps of several passes. Steps count
// from 0; the zero value is a constant rate.
type Schedule struct {
	Kind   ScheduleKind
	WarmUp int64 // steps in which the rate rises to its full height, >= 0
	Total  int64 // steps after which a cosine is at zero, > 0 there
	Start  int64 // steps before the pass, >= 0
}

// Rate is the learning rate of step s, Schedule.Start included (TrainSpec.RateAt
// adds it): rate*(s+1)/WarmUp while s < WarmUp, then rate, or for a cosine
// rate * (1 + cos(pi*(s-WarmUp)/(Total-WarmUp))) / 2, which stays 0 from Total on.
func (c Schedule) Rate(rate float64, s int64) float64 {
	switch {
	case s < c.WarmUp:
		return rate * float64(s+1) / float64(c.WarmUp)
	case c.Kind != ScheduleCosine:
		return rate
	case s >= c.Total:
		return 0
	}
	part := float64(s-c.WarmUp) / float64(c.Total-c.WarmUp)
	return rate * 0.5 * (1 + math.Cos(math.Pi*part))
}

// Check finds what is wrong: ErrInvalid.
func (c Schedule) Check() error {
	switch {
	case c.Kind != "" && c.Kind != ScheduleConstant && c.Kind != ScheduleCosine:
		return Errorf(ErrInvalid, "the schedule is %q, expected %q or %q", c.Kind, ScheduleConstant, ScheduleCosine)
	case c.WarmUp < 0 || c.Start < 0 || c.Total < 0:
		return Errorf(ErrInvalid, "the schedule has %d steps of warm-up, %d in total and starts at %d, expected >= 0", c.WarmUp, c.Total, c.Start)
	case c.Kind == ScheduleCosine && c.Total <= c.WarmUp:
		return Errorf(ErrInvalid, "the cosine schedule has %d steps in total, expected more than its %d of warm-up", c.Total, c.WarmUp)
	}
	return nil
}
