package main

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/printable"
	"cllm4rec/core/record"
	"cllm4rec/core/slurm"

	"github.com/spf13/cobra"
)

func (a *app) statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "status DIR", Short: "Say how the trials of a folder stand: finished, failed, at work and by whom, and in Slurm", Args: one("DIR"),
		RunE: func(c *cobra.Command, args []string) error { return a.status(c.Context(), args[0]) },
	}
	a.planFlag(c)
	return c
}

func (a *app) status(ctx context.Context, dir string) error {
	store, plan, err := a.openRecords(dir)
	if err != nil {
		return err
	}
	heads, err := store.Heads(keysOf(plan))
	if err != nil {
		return err
	}
	claims, err := store.Claims()
	if err != nil {
		return err
	}
	if err := a.printStates(plan, heads, claims); err != nil {
		return err
	}
	for _, c := range claims {
		if name := named(plan, c.Name); name != "" {
			a.print("%s: at work in %s\n", name, c.Holder)
		}
	}
	all, err := slurm.Submissions(filepath.Join(dir, slurmFolder))
	if err != nil || len(all) == 0 {
		return err
	}
	queue, err := slurm.Queue(ctx, all)
	if err != nil {
		return err
	}
	return a.printQueue(queue)
}

// printStates counts the trials of each row.
func (a *app) printStates(plan *experiment.Plan, heads *record.Heads, claims []claim.Held) error {
	busy := map[string]bool{}
	for _, c := range claims {
		busy[c.Name] = true
	}
	type row struct{ dataset, method int }
	counts := map[row]*[4]int{} // finished, failed, at work, others
	for _, t := range plan.Trials {
		at := row{t.Dataset, t.Method}
		if counts[at] == nil {
			counts[at] = &[4]int{}
		}
		head := heads.ByKey[t.Key]
		switch {
		case head.Finishes():
			counts[at][0]++
		case busy[t.Key]:
			counts[at][2]++
		case head.Status == record.Failed:
			counts[at][1]++
		default:
			counts[at][3]++
		}
	}
	table := a.table()
	table.Header("data set", "method", "finished", "failed", "at work", "to do")
	for d := range plan.Datasets {
		for m := range plan.Methods {
			cells := []string{printable.Line(plan.Datasets[d].Label()), printable.Line(plan.Methods[m].Name)}
			if n := counts[row{d, m}]; n != nil {
				for _, count := range n {
					cells = append(cells, strconv.Itoa(count))
				}
			} else if plan.Hopeless(d, m) != "" {
				cells = append(cells, "0", strconv.Itoa(len(plan.Seeds)), "0", "0")
			} else {
				cells = append(cells, "0", "0", "0", strconv.Itoa(len(plan.Seeds))+", after its search")
			}
			if err := table.Append(cells...); err != nil {
				return err
			}
		}
	}
	return table.Render()
}

// named is what a claim is on, in words; "" for what no user asks about.
func named(plan *experiment.Plan, name string) string {
	for _, t := range plan.Trials {
		if t.Key == name {
			return printable.Line(plan.Methods[t.Method].Name) + " on " + printable.Line(plan.Datasets[t.Dataset].Label()) + ", seed " + strconv.FormatUint(t.Seed, 10)
		}
	}
	for d := range plan.Datasets {
		for m, method := range plan.Methods {
			if method.Search == nil {
				continue
			}
			if key, err := plan.SearchKey(d, m); err == nil && name == "search-"+key {
				return "the search of " + printable.Line(method.Name) + " on " + printable.Line(plan.Datasets[d].Label())
			}
		}
	}
	return ""
}

func (a *app) printQueue(queue []slurm.Waiting) error {
	if len(queue) == 0 {
		a.print("Slurm has no job of this folder.\n")
		return nil
	}
	table := a.table()
	table.Header("job", "tasks", "state", "reason or node")
	type group struct{ job, state, why string }
	counts, order := map[group]int{}, []group{}
	for _, w := range queue {
		g := group{w.Job, w.State, w.Reason}
		if w.Node != "" {
			g.why = w.Node
		}
		if counts[g] == 0 {
			order = append(order, g)
		}
		counts[g]++
	}
	for _, g := range order {
		if err := table.Append(g.job, strconv.Itoa(counts[g]), strings.ToLower(g.state), g.why); err != nil {
			return err
		}
	}
	return table.Render()
}

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel DIR", Short: "Take the jobs of a folder out of Slurm", Args: one("DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			all, err := submissions(args[0])
			if err != nil {
				return err
			}
			n, err := slurm.Cancel(c.Context(), all)
			if err == nil {
				a.print("%s cancelled\n", counted(n, "task"))
			}
			return err
		},
	}
}

// submissions are those of a folder; ErrNotFound when there are none.
func submissions(dir string) ([]*slurm.Submission, error) {
	all, err := slurm.Submissions(filepath.Join(dir, slurmFolder))
	if err == nil && len(all) == 0 {
		err = contract.Errorf(contract.ErrNotFound, "nothing of %s was submitted to Slurm (`cllm4rec submit FILE --slurm PROFILE.yaml --out %s`)", dir, dir)
	}
	return all, err
}
