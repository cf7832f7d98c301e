package data

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cllm4rec/core/contract"
)

// Load reads a configured dataset once and makes it ready for experiments:
// filters (Filter), vocabularies, split, texts, audit and fingerprint.
//
// Errors: ErrInvalid for options that are wrong or that leave nothing,
// ErrUnsupported for texts or a given split that the dataset does not have,
// ErrBadData (naming the record) for rows that break the contract, and whatever
// the dataset itself reports.
func Load(ctx context.Context, d contract.Dataset, o Options) (*Split, error) {
	o, err := o.Resolve()
	if err != nil {
		return nil, err
	}
	s, err := load(ctx, d, o)
	if err != nil {
		return nil, named(o.Name, err)
	}
	return s, nil
}

func load(ctx context.Context, d contract.Dataset, o Options) (*Split, error) {
	if err := checkCapabilities(ctx, d, o); err != nil {
		return nil, err
	}
	r := newRows()
	if err := d.Interactions(ctx, o.counting(r)); err != nil {
		return nil, err
	}
	positions := r.positions()
	if positions {
		if err := o.checkClock(); err != nil {
			return nil, err
		}
	}
	f, err := r.filter(o)
	if err != nil {
		return nil, err
	}
	r = f.rows
	kept, cuts, later, err := r.cut(f.kept, o.Split)
	if err != nil {
		return nil, err
	}
	f.dropped.Later = later
	users, items := vocabularyOf(r.users.ids, r.user, kept), vocabularyOf(r.items.ids, r.item, kept)
	h := r.buildHistory(kept, users, items, o.Split.Seed)
	var again map[uint64]*repeats // the last that is asked of the rows, whose room is free from here on
	if o.Texts {
		again = r.repeatsOf(users, items)
	}
	short, err := h.divide(o.Split, cuts, users, items)
	if err != nil {
		return nil, err
	}
	s := h.split(o, users, items)
	var counts *TextCounts
	if o.Texts {
		if s.Training.Texts, counts, err = readTexts(ctx, d, h, again, users, items, o.OnProgress); err != nil {
			return nil, err
		}
	}
	var known []AttributeCount
	if o.Attributes {
		if s.Training.Attributes, known, err = readAttributes(ctx, d, users, items); err != nil {
			return nil, err
		}
	}
	s.Audit = s.audit(f.dropped, short, counts)
	s.Audit.Attributes, s.Audit.Lists = known, f.lists
	if positions {
		s.Audit.Leak = nil // between users positions say nothing
	}
	s.Audit.EqualTimes = h.equalTimes()
	if o.Split.ordered() {
		s.Audit.TiedUsers = h.tiedUsers()
	}
	s.Fingerprint = FingerprintOf(s)
	return s, nil
}

// counting adds chunks to rows and tells how many there are.
func (o Options) counting(r *rows) func(*contract.InteractionChunk) error {
	return func(c *contract.InteractionChunk) error {
		if err := r.add(c); err != nil {
			return err
		}
		o.OnProgress.Report(contract.Progress{Stage: "read", Done: int64(r.len()), Unit: "interaction"})
		return nil
	}
}

// checkCapabilities refuses early what the dataset cannot do.
func checkCapabilities(ctx context.Context, d contract.Dataset, o Options) error {
	info, err := d.Info(ctx)
	if err != nil {
		return err
	}
	if o.Split.Method == MethodGiven && !info.Can(contract.CapabilityGivenSplit) {
		return contract.Errorf(contract.ErrUnsupported, "split.method: plugin %s has no split of its own; expected one of %s", info.Name, strings.Join(OwnMethods(), ", "))
	}
	if o.Texts && !info.Can(contract.CapabilityTexts) {
		return contract.Errorf(contract.ErrUnsupported, "plugin %s has no texts, and a method asks for them", info.Name)
	}
	return nil
}

// split carves the parts out of the history.
func (h *history) split(o Options, users, items *Vocabulary) *Split {
	s := &Split{Name: o.Name, Users: users, Items: items, Test: h.carve(inTest)}
	s.Training.Interactions = h.carve(inTrain)
	if validation := h.carve(inValidation); validation.Len() > 0 {
		s.Validation = validation
	}
	if o.Split.HoldsOutUsers() {
		s.FoldIn = h.carve(inFoldIn)
	}
	return s
}

// named puts the dataset's name before a message and keeps its sentinel.
func named(name string, err error) error {
	var e *contract.Error
	if errors.As(err, &e) && e.Error() == err.Error() {
		return contract.Errorf(e.Sentinel, "dataset %q: %s", name, e.Message)
	}
	return fmt.Errorf("dataset %q: %w", name, err)
}
