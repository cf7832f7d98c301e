package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"cllm4rec/core/printable"
	"cllm4rec/core/textgrid"

	"github.com/clipperhouse/displaywidth"
)

func (g *grid) writeTerminal(w io.Writer, screen Screen) error {
	title := printable.Line(g.title)
	if screen.Width > 0 {
		title = displaywidth.TruncateString(title, screen.Width, "..")
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", title); err != nil {
		return err
	}
	left, err := textgrid.Grid{Header: g.header, Left: g.left, Rows: g.rows, Leave: g.leave}.Write(w, screen.Width)
	if err != nil {
		return err
	}
	notes := g.notes
	if g.brief != nil && !screen.AllNotes {
		notes = g.brief
	}
	if left != nil {
		notes = slices.Concat([]string{leftOut(screen.Width, left)}, notes)
	}
	return writeNotes(w, notes, "  ", screen.Width)
}

func writeNotes(w io.Writer, notes []string, indent string, width int) error {
	for _, n := range notes {
		for _, line := range textgrid.Wrapped(printable.Line(n), width, indent) {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// leftOut says what a narrow terminal does not show.
func leftOut(width int, titles []string) string {
	return fmt.Sprintf("Left out at %d columns: %s; --width, --columns and --format have them.", width, strings.Join(titles, ", "))
}

// Screen is the terminal that tables are written to.
type Screen struct {
	Width    int  // columns; 0: as wide as tables are
	Color    bool // ANSI sequences
	AllNotes bool // else the short ones
}
