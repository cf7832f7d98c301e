package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestATableIsArrangedAsItIsAskedFor(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	for _, c := range []struct {
		args  string
		wants []string
		not   string
	}{
		{"--sort recall@5:asc", []string{"│ Popular"}, ""},
		{"--columns mrr@3,trials", []string{"mrr@3 │ trials │"}, "train s"},
		{"--notes all", []string{"recall@5 = hits / |R|.", "Ledger:"}, "more with --notes all"},
		{"--notes short", []string{"more with --notes all"}, "Ledger:"},
		{"--part validation", []string{"Measured on the validation part", "Measured on the validation part: 24 users, 1 seed."}, ""},
		{"--against Heavy --notes all", []string{"worse than Heavy"}, ""},
		{"--width 60", []string{"Left out at 60 columns: peak MiB"}, "│ peak MiB"},
	} {
		stdout, _ := s.expect(exitDone, append([]string{"table", out}, strings.Fields(c.args)...)...)
		for _, want := range c.wants {
			if !strings.Contains(stdout, want) {
				t.Errorf("%s: no %q in\n%s", c.args, want, stdout)
			}
		}
		if c.not != "" && strings.Contains(stdout, c.not) {
			t.Errorf("%s: %q in\n%s", c.args, c.not, stdout)
		}
	}
	for args, want := range map[string]string{
		"--sort recal@5":    `did you mean "recall@5"`,
		"--columns recal@5": `did you mean "recall@5"`,
		"--columns train":   "expected a metric too, such as recall@5",
		"--notes al":        `did you mean "all"`,
		"--part tests":      `did you mean "test"`,
		"--against Hevy":    `did you mean "Heavy"`,
		"--width -1":        "expected 0 or more",
	} {
		if _, stderr := s.expect(exitBadInput, append([]string{"table", out}, strings.Fields(args)...)...); !strings.Contains(stderr, want) {
			t.Errorf("%s: no %q in %s", args, want, stderr)
		}
	}
}

// Every width of a terminal shows whole lines, here of tmux.
func TestATableFitsTheTerminal(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	m := newTerminal(t, 50, fmt.Sprintf("%s=1 %s table %s; sleep 60", envProgram, os.Args[0], out))
	m.holds("50 columns", func(lines []string) bool {
		text := strings.Join(lines, "\n")
		return strings.Contains(text, "Left out at 50 columns") && strings.Contains(text, "└─") && !strings.HasPrefix(lines[len(lines)-1], "─")
	})
}
