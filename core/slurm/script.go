package slurm

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Array is a job array: each task is the arguments of one call of a program.
type Array struct {
	Name  string
	Tasks []string
	After []int // places of the arrays whose tasks must all have come to an end before
}

// Program is what a task calls.
type Program struct {
	Path string   // of the program
	Args []string // before those of the task
	Dir  string   // where it is called
}

// options are those of sbatch for an array. Slurm's signal reaches the script alone, a
// moment before the time limit.
func (p *Profile) options(a Array, job, log string) []string {
	array := fmt.Sprintf("--array=1-%d", len(a.Tasks))
	if p.ArrayLimit > 0 {
		array += fmt.Sprintf("%%%d", p.ArrayLimit)
	}
	all := []string{
		"--job-name=" + job, array, "--output=" + log, "--open-mode=append", "--requeue", "--nodes=1", "--ntasks=1",
		"--cpus-per-task=" + strconv.Itoa(p.CPUs), "--signal=B:USR1@" + strconv.Itoa(p.Signal),
	}
	for _, o := range []struct{ name, value string }{
		{"partition", p.Partition}, {"account", p.Account}, {"qos", p.QOS}, {"time", p.Time}, {"mem", p.Memory},
	} {
		if o.value != "" {
			all = append(all, "--"+o.name+"="+o.value)
		}
	}
	if p.GPUs > 0 {
		all = append(all, "--gres=gpu:"+strconv.Itoa(p.GPUs))
	}
	return append(all, p.Options...)
}

// script is what each task of an array runs; tasks is the file with their lines. When Slurm
// says that the time limit is near, the program is stopped and the task is queued again; it
// then goes on from the last checkpoint that came by the clock (stopping writes none).
func (p *Profile) script(program Program, tasks string, options []string) string {
	var s strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&s, format+"\n", args...) }
	line("#!/bin/bash")
	for _, o := range options {
		line("#SBATCH %s", directive(o))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Exports)) {
		line("export %s=%s", name, quote(p.Exports[name]))
	}
	for _, module := range p.Modules {
		line("module load %s || exit", quote(module))
	}
	for _, setup := range p.Setup {
		line("%s", setup)
	}
	line("cd %s || exit", quote(program.Dir))
	line(`task=$(sed -n "${SLURM_ARRAY_TASK_ID}p" %s)`, quote(tasks))
	words := []string{quote(program.Path)}
	if p.Container != "" {
		words = append([]string{p.Container}, words...)
	}
	for _, arg := range program.Args {
		words = append(words, quote(arg))
	}
	line(`%s $task &`, strings.Join(words, " "))
	line("pid=$!")
	line("again=")
	line("trap 'again=yes; kill -TERM $pid' USR1")
	line("trap 'kill -TERM $pid' TERM")
	line("wait $pid")
	line("while kill -0 $pid 2>/dev/null; do wait $pid; done") // a signal ends wait
	line("wait $pid; code=$?")
	line(`if [ -n "$again" ] && [ $code -ne 0 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt %d ]; then`, p.Requeues)
	line(`  echo "the time limit is near: the task is queued again"`)
	line(`  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"`)
	line("fi")
	line("exit $code")
	return s.String()
}

// quote is a word for bash.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// directive is an option as #SBATCH lines take it: a value with spaces in quotes.
func directive(option string) string {
	if name, value, ok := strings.Cut(option, "="); ok && strings.ContainsAny(value, " \t") {
		return name + "=" + `"` + value + `"`
	}
	return option
}
