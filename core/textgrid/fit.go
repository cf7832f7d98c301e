package textgrid

import (
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// frameWidth is what a column takes beside its text: a border and a space at each side.
const frameWidth = 3

// How far names are cut, before columns go below and after.
const (
	tellable = 24
	shortest = 8
)

// Fitted is the grid in pieces that are no wider than a terminal, by this rule: costs are left
// out, one after another; then long names are cut; then columns go into a table of their own
// below, beside the names again; names are cut further at last. left are the titles of what is left out.
func (g Grid) Fitted(width int) (pieces []Grid, left []string) {
	for _, title := range g.Leave {
		if width == 0 || g.width() <= width {
			break
		}
		if i := slices.Index(g.Header, title); i >= 0 {
			left, g = append(left, title), g.without(i)
		}
	}
	if width == 0 || g.width() <= width {
		return []Grid{g}, left
	}
	if g.Words {
		if g.wrap(width); g.width() <= width {
			return []Grid{g}, left
		}
	}
	cut := g
	if cut.cutNames(width, tellable); cut.width() <= width {
		return []Grid{cut}, left
	}
	return g.split(width), left
}

// split puts columns that do not fit into further grids.
func (g Grid) split(width int) (pieces []Grid) {
	fits := func(from, to int) bool {
		piece := g.columns(from, to)
		piece.cutNames(width, tellable)
		return piece.width() <= width
	}
	at := g.Left
	for at < len(g.Header) {
		end := at + 1
		for end < len(g.Header) && fits(at, end+1) {
			end++
		}
		piece := g.columns(at, end)
		piece.cutNames(width, shortest)
		if piece.Words {
			piece.wrap(width)
		}
		pieces, at = append(pieces, piece), end
	}
	return pieces
}

// columns are the names and some of the other columns.
func (g Grid) columns(from, to int) Grid {
	pick := func(cells []string) []string { return slices.Concat(cells[:g.Left], cells[from:to]) }
	out := g
	out.Header, out.Rows = pick(g.Header), nil
	for _, row := range g.Rows {
		out.Rows = append(out.Rows, pick(row))
	}
	return out
}

// without is the grid less a column.
func (g Grid) without(at int) Grid {
	out := g
	out.Header, out.Rows = slices.Delete(slices.Clone(g.Header), at, at+1), nil
	for _, row := range g.Rows {
		out.Rows = append(out.Rows, slices.Delete(slices.Clone(row), at, at+1))
	}
	return out
}

// cutNames shortens names, the longest first, until the grid fits or none is longer than some
// least length.
func (g *Grid) cutNames(width, least int) {
	g.Header, g.Rows = slices.Clone(g.Header), slices.Clone(g.Rows)
	for i := range g.Rows {
		g.Rows[i] = slices.Clone(g.Rows[i])
	}
	for g.width() > width {
		at, longest := 0, 0
		for column := range g.Left {
			if w := g.widthOf(column); w > longest {
				at, longest = column, w
			}
		}
		if longest <= least {
			return
		}
		most := max(least, longest-(g.width()-width))
		g.Header[at] = displaywidth.TruncateString(g.Header[at], most, "..")
		for _, row := range g.Rows {
			row[at] = displaywidth.TruncateString(row[at], most, "..")
		}
	}
}

// narrowest is how far a column of words is wrapped.
const narrowest = 12

// wrap breaks cells between words, those of the widest column first, until the grid fits or
// all columns are narrow.
func (g *Grid) wrap(width int) {
	widths, sum := make([]int, len(g.Header)), g.width()
	for column := range widths {
		widths[column] = g.widthOf(column)
	}
	for sum > width {
		at := 0
		for column, w := range widths {
			if w > widths[at] {
				at = column
			}
		}
		if widths[at] <= narrowest {
			break
		}
		widths[at]--
		sum--
	}
	folded := func(cells []string) []string {
		out := make([]string, len(cells))
		for column, cell := range cells {
			if out[column] = cell; shownWidth(cell) > widths[column] {
				out[column] = strings.Join(Wrapped(cell, widths[column], ""), "\n")
			}
		}
		return out
	}
	rows := g.Rows
	g.Header, g.Rows = folded(g.Header), nil
	for _, row := range rows {
		g.Rows = append(g.Rows, folded(row))
	}
}

func (g Grid) width() int {
	sum := 1
	for column := range g.Header {
		sum += g.widthOf(column) + frameWidth
	}
	return sum
}

func (g Grid) widthOf(column int) int {
	most := shownWidth(g.Header[column])
	for _, row := range g.Rows {
		most = max(most, shownWidth(row[column]))
	}
	return most
}

// shownWidth is how many columns a cell takes, which may be bold and have several lines.
func shownWidth(cell string) int {
	most := 0
	for line := range strings.SplitSeq(strings.NewReplacer(BoldOn, "", BoldOff, "").Replace(cell), "\n") {
		most = max(most, displaywidth.String(line))
	}
	return most
}

// Wrapped breaks a text between words into lines of at most width columns, all behind an
// indent and all but the first behind two; a word that is too long is broken. A width of 0
// breaks nothing.
func Wrapped(text string, width int, indent string) []string {
	if width == 0 {
		return []string{indent + text}
	}
	var lines []string
	line, empty := indent, true
	for _, word := range strings.Fields(text) {
		for {
			room := width - displaywidth.String(line)
			if !empty {
				room--
			}
			if displaywidth.String(word) <= room {
				break
			}
			if empty { // not even alone
				head := displaywidth.TruncateString(word, max(1, room), "")
				if head == "" || head == word {
					break
				}
				line, word = line+head, word[len(head):]
			}
			lines, line, empty = append(lines, line), indent+indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	return append(lines, line)
}
