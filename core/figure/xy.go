package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// XY is points, and lines through them, over two axes.
type XY struct {
	ID                 string
	Title, Description string
	X, Y               Axis
	Series             []Series
	// Width and Height are of the area between the axes, in pixels; 0: 560 and 300.
	Width, Height float64
	// Names writes the name of each series beside its last point; Labels that of each point
	// beside it, where there is room.
	Names, Labels bool
}

// Series is what belongs together.
type Series struct {
	Name   string
	Number int // decides on colour and mark
	Points []Point
	Line   bool
	Step   bool // the line keeps its height until the next point
	Bare   bool // without marks
	Faint  bool
	Dashed bool
}

// Point is a measured place. Low and High are the ends of a bar in the direction of Y, NaN
// or both 0 where there is none.
type Point struct {
	X, Y      float64
	Low, High float64
	Label     string // beside the point
	Title     string // its numbers
}

func (p Point) bar() bool {
	return !math.IsNaN(p.Low) && !math.IsNaN(p.High) && (p.Low != 0 || p.High != 0)
}

// mostPoints is how many points of a line are drawn: of more, every second, third ...
const mostPoints = 300

// frame is where the axes of a figure lie.
type frame struct {
	x, y                     scale
	left, top, right, bottom float64
}

// SVG draws axes, lines, marks and names, in this order.
func (f XY) SVG() string {
	f.Width, f.Height = cmp.Or(f.Width, 560), cmp.Or(f.Height, 300)
	f.thin()
	a := f.frame()
	beside := 14.0
	if f.Names {
		for _, s := range f.Series {
			beside = max(beside, width(cut(s.Name, longest))+22)
		}
	}
	var c canvas
	c.begin(f.ID, f.Title, f.Description, a.right+beside, a.bottom+50)
	f.axes(&c, a)
	for _, s := range f.Series {
		f.line(&c, a, s)
	}
	for _, s := range f.Series {
		f.marks(&c, a, s)
	}
	if f.Names {
		f.names(&c, a)
	}
	if f.Labels {
		f.labels(&c, a)
	}
	return c.end()
}

// thin leaves out points that are not shown, and of long lines all but every n-th and the
// last.
func (f *XY) thin() {
	f.Series = slices.Clone(f.Series)
	for i := range f.Series {
		s := &f.Series[i]
		s.Points = slices.DeleteFunc(slices.Clone(s.Points), func(p Point) bool { return !f.X.shows(p.X) || !f.Y.shows(p.Y) })
		every := (len(s.Points) + mostPoints - 1) / mostPoints
		if every < 2 {
			continue
		}
		var kept []Point
		for at, p := range s.Points {
			if at%every == 0 || at == len(s.Points)-1 {
				kept = append(kept, p)
			}
		}
		s.Points = kept
	}
}

func (f XY) frame() frame {
	var xs, ys []float64
	for _, s := range f.Series {
		for _, p := range s.Points {
			xs, ys = append(xs, p.X), append(ys, p.Y)
			if p.bar() {
				ys = append(ys, p.Low, p.High)
			}
		}
	}
	y := f.Y.scale(ys, f.Height, 0, 5)
	left := 34.0
	for _, t := range y.ticks {
		left = max(left, width(t.label)+34)
	}
	a := frame{left: left, top: 12, right: left + f.Width, bottom: 12 + f.Height}
	a.y = f.Y.scale(ys, a.bottom, a.top, max(3, int(f.Height/55)))
	a.x = f.X.scale(xs, a.left, a.right, max(3, int(f.Width/80)))
	return a
}

func (f XY) axes(c *canvas, a frame) {
	for _, t := range a.y.ticks {
		c.line("grid", a.left, t.at, a.right, t.at)
		c.label("tick", a.left-6, t.at+4, atEnd, t.label)
	}
	room := int(f.Width / float64(max(1, len(a.x.ticks))) / charWidth)
	for _, t := range a.x.ticks {
		if f.X.Categories == nil {
			c.line("grid", t.at, a.top, t.at, a.bottom)
		}
		c.label("tick", t.at, a.bottom+16, atMiddle, cut(t.label, max(4, room)))
	}
	c.line("axis", a.left, a.bottom, a.right, a.bottom)
	c.line("axis", a.left, a.top, a.left, a.bottom)
	c.label("axis-label", (a.left+a.right)/2, a.bottom+38, atMiddle, f.X.Label)
	c.upright("axis-label", 14, (a.top+a.bottom)/2, f.Y.Label)
}

func (f XY) line(c *canvas, a frame, s Series) {
	if !s.Line || len(s.Points) < 2 {
		return
	}
	var path strings.Builder
	for i, p := range s.Points {
		x, y := px(a.x.at(p.X)), px(a.y.at(p.Y))
		switch {
		case i == 0:
			path.WriteString("M" + x + " " + y)
		case s.Step:
			path.WriteString("H" + x + "V" + y)
		default:
			path.WriteString("L" + x + " " + y)
		}
	}
	more := ""
	if s.Faint {
		more += " faint"
	}
	if s.Dashed || s.Number/colours%2 == 1 {
		more += " dashed"
	}
	fmt.Fprintf(&c.Builder, `<path class="line %s%s" d="%s"/>`, class(s.Number), more, path.String())
}

func (f XY) marks(c *canvas, a frame, s Series) {
	for _, p := range s.Points {
		x, y := a.x.at(p.X), a.y.at(p.Y)
		if p.bar() {
			c.line("whisker "+class(s.Number), x, a.y.at(p.Low), x, a.y.at(p.High))
		}
		if !s.Bare {
			size := 3.5
			if f.Labels {
				size = 5
			}
			c.mark(s.Number, x, y, size, p.Title)
		}
	}
}

// nameHeight is how far two names stand apart.
const nameHeight = 15

// names stand at the height of the last points, moved apart where they would cover each
// other.
func (f XY) names(c *canvas, a frame) {
	type placed struct {
		series Series
		from   Point
		y      float64
	}
	var all []placed
	for _, s := range f.Series {
		if len(s.Points) > 0 && s.Name != "" {
			last := s.Points[len(s.Points)-1]
			all = append(all, placed{s, last, a.y.at(last.Y)})
		}
	}
	slices.SortStableFunc(all, func(x, y placed) int { return cmp.Compare(x.y, y.y) })
	var heights []float64
	for _, p := range all {
		heights = append(heights, p.y)
	}
	spread(heights, a.top+4, a.bottom)
	for i, p := range all {
		c.line("leader "+class(p.series.Number), a.x.at(p.from.X)+6, p.y, a.right+8, heights[i])
		c.label("name", a.right+12, heights[i]+4, atStart, cut(p.series.Name, longest))
	}
}

// spread moves rising heights apart, between low and high where they have room there.
func spread(heights []float64, low, high float64) {
	for i := range heights {
		least := low
		if i > 0 {
			least = heights[i-1] + nameHeight
		}
		heights[i] = max(heights[i], least)
	}
	for i := len(heights) - 1; i >= 0; i-- {
		most := high
		if i < len(heights)-1 {
			most = heights[i+1] - nameHeight
		}
		if heights[i] <= most || most < low {
			break
		}
		heights[i] = most
	}
}

// box is where a label or a mark lies.
type box struct{ left, top, right, bottom float64 }

func (b box) meets(o box) bool {
	return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
}

// labels names each point at its right, left, above or below, where nothing else lies; a
// point without room has its name in its title alone.
func (f XY) labels(c *canvas, a frame) {
	var taken []box
	for _, s := range f.Series {
		for _, p := range s.Points {
			x, y := a.x.at(p.X), a.y.at(p.Y)
			taken = append(taken, box{x - 6, y - 6, x + 6, y + 6})
		}
	}
	for _, s := range f.Series {
		for _, p := range s.Points {
			x, y, name := a.x.at(p.X), a.y.at(p.Y), cut(p.Label, longest)
			w := width(name)
			for _, try := range []struct {
				x, y   float64
				anchor string
			}{{x + 9, y + 4, atStart}, {x - 9, y + 4, atEnd}, {x, y - 10, atMiddle}, {x, y + 19, atMiddle}, {x + 8, y - 9, atStart}, {x - 8, y - 9, atEnd}, {x + 8, y + 16, atStart}, {x - 8, y + 16, atEnd}} {
				b := box{try.x, try.y - 11, try.x + w, try.y + 3}
				switch try.anchor {
				case atEnd:
					b.left, b.right = try.x-w, try.x
				case atMiddle:
					b.left, b.right = try.x-w/2, try.x+w/2
				}
				if b.left < a.left || b.right > a.right+10 || b.top < a.top-8 || b.bottom > a.bottom || slices.ContainsFunc(taken, b.meets) {
					continue
				}
				taken = append(taken, b)
				c.label("point", try.x, try.y, try.anchor, name)
				break
			}
		}
	}
}
