package chart

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The least and the most columns that a drawing takes.
const (
	narrowest = 40
	widest    = 200
)

// eighths of a column, from one to seven.
var eighths = [...]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Draw is a histogram of horizontal bars for a terminal of so many columns, a line of
// text of it at most columns wide; the longest bar is the largest count.
func (h Histogram) Draw(columns int) string {
	columns = min(max(columns, narrowest), widest)
	most, all, labels := 0, 0, 0
	for _, b := range h.Bins {
		most, all, labels = max(most, b.Count), all+b.Count, max(labels, utf8.RuneCountInString(b.Label))
	}
	count := len(fmt.Sprint(most))
	room := columns - labels - count - len("   100.0%  ") - 1
	var out strings.Builder
	fmt.Fprintf(&out, "%s (%s by %s)\n", h.Title, h.What, h.Of)
	for _, b := range h.Bins {
		fmt.Fprintf(&out, "%*s  %*d %5.1f%% %s\n", labels, b.Label, count, b.Count, 100*float64(b.Count)/float64(max(all, 1)), bar(b.Count, most, room))
	}
	for _, note := range h.Notes {
		out.WriteString(Wrap(note, columns))
	}
	return out.String()
}

// bar is a bar of so many columns where count is the largest.
func bar(count, most, columns int) string {
	parts := 0
	if most > 0 {
		parts = (count*columns*8 + most/2) / most
	}
	if parts == 0 && count > 0 {
		parts = 1
	}
	return strings.Repeat("█", parts/8) + eighths[parts%8]
}

// Wrap breaks a text at spaces into lines of at most so many columns.
func Wrap(text string, columns int) string {
	columns = min(max(columns, narrowest), widest)
	var out strings.Builder
	line := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case line+1+n > columns:
			out.WriteByte('\n')
			line = 0
		default:
			out.WriteByte(' ')
			line++
		}
		out.WriteString(word)
		line += n
	}
	out.WriteByte('\n')
	return out.String()
}
