package report

import (
	"fmt"
	"io"

	"cllm4rec/core/printable"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

func (r *Report) writeTerminal(w io.Writer, color bool) error {
	for i := range r.Tables {
		if err := r.Tables[i].writeTerminal(w, color); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) writeTerminal(w io.Writer, color bool) error {
	s := style{bold: func(x string) string { return "*" + x + "*" }, up: " ↑", down: " ↓", plusMinus: "±", none: "-"}
	if color {
		s.bold = func(x string) string { return "\x1b[1m" + x + "\x1b[0m" }
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", printable.Line(t.Dataset)); err != nil {
		return err
	}
	table := tablewriter.NewTable(w,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleLight)})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithAlignment(alignment(len(t.header()))),
	)
	table.Header(t.header())
	for i := range t.Rows {
		cells := t.Rows[i].cells(s)
		cells[0] = printable.Line(cells[0])
		if err := table.Append(cells); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	return writeNotes(w, t.Notes, "  ")
}

// alignment puts names left and numbers right.
func alignment(columns int) tw.Alignment {
	a := tw.Alignment{tw.AlignLeft}
	for range columns - 1 {
		a = append(a, tw.AlignRight)
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
