package figure

import "math"

// Intervals is a forest plot: a row for each estimate, with its interval along one axis.
type Intervals struct {
	ID                 string // of the drawing's names on its page; letters, digits and hyphens
	Title, Description string
	X                  Axis
	Rows               []Interval
	Zero               bool // a line at 0, which the axis then holds
	Left, Right        string
	// Head stands over the texts at the right.
	Head string
}

// Interval is an estimate with its borders, which may be NaN.
type Interval struct {
	Name           string
	Series         int
	Mean, Low, Top float64
	Strong         bool   // it is significant: drawn full, the others hollow
	Text           string // at the right, such as the numbers
	Title          string // of the mark
}

const (
	rowHeight = 26
	longest   = 30 // characters of a name beside a row
)

// SVG draws the rows from above.
func (f Intervals) SVG() string {
	left, right := 40.0, 12.0
	var values []float64
	for _, r := range f.Rows {
		left = max(left, width(cut(r.Name, longest))+16)
		right = max(right, width(r.Text)*0.95+16)
		values = append(values, r.Mean, r.Low, r.Top)
	}
	if f.Zero {
		values = append(values, 0)
	}
	const plot = 380.0
	top := 34.0
	bottom := top + rowHeight*float64(len(f.Rows))
	wide, high := left+plot+right, bottom+52
	x := f.X.scale(values, left, left+plot, 5)
	var c canvas
	c.begin(f.ID, f.Title, f.Description, wide, high)
	for _, t := range x.ticks {
		c.line("grid", t.at, top-6, t.at, bottom)
		c.label("tick", t.at, bottom+16, atMiddle, t.label)
	}
	if f.Zero {
		c.line("zero", x.at(0), top-10, x.at(0), bottom)
	}
	c.label("side", left, 16, atStart, f.Left)
	c.label("side", left+plot, 16, atEnd, f.Right)
	c.label("side", left+plot+12, 16, atStart, f.Head)
	c.label("axis-label", left+plot/2, bottom+38, atMiddle, f.X.Label)
	for i, r := range f.Rows {
		f.row(&c, r, x, top+rowHeight*(float64(i)+0.5), left, left+plot)
	}
	return c.end()
}

func (f Intervals) row(c *canvas, r Interval, x scale, y, left, right float64) {
	c.label("name", left-10, y+4, atEnd, cut(r.Name, longest))
	c.label("value", right+12, y+4, atStart, r.Text)
	if math.IsNaN(r.Mean) {
		return
	}
	state := " weak"
	if r.Strong {
		state = ""
	}
	if !math.IsNaN(r.Low) && !math.IsNaN(r.Top) {
		c.line("whisker "+class(r.Series)+state, x.at(r.Low), y, x.at(r.Top), y)
	}
	c.WriteString(`<g class="` + "estimate" + state + `">`)
	c.mark(r.Series, x.at(r.Mean), y, 4.5, r.Title)
	c.WriteString("</g>")
}
