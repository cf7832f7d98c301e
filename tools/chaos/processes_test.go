package chaos

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// markVariable is in the environment of every process of a start: plugins inherit it.
const markVariable = "CHAOS_MARK"

// process is a live process.
type process struct {
	id      int
	command string // the name of its program
}

// marked are the live processes with a mark, whoever their parents are.
func marked(mark string) (all []process) {
	environs, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is whole
	for _, path := range environs {
		raw, err := os.ReadFile(path) // none: the process is gone
		if err != nil || !slices.Contains(strings.Split(string(raw), "\x00"), markVariable+"="+mark) {
			continue
		}
		dir := filepath.Dir(path)
		id, err := strconv.Atoi(filepath.Base(dir))
		if err == nil && lives(dir) {
			all = append(all, process{id, commandIn(dir)})
		}
	}
	return all
}

// lives reports whether the process of a folder of /proc has not ended.
func lives(dir string) bool {
	raw, err := os.ReadFile(filepath.Join(dir, "stat"))
	_, after, found := strings.Cut(string(raw), ") ")
	return err == nil && found && after[0] != 'Z' && after[0] != 'X'
}

// commandIn is the program's name in a folder of /proc; "" for a process that is gone.
func commandIn(dir string) string {
	raw, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	name, _, _ := strings.Cut(string(raw), "\x00")
	return filepath.Base(name)
}

// patience is how long the processes of a run that was killed may take to end.
const patience = 15 * time.Second

// outliving are the processes of a mark that still live after a while.
func outliving(mark string) []process {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if all := marked(mark); len(all) == 0 || time.Now().After(end) {
			return all
		}
	}
}
