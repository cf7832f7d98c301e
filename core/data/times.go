package data

import (
	"slices"

	"cllm4rec/core/contract"
)

// cuts are the times that divide interactions: test begins at test, validation, where
// it is wanted, at validation.
type cuts struct{ validation, test int64 }

// cut finds the times of a split by time among the rows that the filters kept, and
// takes away those that come after what is tested. Other methods have none.
func (r *rows) cut(kept []int32, s SplitSpec) (left []int32, c cuts, later int, err error) {
	if s.needsTimes() && r.time == nil {
		return nil, c, 0, contract.Errorf(contract.ErrInvalid, "split: %s needs times, and these interactions have none", describe(s))
	}
	until, bounded := int64(0), false
	switch s.Method {
	case MethodTemporal:
		until, bounded = s.TestUntil.seconds()
	case MethodRolling:
		c, until, bounded, err = s.window(r.timesOf(kept))
	default:
		return kept, c, 0, nil
	}
	if err != nil {
		return nil, c, 0, err
	}
	kept, later = drop(kept, func(i int32) bool { return bounded && r.time[i] >= until })
	if s.Method == MethodTemporal && len(kept) > 0 {
		c = s.cuts(r.timesOf(kept))
	}
	return kept, c, later, nil
}

// timesOf are the times of rows, rising.
func (r *rows) timesOf(kept []int32) []int64 {
	times := make([]int64, len(kept))
	for at, i := range kept {
		times[at] = r.time[i]
	}
	slices.Sort(times)
	return times
}

// cuts are those of a temporal split of interactions with these times, rising.
func (s SplitSpec) cuts(times []int64) (c cuts) {
	at := len(times) - countShare(s.Test, len(times))
	from, given := s.TestFrom.seconds()
	if given {
		at, _ = slices.BinarySearch(times, from)
		c.test = from
	} else {
		c.test = times[at]
	}
	if from, given := s.ValidationFrom.seconds(); given {
		c.validation = from
	} else {
		c.validation = times[min(len(times)-1, max(0, at-countShare(s.Validation, len(times))))]
	}
	return c
}

// window is the cuts of a rolling split of interactions with these times, rising; what
// is not earlier than until comes after the window.
func (s SplitSpec) window(times []int64) (c cuts, until int64, bounded bool, err error) {
	n := len(times)
	size := n / (s.Windows + 1)
	if s.Test > 0 {
		size = countShare(s.Test, n) / s.Windows
	}
	if size == 0 {
		return c, 0, false, contract.Errorf(contract.ErrInvalid, "split: %d interactions do not fill %d windows", n, s.Windows)
	}
	start := n - (s.Windows-s.Window+1)*size
	c = cuts{validation: times[max(0, start-countShare(s.Validation, start))], test: times[start]}
	if bounded = s.Window < s.Windows; bounded {
		until = times[start+size]
	}
	return c, until, bounded, nil
}

// temporal divides all interactions at two points in time.
func (h *history) temporal(s SplitSpec, c cuts) {
	for at, t := range h.Time {
		switch {
		case t >= c.test:
			h.part[at] = inTest
		case s.HasValidation() && t >= c.validation:
			h.part[at] = inValidation
		default:
			h.part[at] = inTrain
		}
	}
}
