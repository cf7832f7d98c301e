package slurm

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Waiting is a task of a submission that Slurm has not seen end.
type Waiting struct {
	Job, Task string
	State     string // in Slurm's words, such as PENDING
	Reason    string // why it waits, such as Dependency
	Node      string // where it runs; "" before
}

// Queue lists the tasks of submissions that Slurm runs or will run.
func Queue(ctx context.Context, all []*Submission) ([]Waiting, error) {
	said, err := call(ctx, "squeue", "--me", "--noheader", "--array", "--format=%F|%K|%T|%r|%N")
	if err != nil {
		return nil, err
	}
	var found []Waiting
	for line := range strings.Lines(said) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 5 {
			continue // a warning of squeue
		}
		n, err := strconv.Atoi(f[1])
		if task := taskOf(all, f[0], n); err == nil && task != "" {
			found = append(found, Waiting{f[0], task, f[2], f[3], f[4]})
		}
	}
	return found, nil
}

// taskOf is the task of a number, from 1, in a job; "" when it is none of ours.
func taskOf(all []*Submission, job string, n int) string {
	for _, s := range all {
		for _, j := range s.Jobs {
			if j.ID == job && n >= 1 && n <= len(j.Tasks) {
				return j.Tasks[n-1]
			}
		}
	}
	return ""
}

// Cancel takes the jobs of submissions that Slurm has not seen end out of it, and returns
// how many tasks that were.
func Cancel(ctx context.Context, all []*Submission) (int, error) {
	queue, err := Queue(ctx, all)
	if err != nil || len(queue) == 0 {
		return 0, err
	}
	var ids []string
	for _, w := range queue {
		if !slices.Contains(ids, w.Job) {
			ids = append(ids, w.Job)
		}
	}
	_, err = call(ctx, "scancel", ids...)
	return len(queue), err
}

// Log is what a task wrote.
type Log struct {
	Task string
	Path string
	Size int64 // bytes; -1 before it was started
}

// Logs are those of all tasks.
func Logs(all []*Submission) (logs []Log) {
	for _, s := range all {
		for _, j := range s.Jobs {
			for i, task := range j.Tasks {
				l := Log{task, filepath.Join(s.Dir, "logs", j.Name+"-"+strconv.Itoa(i+1)+".out"), -1}
				if info, err := os.Stat(l.Path); err == nil {
					l.Size = info.Size()
				}
				logs = append(logs, l)
			}
		}
	}
	return logs
}
