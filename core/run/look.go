package run

import (
	"context"
	"errors"
	"fmt"

	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
)

// Sight is what Look saw of a data set.
type Sight struct {
	Dataset string
	data.Sample
}

// Look reads the first chunk of every data set of a plan, interactions and texts,
// so that files of another format fail now and not when the run begins. All data
// sets that cannot be read, or are empty, are reported together.
func Look(ctx context.Context, plan *experiment.Plan, plugins Launcher) ([]Sight, error) {
	var all []Sight
	var failures []error
	for _, d := range plan.Datasets {
		if d.Repetition > 1 {
			continue // the rows are those of the first split
		}
		s, err := look(ctx, d.Plugin, plugins)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("data set %s: %w", d.Name, err))
			continue
		}
		s.Dataset = d.Name
		all = append(all, s)
	}
	return all, errors.Join(failures...)
}

func look(ctx context.Context, p experiment.PluginPlan, plugins Launcher) (s Sight, err error) {
	source, err := plugins.Dataset(ctx, p.Name, p.Params)
	if err != nil {
		return s, err
	}
	defer stop(ctx, source)
	s.Sample, err = data.Look(ctx, source.Plugin, 1)
	return s, err
}

// String is what was seen, in words.
func (s Sight) String() string {
	text := fmt.Sprintf("%s: %d interactions read", s.Dataset, s.Interactions)
	for _, has := range []struct {
		what string
		ok   bool
	}{{"values", s.Values}, {"times", s.Times}} {
		if has.ok {
			text += ", with " + has.what
		} else {
			text += ", without " + has.what
		}
	}
	if s.Texts > 0 {
		text += fmt.Sprintf("; %d texts", s.Texts)
	}
	return text
}
