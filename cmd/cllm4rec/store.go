package main

import (
	"cmp"
	"os"

	"cllm4rec/core/prepared"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

// envStore is the variable behind --store.
const envStore = "CLLM4REC_STORE"

// storeOff does without prepared splits.
const storeOff = "off"

// storeFlag adds --store to a command that reads data sets.
func (a *app) storeFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.store, "store", "", "folder of the prepared splits of data sets, or off to read every data set anew (default: $"+envStore+", else cllm4rec/prepared in the user's cache)")
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

// readingData says how a command reads data sets.
func (a *app) readingData(plugins *run.Host) (run.Reading, error) {
	store, err := a.preparedStore()
	return run.Reading{Plugins: plugins, Store: store, Note: func(text string) { a.log.Warn().Msg(text) }, Progress: a.newWatch().Reading}, err
}
