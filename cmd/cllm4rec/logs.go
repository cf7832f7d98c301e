package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/slurm"

	"github.com/spf13/cobra"
)

func (a *app) logsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "logs DIR [TRIAL]", Short: "List what the Slurm jobs of a folder wrote, or print that of one trial", Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := submissions(args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.listLogs(slurm.Logs(all))
			}
			return a.printLogs(slurm.Logs(all), args[1])
		},
	}
}

func (a *app) listLogs(logs []slurm.Log) error {
	table := a.table()
	table.Header("trial", "size", "file")
	for _, l := range logs {
		size := "not started"
		if l.Size >= 0 {
			size = fetch.Size(l.Size)
		}
		if err := table.Append(fmt.Sprintf("%.12s", l.Task), size, l.Path); err != nil {
			return err
		}
	}
	return table.Render()
}

// printLogs prints the logs of the trials that a text begins the names of.
func (a *app) printLogs(logs []slurm.Log, trial string) error {
	found := false
	for _, l := range logs {
		if !strings.HasPrefix(l.Task, trial) {
			continue
		}
		found = true
		a.print("%s:\n", l.Path)
		if l.Size < 0 {
			a.print("not started\n")
			continue
		}
		if err := a.copyFile(l.Path); err != nil {
			return err
		}
	}
	if !found {
		return contract.Errorf(contract.ErrInvalid, "no job has a trial %q; `cllm4rec logs DIR` lists them", trial)
	}
	return nil
}

func (a *app) copyFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(a.stdout, f)
	return err
}
