package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

func markdownGrids(w io.Writer, grids []grid) error {
	var b strings.Builder
	for i, g := range grids {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "### %s\n\n", markdown(g.title))
		fmt.Fprintf(&b, "| %s |\n", joined(g.header, " | ", markdown))
		fmt.Fprintf(&b, "|%s%s\n", strings.Repeat(":--|", g.left), strings.Repeat("--:|", len(g.header)-g.left))
		for _, cells := range g.rows {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
		b.WriteString("\n")
		for _, n := range g.notes {
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
// nothing was measured. Where data are split several times, a column counts the measured
// splits. With strata, three columns say of what a line is: nothing for
// all users together, else the division, the bucket and its users.
func (r *Report) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	repeated := slices.ContainsFunc(r.Tables, Table.repeated)
	divided := slices.ContainsFunc(r.Tables, func(t Table) bool { return len(t.Strata) > 0 })
	header := []string{"dataset", "method", "metric", "mean", "ci_low", "ci_high", "seeds"}
	if repeated {
		header = append(header, "splits")
	}
	var whole []string
	if divided {
		header, whole = append(header, "by", "bucket", "users"), []string{"", "", ""}
	}
	_ = out.Write(header) // kept for out.Error
	for _, t := range r.Tables {
		for _, row := range t.Rows {
			if !row.Published {
				writeCells(out, t.Dataset, row.Method, t.Metrics, row.Cells, repeated, whole)
			}
		}
		for _, s := range t.Strata {
			for _, b := range s.Buckets {
				for _, row := range b.Rows {
					writeCells(out, t.Dataset, row.Method, s.Metrics, row.Cells, repeated, []string{spreadsheet(s.By), spreadsheet(b.Name), strconv.Itoa(b.Users)})
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

// writeCells writes a line for each metric; out keeps an error.
func writeCells(out *csv.Writer, dataset, method string, metrics []string, cells []Cell, repeated bool, of []string) {
	for i, c := range cells {
		_ = out.Write(slices.Concat([]string{spreadsheet(dataset), spreadsheet(method), metrics[i]}, c.fields(repeated), of))
	}
}

// repeated reports whether the data of a table are split several times.
func (t Table) repeated() bool {
	return slices.ContainsFunc(t.Rows, func(r Row) bool { return slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Splits > 0 }) })
}

func (c Cell) fields(repeated bool) []string {
	mean := ""
	if c.Known {
		mean = decimal(&c.Mean)
	}
	fields := []string{mean, decimal(c.Low), decimal(c.High), strconv.Itoa(c.Seeds)}
	if repeated {
		fields = append(fields, strconv.Itoa(max(1, c.Splits)))
	}
	return fields
}

func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', 6, 64)
}

func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, jsonText(b.String()))
	return err
}
