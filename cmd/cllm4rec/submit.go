package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
	"cllm4rec/core/slurm"

	"github.com/spf13/cobra"
)

// slurmFolder has what a folder of records keeps of its Slurm jobs.
const slurmFolder = "slurm"

// preparedFolder has the prepared splits of jobs, where no other folder is named: the user's
// cache may not be shared.
const preparedFolder = "prepared"

func (a *app) submitCommand() *cobra.Command {
	var out, profile, keep string
	c := &cobra.Command{
		Use: "submit FILE --slurm PROFILE.yaml", Short: "Hand the trials of an experiment to a Slurm cluster", Args: one("FILE"),
		Long: "Submit plans an experiment, writes job arrays that depend on one another (data sets, searches, trials, trials that need those) and hands\n" +
			"them to sbatch. It returns at once; `cllm4rec status DIR` says how they stand and `cllm4rec table DIR` prints the table.",
		RunE: func(c *cobra.Command, args []string) error {
			if profile == "" {
				return contract.Errorf(contract.ErrInvalid, "submit needs --slurm PROFILE.yaml: see docs/clusters.md")
			}
			if err := checkKeep(keep); err != nil {
				return err
			}
			p, err := slurm.LoadProfile(profile)
			if err != nil {
				return err
			}
			return a.withPlan(c.Context(), args[0], false, func(plan *experiment.Plan, plugins *run.Host) error {
				return a.submit(c.Context(), plan, plugins, outDir(out, plan), p, keep)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "folder of the records, which the cluster shares (default: runs/NAME)")
	c.Flags().StringVar(&profile, "slurm", "", "file that says how the cluster is used")
	c.Flags().StringVar(&keep, "keep", "", "models: keep the trained models beside the records")
	a.storeFlag(c)
	a.planningFlags(c)
	a.methodsFlag(c)
	a.deviceFlag(c)
	return c
}

func (a *app) submit(ctx context.Context, plan *experiment.Plan, plugins *run.Host, dir string, p *slurm.Profile, keep string) (err error) {
	out, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	_, err = os.Stat(out)
	fresh := errors.Is(err, fs.ErrNotExist)
	store, err := record.Open(out)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, store.Close()); err != nil && fresh {
			removeUnused(out)
		}
	}()
	searched, err := run.TakeChoices(ctx, plan, store, true)
	plugins.Release(ctx)
	if err != nil {
		return err
	}
	path, err := run.SavePlan(ctx, store, plan)
	if err != nil {
		return err
	}
	heads, err := store.Heads(keysOf(plan))
	if err != nil {
		return err
	}
	stages := run.Stages(plan, settledBy(plan, heads, searched))
	if len(stages) == 0 {
		a.print("Every trial has a finished record: nothing to do. Records: %s\n", dir)
		return nil
	}
	program, err := a.program(out, path, p, keep)
	if err != nil {
		return err
	}
	s, err := slurm.Submit(ctx, filepath.Join(out, slurmFolder), plan.Name, p, program, arraysOf(plan, stages))
	if err != nil {
		return err
	}
	for _, job := range s.Jobs {
		a.print("job %s: %s, %s\n", job.ID, job.Name, counted(len(job.Tasks), "task"))
	}
	a.print("Scripts and logs: %s. How they stand: cllm4rec status %s\n", s.Dir, dir)
	return nil
}

// removeUnused removes the folder of a submission that was refused, unless anything was
// done in it meanwhile, or Slurm may still have jobs of it.
func removeUnused(out string) {
	for _, name := range []string{slurmFolder, "trials", "claims"} {
		if err := os.Remove(filepath.Join(out, name)); err != nil && !errors.Is(err, fs.ErrNotExist) { // it is not empty
			return
		}
	}
	_ = os.RemoveAll(out)
}

func keysOf(plan *experiment.Plan) (keys []string) {
	for _, t := range plan.Trials {
		keys = append(keys, t.Key)
	}
	return keys
}

// settledBy reports of a task whether its trial has a finished record or its search is over.
func settledBy(plan *experiment.Plan, heads *record.Heads, searched []run.Searched) func(run.Task) bool {
	settled := map[run.Task]bool{}
	for _, t := range plan.Trials {
		head := heads.ByKey[t.Key]
		settled[run.TaskOf(t)] = head.Finishes()
	}
	for _, s := range searched {
		settled[run.Task{Kind: run.TaskSearch, Dataset: s.Dataset, Method: s.Method}] = s.Over
	}
	return func(t run.Task) bool { return settled[t] }
}

// arraysOf are stages as arrays of jobs. A trial is named by its key where that is known.
func arraysOf(plan *experiment.Plan, stages []run.Stage) (arrays []slurm.Array) {
	keys := map[run.Task]string{}
	for _, t := range plan.Trials {
		keys[run.TaskOf(t)] = t.Key
	}
	for _, s := range stages {
		a := slurm.Array{Name: s.Name, After: s.After}
		for _, t := range s.Tasks {
			name := t.String()
			if key, known := keys[t]; known {
				name = key
			}
			a.Tasks = append(a.Tasks, name)
		}
		arrays = append(arrays, a)
	}
	return arrays
}

// program is what each job calls: this program, with the same plugins.
func (a *app) program(out, plan string, p *slurm.Profile, keep string) (slurm.Program, error) {
	self, err := os.Executable()
	if err != nil {
		return slurm.Program{}, err
	}
	program := slurm.Program{Path: self, Dir: out, Args: []string{"trial", "--plan", plan, "--threads", strconv.Itoa(p.CPUs)}}
	for _, dir := range a.plugins {
		if dir, err = filepath.Abs(dir); err != nil {
			return program, err
		}
		program.Args = append(program.Args, "--plugins", dir)
	}
	store := a.store
	switch {
	case store == "" && os.Getenv(envStore) == "":
		store = filepath.Join(out, preparedFolder)
	case store != "" && store != storeOff:
		if store, err = filepath.Abs(store); err != nil {
			return program, err
		}
	}
	if store != "" {
		program.Args = append(program.Args, "--store", store)
	}
	if keep != "" {
		program.Args = append(program.Args, "--keep", keep)
	}
	return program, nil
}
