package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cllm4rec/core/progress"
)

// envDraws makes the test binary a program that draws progress.
const envDraws = "CLLM4REC_TEST_DRAWS"

// drawForATest shows three trials and writes some lines of a log, and then one every second,
// with which the share changes, until a file is there; then it takes the progress away.
func drawForATest(until string) {
	s := newScreen(os.Stderr, canMove(os.Stderr))
	var step atomic.Int32
	s.Show(func(width int) []string {
		var running []progress.Running
		for i := range 3 {
			running = append(running, progress.Running{Row: progress.Row{Dataset: "Beauty", Method: fmt.Sprintf("Method %d", i)}, Seed: 1, Snapshot: progress.Snapshot{
				Share: min(1, float64(step.Load())/100), Stage: "pretrain 3/10, collaborative tower", Left: progress.Left{Known: true, Time: time.Hour},
			}})
		}
		return progress.Lines(progress.State{Total: 12, Done: 2, Running: 3}, running, width)
	})
	for i := 0; ; i++ {
		step.Store(int32(i))
		s.draw()
		_, _ = fmt.Fprintf(s, "log %d\n", i)
		if i < 12 { // as a run does; tmux keeps rows of its first lines where it wraps them
			continue
		}
		time.Sleep(time.Second)
		if _, err := os.Stat(until); err == nil {
			break
		}
	}
	s.Close()
	_, _ = fmt.Fprintln(os.Stderr, "over")
	time.Sleep(time.Minute) // until the terminal is closed
}

// terminal is one of tmux, which knows nothing of this program.
type terminal struct {
	t      *testing.T
	socket string
}

func newTerminal(t *testing.T, width int, command string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("NOT TESTED: there is no tmux (apt-get install tmux)")
	}
	m := &terminal{t, filepath.Join(t.TempDir(), "s")}
	m.do("-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(width), "-y", "30", command)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", m.socket, "kill-server").Run() })
	return m
}

func (m *terminal) do(args ...string) string {
	m.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", m.socket}, args...)...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// holds waits until what stands on the terminal, with what has scrolled away, is right.
func (m *terminal) holds(what string, right func(lines []string) bool) {
	m.t.Helper()
	var text string
	for range 100 {
		text = strings.TrimSpace(m.do("capture-pane", "-p", "-S", "-"))
		if right(strings.Split(text, "\n")) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	m.t.Errorf("%s: the terminal shows\n%s", what, text)
}

// still waits for the next line of the log, after which nothing is drawn for a second: tmux
// tells a new width a quarter of a second after it has wrapped, and what is drawn in between
// may leave rows behind.
func (m *terminal) still() {
	m.t.Helper()
	n := len(strings.Split(m.do("capture-pane", "-p", "-S", "-"), "log "))
	m.holds("the next line", func(lines []string) bool { return len(strings.Split(strings.Join(lines, "\n"), "log ")) > n })
}

// progressAt is whether lines of a log stand above one block of progress, whose first trial
// says some text, and nothing is left of earlier drawings.
func progressAt(text string) func([]string) bool {
	return func(lines []string) bool {
		n := len(lines)
		if n < 5 || !strings.Contains(lines[n-4], "2 of 12 tr") || !strings.Contains(lines[n-3], text) {
			return false
		}
		return logsOnly(lines[:n-4])
	}
}

func logsOnly(lines []string) bool {
	for i, line := range lines {
		if strings.TrimRight(line, " ") != fmt.Sprintf("log %d", i) {
			return false
		}
	}
	return len(lines) > 0
}

func TestProgressStandsRightAfterResizesAndLeavesNothing(t *testing.T) {
	done := filepath.Join(t.TempDir(), "done")
	m := newTerminal(t, 120, fmt.Sprintf("%s=%s %s", envDraws, done, os.Args[0]))
	m.holds("120 columns", progressAt("collaborative tower"))
	for _, c := range []struct {
		width int
		text  string
	}{{60, "seed 1"}, {30, "ETA 1h 00m"}, {200, "  ["}, {80, "pretrain 3/10"}} {
		m.still()
		m.do("resize-window", "-x", fmt.Sprint(c.width), "-y", "30")
		m.holds(fmt.Sprintf("%d columns", c.width), progressAt(c.text))
	}
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	m.holds("at the end", func(lines []string) bool {
		n := len(lines)
		return n > 2 && lines[n-1] == "over" && logsOnly(lines[:n-1])
	})
}

func TestWithoutMovesOfTheCursorNothingIsDrawn(t *testing.T) {
	var b strings.Builder
	s := newScreen(&b, false)
	s.Show(func(int) []string { return []string{"progress"} })
	_, _ = fmt.Fprintln(s, "line")
	time.Sleep(2 * drawEvery)
	s.Close()
	if b.String() != "line\n" {
		t.Errorf("got %q", b.String())
	}
}
