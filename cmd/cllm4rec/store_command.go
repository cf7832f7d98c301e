package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/prepared"
	"cllm4rec/core/stage"

	"github.com/spf13/cobra"
)

// stored is an entry of the store, of either kind.
type stored struct {
	kind, key, what string
	size            int64
	written, used   time.Time
	problem         error
	verify          func() error
	remove          func() (kept error, err error)
}

func (a *app) storeCommand() *cobra.Command {
	c := commandGroup("store", "List, verify and prune prepared data sets and the stages that trials share")
	ls := &cobra.Command{Use: "ls", Short: "List what the store has: sizes, ages, what made it", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return a.storeList() }}
	verify := &cobra.Command{Use: "verify", Short: "Hold every file of the store against its checksum", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return a.storeVerify() }}
	c.AddCommand(ls, verify, a.storePruneCommand())
	for _, sub := range c.Commands() {
		a.storeFlag(sub)
	}
	return c
}

// stored lists the store; an ErrInvalid when it is off.
func (a *app) stored() ([]stored, error) {
	splits, err := a.preparedStore()
	if err != nil {
		return nil, err
	}
	if splits == nil {
		return nil, contract.Errorf(contract.ErrInvalid, "the store is off: --store DIR or $%s names one", envStore)
	}
	stages, err := a.stageStore()
	if err != nil {
		return nil, err
	}
	first, err := storedSplits(splits)
	if err != nil {
		return nil, err
	}
	second, err := storedStages(stages)
	return slices.DeleteFunc(append(first, second...), func(e stored) bool { return !storeKey.MatchString(e.key) }), err
}

// storeKey is what the store names its entries by; what has another name is not its own.
var storeKey = regexp.MustCompile(`^[0-9a-f]{64}(\.damaged)?$`)

func storedSplits(s *prepared.Store) ([]stored, error) {
	entries, err := s.List()
	var all []stored
	for _, e := range entries {
		var content struct {
			Dataset struct {
				Name string `json:"name"`
			} `json:"dataset"`
		}
		_ = json.Unmarshal(e.Content, &content) // an entry with a problem has none
		all = append(all, stored{
			kind: "data set", key: e.Key, what: "split by " + content.Dataset.Name, size: e.Size, written: e.Written, used: e.Used, problem: e.Problem,
			verify: func() error { return s.Verify(e.Key) }, remove: func() (error, error) { return nil, s.Remove(e.Key) },
		})
	}
	return all, err
}

func storedStages(s *stage.Store) ([]stored, error) {
	entries, err := s.List()
	var all []stored
	for _, e := range entries {
		kind := "stage"
		if e.Work {
			kind = "unfinished"
		}
		all = append(all, stored{
			kind: kind, key: e.Key, what: e.About.What, size: e.Size, written: e.Written, used: e.Used, problem: e.Problem,
			verify: func() error { return s.Verify(e) }, remove: func() (error, error) { return s.Remove(e) },
		})
	}
	return all, err
}

func (a *app) storeList() error {
	all, err := a.stored()
	if err != nil {
		return err
	}
	table := a.table()
	table.Header("kind", "key", "what", "size", "written", "used")
	var size int64
	for _, e := range all {
		what := e.what
		if e.problem != nil {
			what = e.problem.Error()
		}
		size += e.size
		if err := table.Append(e.kind, short(e.key), what, megabytes(e.size), at(e.written), at(e.used)); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	a.print("%d entries, %s.\n", len(all), megabytes(size))
	return nil
}

func (a *app) storeVerify() error {
	all, err := a.stored()
	if err != nil {
		return err
	}
	var wrong []error
	for _, e := range all {
		if err := e.verify(); err != nil {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	a.print("%d entries are as they were written.\n", len(all))
	return nil
}

// pruning says which entries go.
type pruning struct {
	older, unused time.Duration // 0: whatever their age
	larger        int64         // MB; 0: of any size
	damaged, dry  bool
}

func (a *app) storePruneCommand() *cobra.Command {
	var p pruning
	c := &cobra.Command{
		Use: "prune", Short: "Remove what all given conditions hold for, but for what is in use", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.storePrune(p) },
	}
	c.Flags().DurationVar(&p.older, "older", 0, "only what was written so long ago, such as 720h")
	c.Flags().DurationVar(&p.unused, "unused", 0, "only what was not used for so long")
	c.Flags().Int64Var(&p.larger, "larger", 0, "only what has so many MB or more")
	c.Flags().BoolVar(&p.damaged, "damaged", false, "only what cannot be used")
	c.Flags().BoolVar(&p.dry, "dry-run", false, "say what would go and remove nothing")
	return c
}

func (p pruning) check() error {
	if p.older < 0 || p.unused < 0 || p.larger < 0 {
		return contract.Errorf(contract.ErrInvalid, "--older %s, --unused %s, --larger %d: expected 0 or more", p.older, p.unused, p.larger)
	}
	if p.older == 0 && p.unused == 0 && p.larger == 0 && !p.damaged {
		return contract.Errorf(contract.ErrInvalid, "prune needs a condition: --older, --unused, --larger or --damaged (--older 1ns is everything)")
	}
	return nil
}

// takes reports whether all conditions hold for an entry.
func (p pruning) takes(e stored, now time.Time) bool {
	return now.Sub(e.written) >= p.older && now.Sub(e.used) >= p.unused && e.size/1e6 >= p.larger && (!p.damaged || e.problem != nil || e.verify() != nil)
}

// sweepClaims removes the claims of makers that died.
func (a *app) sweepClaims(dry bool) error {
	stages, err := a.stageStore()
	if err != nil || dry {
		return err
	}
	return stages.Sweep()
}

func (a *app) storePrune(p pruning) error {
	if err := p.check(); err != nil {
		return err
	}
	all, err := a.stored()
	if err != nil {
		return err
	}
	if err := a.sweepClaims(p.dry); err != nil {
		return err
	}
	var size int64
	removed, now := 0, time.Now()
	for _, e := range all {
		if !p.takes(e, now) {
			continue
		}
		if !p.dry {
			kept, err := e.remove()
			if err != nil {
				return err
			}
			if kept != nil {
				a.print("%s %s stays: %v\n", e.kind, short(e.key), kept)
				continue
			}
		}
		removed, size = removed+1, size+e.size
		a.print("%s %s %s\n", e.kind, short(e.key), e.what)
	}
	verb := "removed"
	if p.dry {
		verb = "would be removed"
	}
	a.print("%d of %d entries %s, %s.\n", removed, len(all), verb, megabytes(size))
	return nil
}

func short(key string) string { return key[:min(12, len(key))] }

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// at is a time of this place, "-" for none.
func at(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}
