package run

import (
	"cmp"
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/estimate"
	"cllm4rec/core/record"
)

// hold refuses a data set with a method that its size does not fit, and one whose trials
// would take more memory, so many at a time, than is free before they start. A task is not held: which trials others run beside it is unknown
// here, and a cluster bounds its memory.
func (r *runner) hold(d int, split *data.Split) error {
	if r.task != nil {
		return nil
	}
	left := &Forecast{plan: r.plan, heads: r.done}
	if err := left.checkDimensions(d, split); err != nil || r.OverMemory || len(left.work(d)) == 0 {
		return err
	}
	f := newForecast(r.plan, r.done, nil)
	f.splits[d] = split
	return f.Hold(d, record.AvailableMemory(), r.Jobs)
}

// Hold takes the largest rows of a data set for those that run at a time. A rough figure
// refuses nothing, and neither does an unknown amount of free memory, which is 0.
func (f *Forecast) Hold(d int, free int64, jobs int) error {
	var sum float64
	var said string
	left := jobs
	for _, r := range f.heaviest(d) {
		n := min(left, r.Trials+r.Configurations)
		if left -= n; n == 0 {
			break
		}
		sum += float64(n) * r.Each.Memory.Value
		said += fmt.Sprintf("; %d × %s: %s (%s)", n, f.plan.Methods[r.Method].Name, estimate.Bytes(r.Each.Memory.Value), r.Each.Memory.Source)
	}
	if free == 0 || sum <= float64(free) {
		return nil
	}
	return contract.Errorf(contract.ErrOutOfMemory, "data set %s: the trials that may run at a time (%d) would take about %s of memory, and %s are free%s. Take fewer --jobs or a smaller method, or run all the same with --over-memory",
		f.plan.Datasets[d].Label(), jobs, estimate.Bytes(sum), estimate.Bytes(float64(free)), said)
}

// heaviest are the rows of a data set whose memory is known by shapes or their own records,
// those that take most of it first.
func (f *Forecast) heaviest(d int) (rows []Row) {
	for _, m := range f.work(d) {
		if r := f.row(d, m); r.Each.Memory.Known && !r.Each.Memory.Rough {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(b.Each.Memory.Value, a.Each.Memory.Value) })
	return rows
}
