package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// The measures of a drawing in pixels.
const (
	svgWidth, svgHeight      = 720, 360
	left, right, top, bottom = 70, 20, 44, 84
	lines                    = 4 // across, beside the one at 0
)

// SVG is a histogram of upright bars, in the colours of a page that is light. It has no
// script and asks for no font or file.
func (h Histogram) SVG() []byte {
	most := 1
	for _, b := range h.Bins {
		most = max(most, b.Count)
	}
	step := stepOf(most)
	high := float64((most + step - 1) / step * step)
	wide, tall := float64(svgWidth-left-right), float64(svgHeight-top-bottom)
	y := func(count float64) float64 { return float64(svgHeight-bottom) - tall*count/high }
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12" fill="#333">`+"\n", svgWidth, svgHeight, svgWidth, svgHeight)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%d" y="24" font-size="15">%s</text>`+"\n", left, escaped(h.Title))
	for count := 0; float64(count) <= high; count += step {
		at := y(float64(count))
		fmt.Fprintf(&out, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d</text>`+"\n", left, at, svgWidth-right, at, left-6, at+4, count)
	}
	width := wide / float64(max(len(h.Bins), 1))
	every := max(1, (len(h.Bins)+19)/20) // of labels, so that they stand apart
	for i, b := range h.Bins {
		x := left + width*float64(i)
		fmt.Fprintf(&out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#3b6ea5"><title>%s: %d %s</title></rect>`+"\n",
			x+width*0.1, y(float64(b.Count)), width*0.8, y(0)-y(float64(b.Count)), escaped(b.Label), b.Count, escaped(h.What))
		if i%every == 0 {
			fmt.Fprintf(&out, `<text transform="translate(%.1f %d) rotate(-40)" text-anchor="end">%s</text>`+"\n", x+width/2+4, svgHeight-bottom+14, escaped(b.Label))
		}
	}
	fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", svgWidth-right, svgHeight-6, escaped(h.Of))
	fmt.Fprintf(&out, `<text transform="translate(14 %d) rotate(-90)" text-anchor="end">%s</text>`+"\n</svg>\n", top, escaped(h.What))
	return out.Bytes()
}

// stepOf is the distance of the lines across: 1, 2 or 5 times a power of ten.
func stepOf(most int) int {
	for unit := 1; ; unit *= 10 {
		for _, n := range []int{1, 2, 5} {
			if n*unit*lines >= most {
				return n * unit
			}
		}
	}
}

func escaped(s string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(s)) // a buffer never fails
	return out.String()
}
