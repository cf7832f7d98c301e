// Package textgrid writes tables of text that fit a terminal: what is too wide is left out, cut
// or put below by one rule, and no line is ever wider than the terminal.
package textgrid

import (
	"io"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// What makes a terminal write bold; cells may have it.
const (
	BoldOn  = "\x1b[1m"
	BoldOff = "\x1b[0m"
)

// Grid is a table.
type Grid struct {
	Header []string
	Left   int // columns of names, which stand left and again beside columns that go below
	Rows   [][]string
	Leave  []string // titles of columns that a narrow terminal does without, the first one first
	Words  bool     // all columns stand left; else numbers right
}

// Render draws borders around the cells.
func (g Grid) Render(w io.Writer) error {
	table := tablewriter.NewTable(w,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleLight)})),
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithAlignment(g.alignment()),
	)
	table.Header(g.Header)
	for _, cells := range g.Rows {
		if err := table.Append(cells); err != nil {
			return err
		}
	}
	return table.Render()
}

// alignment puts names left and numbers right.
func (g Grid) alignment() tw.Alignment {
	a := slices.Repeat(tw.Alignment{tw.AlignLeft}, len(g.Header))
	for at := g.Left; at < len(a) && !g.Words; at++ {
		a[at] = tw.AlignRight
	}
	return a
}

// Write writes the grid into so many columns of a terminal, 0 for as many as it needs, and
// returns the titles of the columns that are left out.
func (g Grid) Write(w io.Writer, width int) (left []string, err error) {
	pieces, left := g.Fitted(width)
	for _, piece := range pieces {
		if err := piece.Render(w); err != nil {
			return nil, err
		}
	}
	return left, nil
}
