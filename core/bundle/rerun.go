package bundle

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/schema"
)

// Again is a trial that was trained again.
type Again struct {
	Trial
	Lists, Same int // of users: all, and those that are the same
	// Metric is the one that differs most, on a part; Packed and Now are its means.
	Metric      string
	Packed, Now float64
	// Fault says why it cannot be compared; "" where it can.
	Fault string
}

// Difference is how far the two means lie apart.
func (a Again) Difference() float64 { return math.Abs(a.Now - a.Packed) }

// Fix puts what the searches of the bundle chose in the place of the searched methods of a
// plan, which then searches nothing. Where a search chose otherwise on a further data set,
// the method has another row for that. ErrInvalid where the plan has other methods,
// ErrBadData where a trial would not be the one of its key.
func (o *Opened) Fix(plan *experiment.Plan) error {
	for _, c := range slices.Clone(o.Plan.Choices) {
		if c.Dataset >= len(plan.Datasets) || c.Method >= len(plan.Methods) || plan.Methods[c.Method].Name != c.Plan.Name {
			return contract.Errorf(contract.ErrInvalid, "a search of the bundle is for %s, which stands elsewhere in this experiment", c.Plan.Name)
		}
		if err := plan.Choose(c); err != nil {
			return err
		}
	}
	f := fixing{plan: plan, methods: slices.Clone(plan.Methods), copies: map[copied]int{}}
	settled := map[int]bool{}
	for _, c := range plan.Choices {
		chosen := plan.MethodOf(experiment.Trial{Dataset: c.Dataset, Method: c.Method})
		chosen.Search = nil
		switch {
		case !settled[c.Method]:
			f.methods[c.Method], settled[c.Method] = chosen, true
		case !reflect.DeepEqual(f.methods[c.Method], chosen):
			f.add(c.Dataset, c.Method, chosen)
		}
	}
	f.follow()
	methods := f.methods
	plan.Methods, plan.Choices, plan.Source = methods, nil, nil
	for i := range methods {
		if methods[i].Search != nil {
			return contract.Errorf(contract.ErrInvalid, "the search of %s was not over when the bundle was packed", methods[i].Name)
		}
	}
	for _, t := range plan.Trials {
		if err := plan.KeyUnchanged(t); err != nil {
			return err
		}
	}
	return nil
}

// copied is a method on a data set for which it has a row of its own.
type copied struct{ dataset, method int }

// fixing are the methods of a plan whose searches are replaced.
type fixing struct {
	plan    *experiment.Plan
	methods []experiment.MethodPlan
	copies  map[copied]int // places of the rows that were added
}

// add gives a method another row for a data set, and its trials to that.
func (f *fixing) add(dataset, method int, m experiment.MethodPlan) int {
	m.Name += ", on " + f.plan.Datasets[dataset].Label()
	at := len(f.methods)
	f.methods, f.copies[copied{dataset, method}] = append(f.methods, m), at
	for i := range f.plan.Trials {
		if t := &f.plan.Trials[i]; t.Dataset == dataset && t.Method == method {
			t.Method = at
		}
	}
	return at
}

// follow gives another row also to what needs a method that has one on a data set.
func (f *fixing) follow() {
	order := f.plan.Order()
	for d := range f.plan.Datasets {
		for _, m := range order {
			needs, moved := slices.Clone(f.plan.Methods[m].Needs), false
			for i, need := range needs {
				if at, there := f.copies[copied{d, need}]; there {
					needs[i], moved = at, true
				}
			}
			if !moved {
				continue
			}
			at, there := f.copies[copied{d, m}]
			if !there {
				at = f.add(d, m, f.methods[m])
			}
			f.methods[at].Needs = needs
		}
	}
}

// Holds reports whether a plan that was made anew has the trials of the bundle: the same data,
// settings and seeds, by their keys. ErrInvalid names what it has not.
func (o *Opened) Holds(plan *experiment.Plan) error {
	keys := map[string]bool{}
	for _, t := range plan.Trials {
		keys[t.Key] = true
	}
	var names []string
	for _, t := range trialsOf(plan) {
		names = append(names, t.String())
	}
	for _, t := range o.Trials {
		if t.Tried || keys[t.Key] {
			continue
		}
		if slices.Contains(names, t.String()) {
			return contract.Errorf(contract.ErrInvalid, "%s is another trial in this experiment than in the bundle: its data, its settings, its plugin or the version of the program differ in what decides numbers", t)
		}
		return contract.Errorf(contract.ErrInvalid, "this experiment has no trial %s%s", t, schema.Hint(t.String(), names))
	}
	return nil
}

// Only leaves in a plan the trials of some methods and those that they need. ErrInvalid names
// the nearest to a method that the plan has not.
func Only(plan *experiment.Plan, methods []string) error {
	var known []string
	for _, m := range plan.Methods {
		known = append(known, m.Name)
	}
	for _, name := range methods {
		if !slices.Contains(known, name) {
			return contract.Errorf(contract.ErrInvalid, "there is no method %q%s", name, schema.Hint(name, known))
		}
	}
	wanted := make([]bool, len(plan.Trials))
	for i := len(plan.Trials) - 1; i >= 0; i-- { // a trial stands after those that it needs
		t := plan.Trials[i]
		wanted[i] = wanted[i] || slices.Contains(methods, known[t.Method])
		for _, need := range t.Needs {
			wanted[need] = wanted[need] || wanted[i]
		}
	}
	places := make([]int, len(plan.Trials))
	var some []experiment.Trial
	for i, t := range plan.Trials {
		if !wanted[i] {
			continue
		}
		places[i] = len(some)
		t.Needs = slices.Clone(t.Needs)
		for n, need := range t.Needs {
			t.Needs[n] = places[need]
		}
		some = append(some, t)
	}
	plan.Trials = some
	return nil
}

// Compare holds the finished trials of a plan, which ran again, against another folder of
// records with the same keys.
func (o *Opened) Compare(plan *experiment.Plan, now *record.Store) ([]Again, error) {
	ran := map[string]bool{}
	for _, t := range plan.Trials {
		ran[t.Key] = true
	}
	var all []Again
	for _, t := range o.Trials {
		if !ran[t.Key] || t.Status != string(record.Done) {
			continue
		}
		a := Again{Trial: t}
		was, err := o.Store.Load(t.Key)
		if err != nil {
			return nil, err
		}
		rec, err := now.Load(t.Key)
		switch {
		case errors.Is(err, contract.ErrNotFound):
			a.Fault = "it was not run"
		case err != nil:
			return nil, err
		case rec.Status != record.Done:
			a.Fault = "it failed: " + rec.Error
		default:
			if err := a.compare(o.Store, was, now, rec); err != nil {
				return nil, fmt.Errorf("%s: %w", t, err)
			}
		}
		all = append(all, a)
	}
	return all, nil
}

// compare fills in what differs.
func (a *Again) compare(before *record.Store, was *record.Record, after *record.Store, now *record.Record) error {
	for _, r := range was.Results {
		other := now.Result(r.Part)
		if other == nil {
			a.Fault = "it has no " + r.Part + " part"
			return nil
		}
		for _, of := range []struct{ was, now map[string]float64 }{{r.Means, other.Means}, {r.Overall, other.Overall}} {
			for _, metric := range slices.Sorted(maps.Keys(of.was)) {
				again, there := of.now[metric]
				if !there {
					continue // the experiment that ran again may measure others
				}
				if a.Metric == "" || math.Abs(again-of.was[metric]) > a.Difference() {
					a.Metric, a.Packed, a.Now = r.Part+" "+metric, of.was[metric], again
				}
			}
		}
		lists, err := before.Rankings(was, r.Part)
		if err != nil {
			return err
		}
		others, err := after.Rankings(now, r.Part)
		if err != nil {
			return err
		}
		a.Lists += len(lists.Lists)
		for i := range min(len(lists.Lists), len(others.Lists)) {
			depth := min(len(lists.Lists[i].Items), len(others.Lists[i].Items))
			if lists.Users[i] == others.Users[i] && slices.Equal(lists.Lists[i].Items[:depth], others.Lists[i].Items[:depth]) {
				a.Same++
			}
		}
	}
	return nil
}
