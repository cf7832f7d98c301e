package report

import (
	"fmt"
	"io"

	"cllm4rec/core/printable"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

func (g *grid) writeTerminal(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "\n%s\n", printable.Line(g.title)); err != nil {
		return err
	}
	table := tablewriter.NewTable(w,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleLight)})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithAlignment(alignment(g.left, len(g.header))),
	)
	table.Header(g.header)
	for _, cells := range g.rows {
		if err := table.Append(cells); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	return writeNotes(w, g.notes, "  ")
}

// alignment puts names left and numbers right.
func alignment(left, columns int) tw.Alignment {
	var a tw.Alignment
	for at := range columns {
		if at < left {
			a = append(a, tw.AlignLeft)
		} else {
			a = append(a, tw.AlignRight)
		}
	}
	return a
}

func writeNotes(w io.Writer, notes []string, prefix string) error {
	for _, n := range notes {
		if _, err := fmt.Fprintf(w, "%s%s\n", prefix, printable.Line(n)); err != nil {
			return err
		}
	}
	return nil
}
