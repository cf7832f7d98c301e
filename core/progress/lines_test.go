package progress

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"
)

func number(x float64) *float64 { return &x }

// some are trials under way, of which one has just begun.
func some() (State, []Running) {
	running := []Running{
		{Row: Row{Dataset: "Beauty 2014", Method: "CLLM4Rec, GPT-2"}, Seed: 1, Snapshot: Snapshot{
			Share: .456, Stage: "pretrain 43/100, collaborative tower", Loss: number(3.2141), Rate: 5312.4,
			Score: number(.4312), Best: number(.4402), Left: Left{Known: true, Time: 754 * time.Second},
		}},
		{Row: Row{Dataset: "Beauty 2014", Method: "SASRec", Search: true}, Seed: 2, Snapshot: Snapshot{
			Share: .9999, Stage: "rank validation", Left: Left{Known: true, Time: 400 * time.Millisecond},
		}},
		{Row: Row{Dataset: "Yelp", Method: "EASE"}, Seed: 12},
	}
	return State{Total: 40, Done: 12, Failed: 1, Running: 3, Share: .34, Left: Left{Known: true, Time: 2*time.Hour + 5*time.Minute}}, running
}

// The texts are in testdata; UPDATE=1 writes them anew.
func TestLinesAtTheWidthsOfTerminals(t *testing.T) {
	var b strings.Builder
	s, running := some()
	for _, width := range []int{40, 60, 80, 120, 160, 200} {
		b.WriteString(strings.Repeat("-", width) + "\n" + strings.Join(Lines(s, running, width), "\n") + "\n")
	}
	file := filepath.Join("testdata", "lines.txt")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNoLineIsWiderThanTheTerminalAndShareAndTimeStay(t *testing.T) {
	s, running := some()
	running[0].Method = "推薦システム with e\u0301 accents and a\tname that is long"
	for width := Narrowest; width <= 220; width++ {
		lines := Lines(s, running, width)
		if len(lines) != 1+len(running) {
			t.Fatalf("width %d: %d lines", width, len(lines))
		}
		for _, line := range lines {
			if got := displaywidth.String(line); got > width {
				t.Errorf("width %d: %d columns in %q", width, got, line)
			}
		}
		if !strings.Contains(lines[1], "45%") || !strings.Contains(lines[1], "ETA 12m 34s") {
			t.Errorf("width %d: %q", width, lines[1])
		}
	}
}

func TestALineOfALogHasShareAndTimeOfTrialAndExperiment(t *testing.T) {
	s, running := some()
	want := "CLLM4Rec, GPT-2 on Beauty 2014, seed 1: 45%, ETA 12m 34s, pretrain 43/100, collaborative tower, loss 3.214, 5312 tokens/s, val 0.4312, best 0.4402; all: 12 of 40 trials, 34%, ETA 2h 05m"
	if got := Line(s, running[0]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = "EASE on Yelp, seed 12: 0%, ETA unknown, starting; all: 12 of 40 trials, 34%, ETA 2h 05m"
	if got := Line(s, running[2]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDurationsHaveTwoUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0s", 59 * time.Second: "59s", 125 * time.Second: "2m 05s", 2*time.Hour + 5*time.Minute: "2h 05m", 76 * time.Hour: "3d 04h",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
