package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/prepared"
	"cllm4rec/core/record"
)

// Reading says how a data set of a plan is read.
type Reading struct {
	Plugins Launcher
	// Store has the prepared splits; nil reads the data set each time.
	Store *prepared.Store
	// Anew reads the data set and replaces the prepared split.
	Anew bool
	// Note is told what happens.
	Note func(text string)
	// Progress gives what receives the progress of reading a data set; nil for nobody.
	Progress func(dataset string) contract.OnProgress
}

// ReadData is the split of a data set and where it came from.
type ReadData struct {
	Split *data.Split
	// Source is the plugin; without usage where it was not started.
	Source record.Plugin
	Key    string // of the prepared split
	Path   string // of its file; "" without a store
	Bytes  int64  // of that file; 0 where it was there
	Opened bool   // it was there
	Took   time.Duration
}

// Read opens the prepared split of a data set, or makes it: the data set's plugin
// is started, read and stopped, and the split is written to the store and opened
// from there, which frees the memory that reading took. A store that cannot be
// written is told of, and the split is used as it was read.
func Read(ctx context.Context, plan *experiment.Plan, d int, o Reading) (got ReadData, err error) {
	begin := time.Now()
	defer func() { got.Took = time.Since(begin) }()
	p := plan.Datasets[d]
	got.Source = recordPlugin(p.Plugin)
	if err := planned(p.Plugin); err != nil {
		return got, err
	}
	if o.Store == nil {
		got.Split, got.Source, err = load(ctx, p, o)
		return got, err
	}
	key, content, err := plan.DataKey(d, prepared.Form())
	if err != nil {
		return got, err
	}
	got.Key, got.Path = key, o.Store.Path(key)
	if !o.Anew {
		got.Split, err = o.Store.Open(key, p.Name)
		if got.Opened = err == nil; got.Opened || !errors.Is(err, contract.ErrNotFound) {
			return got, err
		}
	}
	if got.Split, got.Source, err = load(ctx, p, o); err != nil {
		return got, err
	}
	if got.Bytes, err = o.Store.Save(key, content, got.Split); err != nil {
		o.Note(fmt.Sprintf("data set %s is read again next time: %v", p.Label(), err))
		got.Path = ""
		return got, nil
	}
	got.Split, err = o.Store.Open(key, p.Name)
	return got, err
}

func (o Reading) progress(dataset string) contract.OnProgress {
	if o.Progress == nil {
		return nil
	}
	return o.Progress(dataset)
}

// load reads a data set and stops its plugin.
func load(ctx context.Context, p experiment.DatasetPlan, o Reading) (*data.Split, record.Plugin, error) {
	source := recordPlugin(p.Plugin)
	process, err := o.Plugins.Dataset(ctx, p.Plugin.Name, p.Plugin.Params)
	if err != nil {
		return nil, source, err
	}
	if err := sameBinary(p.Plugin, process.Checksum); err != nil {
		stop(ctx, process)
		return nil, source, err
	}
	split, err := data.Load(ctx, process.Plugin, data.Options{
		Name: p.Name, Filter: p.Selection.Filter, Split: p.Selection.Split, Texts: p.Documents, Attributes: p.Attributes,
		OnProgress: o.progress(p.Label()),
	})
	took(&source, process.Usage())
	stop(ctx, process)
	if err == nil {
		err = p.Plugin.Unchanged(process.Info.Schema)
	}
	return split, source, err
}
