package progress

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"cllm4rec/core/printable"

	"github.com/clipperhouse/displaywidth"
)

// Narrowest is the width below which lines are no longer cut further.
const Narrowest = 20

// Lines writes an experiment and its running trials into lines of at most width columns: one
// for the experiment, one for each trial, aligned. What does not fit is left out by rule: the
// bar first, then tokens per second, the data set, the tower, loss, the best score, the last
// score, the seed and the stage; the share and the time that is left stay.
func Lines(s State, running []Running, width int) []string {
	width = max(width, Narrowest)
	lines := []string{fit(head(s), width)}
	if len(running) == 0 {
		return lines
	}
	all := make([][columns]string, len(running))
	for i, r := range running {
		all[i] = cells(r)
	}
	return append(lines, layout(all, width)...)
}

// head is such as "34%  ETA 2h 05m  3 of 12 trials done, 1 failed, 2 running".
func head(s State) string {
	text := fmt.Sprintf("%d of %d trials done", s.Done, s.Total)
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Failed)
	}
	return fmt.Sprintf("%s  %s  %s, %d running", percent(s.Share), s.Left, text, s.Running)
}

// The columns of a trial's line, in their order.
const (
	colMethod = iota
	colDataset
	colSeed
	colBar
	colShare
	colLeft
	colStage
	colDetail
	colLoss
	colRate
	colScore
	colBest
	columns // how many there are
)

// kept are the columns in the order in which they are given room; what comes later is left
// out first.
var kept = []int{colShare, colLeft, colMethod, colStage, colSeed, colScore, colBest, colLoss, colDetail, colDataset, colRate, colBar}

// least is the width below which a column is left out rather than cut; others are never cut.
var least = map[int]int{colMethod: 8, colStage: 12, colDataset: 8}

func cells(r Running) (c [columns]string) {
	c[colMethod], c[colDataset], c[colSeed] = printable.Line(r.Method), printable.Line(r.Dataset), fmt.Sprintf("seed %d", r.Seed)
	if r.Search {
		c[colMethod] += " (search)"
	}
	c[colBar], c[colShare], c[colLeft] = bar(r.Share), percent(r.Share), r.Left.String()
	c[colStage], c[colDetail], _ = strings.Cut(cmp.Or(printable.Line(r.Stage), "starting"), ", ")
	if r.Loss != nil {
		c[colLoss] = fmt.Sprintf("loss %.4g", *r.Loss)
	}
	if r.Rate > 0 {
		c[colRate] = fmt.Sprintf("%.0f tokens/s", r.Rate)
	}
	if r.Score != nil {
		c[colScore], c[colBest] = fmt.Sprintf("val %.4f", *r.Score), fmt.Sprintf("best %.4f", *r.Best)
	}
	return c
}

// Bar is a line of other work: its title, a bar, the share, and a text that gives way.
func Bar(title string, share float64, text string, width int) string {
	return fit(fmt.Sprintf("%s  %s %4s  %s", printable.Line(title), bar(share), percent(share), printable.Line(text)), width)
}

// layout aligns the cells of all trials in the columns that fit.
func layout(all [][columns]string, width int) []string {
	widths := chosen(all, width)
	lines := make([]string, len(all))
	for i, c := range all {
		var parts []string
		for at := range c {
			if w := widths[at]; w > 0 {
				parts = append(parts, pad(fit(c[at], w), w, at == colShare))
			}
		}
		lines[i] = strings.TrimRight(strings.Join(parts, "  "), " ")
	}
	return lines
}

// chosen are the widths of the columns; 0 is left out.
func chosen(all [][columns]string, width int) (widths [columns]int) {
	left, first := width, true
	for _, at := range kept {
		want := 0
		for _, c := range all {
			want = max(want, displaywidth.String(c[at]))
		}
		gap := 2
		if first {
			gap = 0
		}
		shortest, cut := least[at]
		switch {
		case want == 0:
			continue
		case want+gap <= left:
		case cut && min(want, shortest)+gap <= left:
			want = left - gap
		default:
			continue
		}
		widths[at], left, first = want, left-want-gap, false
	}
	return widths
}

// barWidth is that of a bar with its ends.
const barWidth = 22

func bar(share float64) string {
	room := barWidth - 2
	full := min(room, int(share*float64(room)))
	return "[" + strings.Repeat("=", full) + strings.Repeat("-", room-full) + "]"
}

// percent is at most 99% before all is done.
func percent(share float64) string { return fmt.Sprintf("%d%%", int(share*100)) }

// String is such as "12 min left", "over 2 h left" or "time unknown".
func (l Left) String() string {
	switch {
	case !l.Known:
		return "ETA unknown"
	case l.AtLeast:
		return "ETA over " + Duration(l.Time)
	}
	return "ETA " + Duration(l.Time)
}

// Duration is in two units at most: "45s", "12m 5s", "2h 5m", "3d 4h".
func Duration(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm %02ds", s/60, s%60)
	case s < 24*3600:
		return fmt.Sprintf("%dh %02dm", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%dd %02dh", s/86400, s%86400/3600)
}

// Line is one trial and the experiment as a line of a log that no terminal shows: with the share
// and the time that is left of both.
func Line(s State, r Running) string {
	c := cells(r)
	text := fmt.Sprintf("%s on %s, %s: %s, %s, %s", c[colMethod], c[colDataset], c[colSeed], c[colShare], c[colLeft], c[colStage])
	for _, at := range []int{colDetail, colLoss, colRate, colScore, colBest} {
		if c[at] != "" {
			text += ", " + c[at]
		}
	}
	return fmt.Sprintf("%s; all: %s", text, s)
}

// String is such as "12 of 40 trials, 34%, ETA 2h 05m".
func (s State) String() string {
	return fmt.Sprintf("%d of %d trials, %s, %s", s.Done, s.Total, percent(s.Share), s.Left)
}

// fit cuts a text to a width, with two dots where something is missing.
func fit(text string, width int) string {
	if displaywidth.String(text) <= width {
		return text
	}
	return displaywidth.TruncateString(text, width, "..")
}

func pad(text string, width int, right bool) string {
	space := strings.Repeat(" ", max(0, width-displaywidth.String(text)))
	if right {
		return space + text
	}
	return text + space
}
