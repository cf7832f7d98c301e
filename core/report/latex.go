package report

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Legend says how much stands under a table in LaTeX.
type Legend string

// The legends.
const (
	LegendMarks Legend = "marks" // what intervals and marks mean, and where published numbers come from
	LegendAll   Legend = "all"   // every note of the table
	LegendNone  Legend = "none"
)

// Legends lists every legend.
func Legends() []string { return []string{string(LegendMarks), string(LegendAll), string(LegendNone)} }

// LaTeXOptions say how a table is set. Zero values are the defaults.
type LaTeXOptions struct {
	// Label is that of \label; "" sets none. Of several tables each has it with its number.
	Label string
	// Caption is text, not LaTeX; the name of the data set by default, and behind a caption
	// where there are several.
	Caption string
	Bare    bool   // means without their intervals
	Legend  Legend // all notes by default
}

// legend is what a reader needs who sees a table alone.
type legend struct{ bounds, marks, sources []string }

// legend is that of a table with rows.
func (r rules) legend(t *Table) legend {
	l := legend{sources: sourceNotes(t.Rows)}
	if r.meansOnly {
		return l
	}
	l.bounds, l.marks = []string{r.boundsNote()}, []string{"Bold: " + r.bestNote()}
	if t.Against != "" {
		l.marks = append(l.marks, r.againstNote(t.Against))
	}
	return l
}

var labelForm = regexp.MustCompile(`^[A-Za-z0-9:._/+-]+$`)

func (o LaTeXOptions) check() error {
	switch {
	case o.Label != "" && !labelForm.MatchString(o.Label):
		return contract.Errorf(contract.ErrInvalid, "label %q: expected letters, digits and the signs : . _ / + -", o.Label)
	case o.Legend != "" && !slices.Contains(Legends(), string(o.Legend)):
		return contract.Errorf(contract.ErrInvalid, "legend %q: there is none of this name%s", o.Legend, schema.Hint(string(o.Legend), Legends()))
	}
	return nil
}

// LaTeX writes each table, as it is arranged, as a float of booktabs, whatever stands in names.
// ErrInvalid for a label that TeX would not take and for an unknown legend.
func (r *Report) LaTeX(w io.Writer, o LaTeXOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	s := styleOf(LaTeX, false)
	s.bare = o.Bare
	grids := r.grids(s)
	for i := range grids {
		if !r.divided {
			grids[i].notes = r.Tables[i].notes(o)
		}
		if o.Caption != "" && len(grids) > 1 {
			grids[i].title = o.Caption + " (" + grids[i].title + ")"
		} else if o.Caption != "" {
			grids[i].title = o.Caption
		}
	}
	return latexGrids(w, grids, o)
}

// notes are those that options ask for.
func (t *Table) notes(o LaTeXOptions) []string {
	switch o.Legend {
	case LegendNone:
		return nil
	case LegendMarks:
		if o.Bare {
			return slices.Concat(t.legend.marks, t.legend.sources)
		}
		return slices.Concat(t.legend.bounds, t.legend.marks, t.legend.sources)
	}
	return t.Notes
}

// latexGrids writes booktabs tables; the preamble needs \usepackage{booktabs}.
func latexGrids(w io.Writer, grids []grid, o LaTeXOptions) error {
	var b strings.Builder
	b.WriteString("% needs \\usepackage{booktabs}\n")
	for i, g := range grids {
		fmt.Fprintf(&b, "\\begin{table}\n\\centering\n\\caption{%s}\n", latex(g.title))
		switch {
		case o.Label != "" && len(grids) > 1:
			fmt.Fprintf(&b, "\\label{%s-%d}\n", o.Label, i+1)
		case o.Label != "":
			fmt.Fprintf(&b, "\\label{%s}\n", o.Label)
		}
		fmt.Fprintf(&b, "\\begin{tabular}{%s%s}\n\\toprule\n", strings.Repeat("l", g.left), strings.Repeat("r", len(g.header)-g.left))
		fmt.Fprintf(&b, "%s \\\\\n\\midrule\n", joined(g.header, " & ", latex))
		for _, cells := range g.rows {
			fmt.Fprintf(&b, "%s \\\\\n", strings.Join(cells, " & "))
		}
		b.WriteString("\\bottomrule\n\\end{tabular}\n")
		if len(g.notes) > 0 {
			b.WriteString("\\par\\footnotesize\n")
		}
		for _, n := range g.notes {
			fmt.Fprintf(&b, "%s\\par\n", latex(n))
		}
		b.WriteString("\\end{table}\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
