package estimate

import (
	"slices"
	"time"
)

// Total is what a plan takes.
type Total struct {
	Trials  int
	Unknown int           // trials of unknown time, which Work and Wall lack
	Work    time.Duration // of all trials, one after another
	Wall    time.Duration // with so many trials at a time, if each is as fast as alone
	Memory  float64       // bytes: the largest trials that may run at a time
	Unsized int           // trials of unknown memory, which Memory lacks
	Disk    float64       // bytes that stay
}

// Sum adds up estimates in the order in which their trials run, so many at a time.
func Sum(all []Estimate, jobs int) Total {
	t := Total{Trials: len(all)}
	ends := make([]time.Duration, max(jobs, 1))
	var memory []float64
	for _, e := range all {
		if !e.Time.Known {
			t.Unknown++
		}
		if !e.Memory.Known {
			t.Unsized++
		}
		t.Work += e.Duration()
		t.Disk += e.Disk.Value
		memory = append(memory, e.Memory.Value)
		next := 0 // the worker that is free first
		for i, end := range ends {
			if end < ends[next] {
				next = i
			}
		}
		ends[next] += e.Duration()
	}
	t.Wall = slices.Max(ends)
	slices.Sort(memory)
	for _, m := range memory[max(0, len(memory)-len(ends)):] {
		t.Memory += m
	}
	return t
}
