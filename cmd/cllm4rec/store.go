package main

import (
	"cmp"
	"os"
	"path/filepath"

	"cllm4rec/core/claim"
	"cllm4rec/core/prepared"
	"cllm4rec/core/run"
	"cllm4rec/core/stage"

	"github.com/spf13/cobra"
)

// envStore is the variable behind --store.
const envStore = "CLLM4REC_STORE"

// storeOff does without a store.
const storeOff = "off"

// stagesDir is the folder of stages beside the prepared splits.
const stagesDir = "stages"

// storeFlag adds --store to a command that reads data sets.
func (a *app) storeFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.store, "store", "", "folder of prepared data sets, and of stages that trials share; off reads every data set and trains every stage anew (default: $"+envStore+", else cllm4rec/prepared in the user's cache)")
}

// preparedStore is the one that the flag or the variable names; nil is off.
func (a *app) preparedStore() (*prepared.Store, error) {
	dir := cmp.Or(a.store, os.Getenv(envStore))
	if dir == storeOff {
		return nil, nil
	}
	if dir == "" {
		var err error
		if dir, err = prepared.DefaultDir(); err != nil {
			return nil, err
		}
	}
	return prepared.NewStore(dir), nil
}

// stageStore is the one of stages beside the prepared splits; nil is off.
func (a *app) stageStore() (*stage.Store, error) {
	splits, err := a.preparedStore()
	if err != nil || splits == nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Join(splits.Dir(), stagesDir))
	return stage.NewStore(dir, claim.Options{}), err
}

// readingData says how a command reads data sets.
func (a *app) readingData(plugins *run.Host) (run.Reading, error) {
	store, err := a.preparedStore()
	return run.Reading{Plugins: plugins, Store: store, Note: func(text string) { a.log.Warn().Msg(text) }, Progress: a.newWatch(1).Reading}, err
}
