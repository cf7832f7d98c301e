package figure

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// wellFormed reads a drawing as XML and gives the texts in it.
func wellFormed(t *testing.T, svg string) string {
	t.Helper()
	var texts strings.Builder
	for in := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return texts.String()
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		if s, is := token.(xml.CharData); is {
			texts.Write(s)
			texts.WriteByte('\n')
		}
	}
}

const hostile = `</svg><script>alert("1")</script>&' ` + "\u202e"

func TestFiguresAreWellFormedAndSayTheirNumbersWhateverNamesAreMadeOf(t *testing.T) {
	nan := math.NaN()
	for name, svg := range map[string]string{
		"intervals": Intervals{ID: "a", Title: hostile, Description: hostile, X: Axis{Label: hostile}, Zero: true, Rows: []Interval{
			{Name: hostile, Mean: 0.1, Low: -0.1, Top: 0.3, Text: hostile, Title: hostile}, {Name: "none", Mean: nan, Low: nan, Top: nan}, {Name: "no borders", Mean: 0.2, Low: nan, Top: nan},
		}}.SVG(),
		"lines": XY{ID: "b", Title: hostile, Description: hostile, X: Axis{Label: hostile, Log: true}, Y: Axis{Label: hostile}, Names: true, Labels: true, Series: []Series{
			{Name: hostile, Line: true, Points: []Point{{X: 1, Y: 1, Label: hostile, Title: hostile}, {X: 0, Y: 2}, {X: 100, Y: nan}, {X: 10, Y: 3, Low: 2, High: 4}}}, {Name: "empty"},
		}}.SVG(),
		"nothing": XY{ID: "c", Title: hostile, Description: hostile}.SVG(),
	} {
		text := wellFormed(t, svg)
		if strings.Contains(svg, "<script") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || strings.Contains(svg, "\u202e") {
			t.Errorf("%s: %s", name, svg)
		}
		if !strings.Contains(text, `<script>alert("1")`) || !strings.Contains(svg, `role="img"`) {
			t.Errorf("%s: the title is not told in %q", name, text)
		}
	}
}

func TestTicksAreRoundNumbersAroundTheValues(t *testing.T) {
	for _, c := range []struct {
		axis   Axis
		values []float64
		want   string
	}{
		{Axis{}, []float64{0.013, 0.094}, "0.00 0.02 0.04 0.06 0.08 0.10"},
		{Axis{}, []float64{-0.3, 0.05}, "-0.3 -0.2 -0.1 0.0 0.1"},
		{Axis{}, []float64{3, 3}, "2.6 2.8 3.0 3.2 3.4"},
		{Axis{FromZero: true}, []float64{40, 90}, "0 20 40 60 80 100"},
		{Axis{Log: true}, []float64{0.1, 1000, -5}, "0.1 1 10 100 1000"},
		{Axis{Log: true}, []float64{2, 30}, "2 5 10 20"},
		{Axis{Categories: []string{"few", "many"}}, nil, "few many"},
	} {
		s := c.axis.scale(c.values, 0, 100, 5)
		var got []string
		for _, tick := range s.ticks {
			got = append(got, tick.label)
			if tick.at < -1e-9 || tick.at > 100+1e-9 {
				t.Errorf("%v: tick %s lies at %v, outside of 0..100", c.values, tick.label, tick.at)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%v: ticks %q, want %q", c.values, text, c.want)
		}
		for _, v := range c.values {
			if c.axis.shows(v) && (s.at(v) < -1e-9 || s.at(v) > 100+1e-9) {
				t.Errorf("%v lies at %v, outside of 0..100", v, s.at(v))
			}
		}
	}
}

func TestNamesBesideLinesDoNotCoverEachOther(t *testing.T) {
	heights := []float64{10, 11, 12, 90, 99, 100}
	spread(heights, 0, 100)
	for i := range heights[1:] {
		if heights[i+1]-heights[i] < nameHeight-1e-9 {
			t.Errorf("names at %v", heights)
		}
	}
	if !slices.IsSorted(heights) || heights[0] < 0 || heights[5] > 100 {
		t.Errorf("names at %v", heights)
	}
}

func TestLongLinesKeepTheirEnds(t *testing.T) {
	s := Series{Line: true}
	for i := range 10000 {
		s.Points = append(s.Points, Point{X: float64(i), Y: 1})
	}
	f := XY{Series: []Series{s}}
	f.thin()
	if got := f.Series[0].Points; len(got) > mostPoints+1 || got[0].X != 0 || got[len(got)-1].X != 9999 {
		t.Errorf("%d points from %v to %v", len(got), got[0].X, got[len(got)-1].X)
	}
}

func TestBarsJoinTheRanksThatDoNotDifferByTheCriticalDifference(t *testing.T) {
	f := Ranks{ID: "r", Title: hostile, Description: hostile, Names: []string{"a", hostile, "c", "d"}, Series: []int{0, 1, 2, 3}, Ranks: []float64{3.9, 1.1, 1.9, 3.1}, Critical: 1}
	if got := f.groups([]int{1, 2, 3, 0}); !slices.Equal(got, [][2]int{{0, 1}, {2, 3}}) {
		t.Errorf("groups %v", got)
	}
	svg := f.SVG()
	wellFormed(t, svg)
	if n := strings.Count(svg, `class="clique"`); n != 2 {
		t.Errorf("%d bars", n)
	}
	f.Critical = 9
	if svg := f.SVG(); strings.Count(svg, `class="clique"`) != 1 || !strings.Contains(svg, "wider than all ranks") {
		t.Errorf("got %s", svg)
	}
}
