package chaos

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// point is the N-th call of one of some system calls, on whatever thread makes so many first.
type point struct {
	calls string // names, separated by commas
	nth   int
}

// points are the system calls between which a commit can be cut, with the largest N that is
// drawn. A process that is killed at a call does not make it: at fsync a new file is written, at
// rename it is durable, and at the next fsync it has its name.
var points = []point{
	{"fsync,fdatasync", 20}, {"rename,renameat,renameat2", 12}, {"unlink,unlinkat", 12}, {"rmdir", 2}, {"link,linkat", 8},
	{"mkdir,mkdirat", 8}, {"utimensat", 3}, {"flock", 4}, {"openat", 150}, {"write", 60},
}

// drawPoint is a point at random.
func (s *session) drawPoint() *point {
	p := points[s.draw(len(points))]
	p.nth = 1 + s.draw(p.nth)
	return &p
}

// traced are the arguments of a call of strace that runs a program so that it, or one of its
// plugins, is killed at a point.
func (p point) traced(log string, command []string) []string {
	return append([]string{
		"-f", "-y", "-o", log, "-e", "trace=" + p.calls, "-e", "signal=none", "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", p.calls, p.nth),
	}, command...)
}

var (
	unfinished = regexp.MustCompile(`^(\d+) +(\w+\(.*)<unfinished \.\.\.>$`)
	resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>.*= \?$`)
	entire     = regexp.MustCompile(`^\d+ +(\w+\(.*= \?)$`)
)

// hits are the calls in a log of strace that were not made, as the process was killed at them.
func hits(log string) (calls []string, err error) {
	raw, err := os.ReadFile(log)
	if err != nil {
		return nil, err
	}
	open := map[string]string{} // by thread
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if m := unfinished.FindStringSubmatch(line); m != nil {
			open[m[1]] = m[2]
		} else if m := resumed.FindStringSubmatch(line); m != nil {
			calls = append(calls, open[m[1]])
		} else if m := entire.FindStringSubmatch(line); m != nil {
			calls = append(calls, m[1])
		}
	}
	return calls, nil
}

// kinds tell what a call is about by the paths in it.
var kinds = []struct{ pattern, name string }{
	{"record.json", "record"}, {"manifest.json", "manifest"}, {"/claims", "claim"}, {"index.json", "index"}, {"/plans", "plan"},
	{"ranking-", "rankings"}, {"users-", "per-user values"}, {"/data/", "split data"}, {".split", "prepared split"}, {"/work", "checkpoint"},
	{"/stages", "stage"}, {"/trials", "trial's folder"}, {"/cache", "cache"}, {"/tmp/", "sockets"},
}

// pointOf is such as "fsync of a record".
func pointOf(call string) string {
	name, arguments, _ := strings.Cut(call, "(")
	for _, k := range kinds {
		if strings.Contains(arguments, k.pattern) {
			return name + " (" + k.name + ")"
		}
	}
	return name + " (elsewhere)"
}
