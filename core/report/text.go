package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/printable"
	"cllm4rec/core/schema"
	"cllm4rec/core/textgrid"

	"github.com/clipperhouse/displaywidth"
)

// Format is a way to write tables.
type Format string

// The formats.
const (
	Terminal Format = "terminal"
	Markdown Format = "md"
	CSV      Format = "csv"
	LaTeX    Format = "latex"
	JSON     Format = "json"
)

// Formats lists every format.
func Formats() []string {
	return []string{string(Terminal), string(Markdown), string(CSV), string(LaTeX), string(JSON)}
}

// ParseFormat reads a format's name; ErrInvalid names the nearest.
func ParseFormat(name string) (Format, error) {
	if slices.Contains(Formats(), name) {
		return Format(name), nil
	}
	hint := ""
	if near := schema.Nearest(name, Formats()); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return "", contract.Errorf(contract.ErrInvalid, "unknown format %q: expected one of %s%s", name, strings.Join(Formats(), ", "), hint)
}

// Write writes the tables. screen is of the terminal format.
func (r *Report) Write(w io.Writer, f Format, screen Screen) error {
	switch f {
	case CSV:
		return r.writeCSV(w)
	case JSON:
		return writeJSON(w, r)
	}
	return writeGrids(w, f, r.grids(styleOf(f, screen.Color)), screen)
}

// writeGrids writes what text formats show.
func writeGrids(w io.Writer, f Format, grids []grid, screen Screen) error {
	switch f {
	case Markdown:
		return markdownGrids(w, grids)
	case LaTeX:
		return latexGrids(w, grids, LaTeXOptions{})
	}
	for _, g := range grids {
		if err := g.writeTerminal(w, screen); err != nil {
			return err
		}
	}
	return nil
}

// style renders the parts of a cell that differ between text formats.
type style struct {
	bold      func(string) string
	up, down  string
	plusMinus string
	none      string // where nothing was measured
	// lined: digits stand below each other; starred: bold is written with a star at each side.
	lined, starred bool
	// plain stands beside a mean that is not bold, open in place of an interval that there is
	// none of, even in place of an arrow.
	plain, open, even string
	bare              bool // means without their intervals
	escape            func(string) string
}

// styleOf is the style of a text format.
func styleOf(f Format, color bool) style {
	switch f {
	case Markdown:
		return style{bold: func(x string) string { return "**" + x + "**" }, up: " ↑", down: " ↓", plusMinus: "±", none: "–", escape: markdown}
	case LaTeX:
		return style{
			bold: func(x string) string { return `\textbf{` + x + `}` },
			up:   `$^{\uparrow}$`, down: `$^{\downarrow}$`, plusMinus: `$\pm$`, none: "--", escape: latex,
		}
	}
	s := style{bold: func(x string) string { return "*" + x + "*" }, up: " ↑", down: " ↓", plusMinus: "±", none: "-", lined: true, starred: true, escape: printable.Line}
	if color {
		s.starred, s.bold = false, func(x string) string { return textgrid.BoldOn + x + textgrid.BoldOff }
	}
	return s
}

// header is the column titles of a text table.
func (t *Table) header() []string {
	header := slices.Concat([]string{"method"}, t.Metrics)
	for _, column := range t.costs {
		header = append(header, costHeaders[column])
	}
	return header
}

// cells is a row of a text table, as header.
func (t *Table) cells(r *Row, s style, styles []style) []string {
	name := r.Method
	if r.Published {
		name += " †"
	}
	out := []string{s.escape(name)}
	for i, c := range r.Cells {
		out = append(out, c.text(styles[i], r))
	}
	for _, column := range t.costs {
		out = append(out, r.cost(column, s))
	}
	return out
}

// columns are the styles of the columns of metrics: where one cell of a column has a mark, the
// others have as much room for it, so that their digits stand below each other.
func (s style) columns(t *Table) []style {
	styles := slices.Repeat([]style{s}, len(t.Metrics))
	if !s.lined {
		return styles
	}
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			if c.Best && s.starred {
				styles[i].plain = " "
			}
			if c.Against != 0 {
				styles[i].even = "  "
			}
			if c.High != nil {
				styles[i].open = strings.Repeat(" ", max(len(styles[i].open), displaywidth.String(c.bounds(s))))
			}
		}
	}
	return styles
}

// memory is the peak of the process, with that of the device behind it when there
// was one: "812 + 3401".
func (c Cost) memory() string {
	if c.DeviceMiB == 0 {
		return fmt.Sprintf("%.0f", c.PeakMiB)
	}
	return fmt.Sprintf("%.0f + %.0f", c.PeakMiB, c.DeviceMiB)
}

// trials is "2", or "1 of 3" when some failed or are missing.
func (r *Row) trials() string {
	all := r.Cost.Trials + r.Failed + r.Missing
	switch {
	case r.Published:
		return ""
	case all == r.Cost.Trials:
		return fmt.Sprint(all)
	default:
		return fmt.Sprintf("%d of %d", r.Cost.Trials, all)
	}
}

func (c Cell) text(s style, r *Row) string {
	if !c.Known && r.Failed > 0 {
		return "failed"
	}
	if !c.Known {
		return s.none
	}
	text := fmt.Sprintf("%.4f", c.Mean)
	if c.Best {
		text = s.bold(text)
	} else {
		text = s.plain + text + s.plain
	}
	if c.High != nil && !s.bare {
		text += c.bounds(s)
	} else {
		text += s.open
	}
	switch c.Against {
	case 1:
		text += s.up
	case -1:
		text += s.down
	default:
		text += s.even
	}
	return text
}

// bounds is " ± 0.0012", or " [0.0411, 0.0437]" where the interval lies askew.
func (c Cell) bounds(s style) string {
	above, below := *c.High-c.Mean, c.Mean-*c.Low
	if math.Abs(above-below) <= 1e-9 {
		return fmt.Sprintf(" %s %.4f", s.plusMinus, above)
	}
	return fmt.Sprintf(" [%.4f, %.4f]", *c.Low, *c.High)
}

// seconds keeps two significant figures of short times.
func seconds(s float64) string {
	if s < 10 {
		return fmt.Sprintf("%.2f", s)
	}
	return fmt.Sprintf("%.0f", s)
}
