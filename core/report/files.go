package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

func (r *Report) writeMarkdown(w io.Writer) error {
	s := style{bold: func(x string) string { return "**" + x + "**" }, up: " ↑", down: " ↓", plusMinus: "±", none: "–"}
	var b strings.Builder
	for i, t := range r.Tables {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "### %s\n\n", markdown(t.Dataset))
		fmt.Fprintf(&b, "| %s |\n", joined(t.header(), " | ", markdown))
		fmt.Fprintf(&b, "|:--|%s\n", strings.Repeat("--:|", len(t.header())-1))
		for i := range t.Rows {
			cells := t.Rows[i].cells(s)
			cells[0] = markdown(cells[0])
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
		b.WriteString("\n")
		for _, n := range t.Notes {
			fmt.Fprintf(&b, "- %s\n", markdown(n))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// joined escapes each cell and puts a separator between them.
func joined(cells []string, separator string, escape func(string) string) string {
	escaped := make([]string, len(cells))
	for i, c := range cells {
		escaped[i] = escape(c)
	}
	return strings.Join(escaped, separator)
}

// writeCSV writes the measured numbers, one a line; fields are empty where
// nothing was measured.
func (r *Report) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"dataset", "method", "metric", "mean", "ci_low", "ci_high", "seeds"}) // kept for out.Error
	for _, t := range r.Tables {
		for _, row := range t.Rows {
			if row.Published {
				continue
			}
			for i, c := range row.Cells {
				_ = out.Write(append([]string{spreadsheet(t.Dataset), spreadsheet(row.Method), t.Metrics[i]}, c.fields()...))
			}
		}
	}
	out.Flush()
	return out.Error()
}

func (c Cell) fields() []string {
	mean := ""
	if c.Known {
		mean = decimal(&c.Mean)
	}
	return []string{mean, decimal(c.Low), decimal(c.High), strconv.Itoa(c.Seeds)}
}

func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', 6, 64)
}

func (r *Report) writeJSON(w io.Writer) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return err
	}
	_, err := io.WriteString(w, jsonText(b.String()))
	return err
}

// writeLaTeX writes booktabs tables; the preamble needs \usepackage{booktabs}.
func (r *Report) writeLaTeX(w io.Writer) error {
	s := style{
		bold: func(x string) string { return `\textbf{` + x + `}` },
		up:   `$^{\uparrow}$`, down: `$^{\downarrow}$`, plusMinus: `$\pm$`, none: "--",
	}
	var b strings.Builder
	b.WriteString("% needs \\usepackage{booktabs}\n")
	for _, t := range r.Tables {
		fmt.Fprintf(&b, "\\begin{table}\n\\centering\n\\caption{%s}\n", latex(t.Dataset))
		fmt.Fprintf(&b, "\\begin{tabular}{l%s}\n\\toprule\n", strings.Repeat("r", len(t.header())-1))
		fmt.Fprintf(&b, "%s \\\\\n\\midrule\n", joined(t.header(), " & ", latex))
		for i := range t.Rows {
			cells := t.Rows[i].cells(s)
			cells[0] = latex(cells[0])
			fmt.Fprintf(&b, "%s \\\\\n", strings.Join(cells, " & "))
		}
		b.WriteString("\\bottomrule\n\\end{tabular}\n\\par\\footnotesize\n")
		for _, n := range t.Notes {
			fmt.Fprintf(&b, "%s\\par\n", latex(n))
		}
		b.WriteString("\\end{table}\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
