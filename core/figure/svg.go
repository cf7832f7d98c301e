package figure

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cllm4rec/core/printable"
)

// canvas collects the elements of a drawing.
type canvas struct{ strings.Builder }

// begin opens a drawing that its reader is told about.
func (c *canvas) begin(id, title, description string, width, height float64) {
	fmt.Fprintf(&c.Builder, `<svg xmlns="http://www.w3.org/2000/svg" class="figure" viewBox="0 0 %s %s" style="max-width:%spx" role="img" aria-labelledby="%s-t %s-d">`,
		px(width), px(height), px(width), id, id)
	fmt.Fprintf(&c.Builder, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, text(title), id, text(description))
}

func (c *canvas) end() string {
	c.WriteString("</svg>")
	return c.String()
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.Builder, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, px(x1), px(y1), px(x2), px(y2))
}

// The sides at which a label stands still while it grows.
const (
	atStart  = "start"
	atMiddle = "middle"
	atEnd    = "end"
)

func (c *canvas) label(class string, x, y float64, anchor, s string) {
	if anchor != atStart {
		anchor = `" text-anchor="` + anchor
	} else {
		anchor = ""
	}
	fmt.Fprintf(&c.Builder, `<text class="%s" x="%s" y="%s%s">%s</text>`, class, px(x), px(y), anchor, text(s))
}

// upright is a label that is read from below to above.
func (c *canvas) upright(class string, x, y float64, s string) {
	fmt.Fprintf(&c.Builder, `<text class="%s" transform="translate(%s %s) rotate(-90)" text-anchor="middle">%s</text>`, class, px(x), px(y), text(s))
}

// shapes are how many different marks there are.
const shapes = 5

// mark draws the mark of a series with its numbers. Series that have a colour in common
// differ by their shape.
func (c *canvas) mark(series int, x, y, size float64, title string) {
	fmt.Fprintf(&c.Builder, `<g class="mark %s"><title>%s</title>`, class(series), text(title))
	switch series / colours % shapes {
	case 0:
		fmt.Fprintf(&c.Builder, `<circle cx="%s" cy="%s" r="%s"/>`, px(x), px(y), px(size))
	case 1:
		fmt.Fprintf(&c.Builder, `<rect x="%s" y="%s" width="%s" height="%s"/>`, px(x-size), px(y-size), px(2*size), px(2*size))
	case 2:
		c.polygon(x, y, size*1.25, [][2]float64{{0, -1}, {1, 0.8}, {-1, 0.8}})
	case 3:
		c.polygon(x, y, size*1.35, [][2]float64{{0, -1}, {1, 0}, {0, 1}, {-1, 0}})
	default:
		c.polygon(x, y, size*1.25, [][2]float64{{-1, -0.8}, {1, -0.8}, {0, 1}})
	}
	c.WriteString("</g>")
}

func (c *canvas) polygon(x, y, size float64, corners [][2]float64) {
	c.WriteString(`<polygon points="`)
	for i, p := range corners {
		if i > 0 {
			c.WriteByte(' ')
		}
		c.WriteString(px(x+size*p[0]) + "," + px(y+size*p[1]))
	}
	c.WriteString(`"/>`)
}

// colours are how many the page has for series.
const colours = 10

// class names the colour of a series.
func class(series int) string { return fmt.Sprintf("s%d", series%colours) }

// px is a place in pixels, to a tenth.
func px(v float64) string {
	s := fmt.Sprintf("%.1f", v)
	return strings.TrimSuffix(s, ".0")
}

// text makes foreign text safe inside an element: markup is escaped, characters that turn
// the direction of writing are quoted.
func text(s string) string { return escaper.Replace(printable.Line(s)) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

// charWidth is about how wide a character of a label is, in pixels.
const charWidth = 6.4

// width is about how wide a label is.
func width(s string) float64 { return charWidth * float64(utf8.RuneCountInString(s)) }

// cut shortens a label to so many characters.
func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}
