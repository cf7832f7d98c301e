package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"cllm4rec/core/experiment"
	"cllm4rec/core/figure"
	"cllm4rec/core/search"
)

// searchView is a search of a row on a data set.
type searchView struct {
	Row, Label string
	Series     int
	Says       string
	Trace      template.HTML
	Panels     []panelView
	Settings   []string
	Tried      []triedView
}

// triedView is a configuration.
type triedView struct {
	Number, Score, Seconds string
	Values                 []string
	Best                   bool
	Error                  string
}

// mostPanels is how many settings have a figure of their own.
const mostPanels = 8

func (s set) searches() []searchView {
	var all []searchView
	for i, c := range s.d.Plan.Choices {
		data := s.d.Plan.Datasets[c.Dataset]
		method := s.d.Plan.Methods[c.Method]
		if data.Name == s.table.Dataset && method.Search != nil && len(c.Tried) > 0 {
			all = append(all, s.search(i, data, method, c))
		}
	}
	return all
}

func (s set) search(at int, data experiment.DatasetPlan, m experiment.MethodPlan, c experiment.Choice) searchView {
	score := strings.Join(m.Search.Metrics, " + ") + " on validation"
	v := searchView{Row: m.Name, Series: c.Method % 10}
	if data.Repetition > 0 {
		v.Label = fmt.Sprintf("split %d", data.Repetition)
	}
	v.Says = fmt.Sprintf("%s by %s in %s", counted(len(c.Tried), "configuration"), m.Search.Sampler, seconds(c.Seconds()))
	points, best := figure.Series{Number: c.Method}, figure.Series{Number: c.Method, Line: true, Step: true, Bare: true}
	highest := math.Inf(-1)
	for i, t := range c.Tried {
		v.Tried = append(v.Tried, tried(i, t, m.Search.Space, i == c.Best))
		if t.Score == nil {
			continue
		}
		highest = max(highest, *t.Score)
		points.Points = append(points.Points, figure.Point{X: float64(i + 1), Y: *t.Score, Title: fmt.Sprintf("%d: %s (%s)", i+1, fixed(*t.Score), settingsOf(t, m.Search.Space))})
		best.Points = append(best.Points, figure.Point{X: float64(i + 1), Y: highest})
	}
	if len(points.Points) == 0 {
		v.Says += "; each failed"
		return v
	}
	id := fmt.Sprintf("%s-search-%d", s.id, at)
	trace := figure.XY{ID: id, Title: fmt.Sprintf("Search of %s on %s", m.Name, data.Label()), X: figure.Axis{Label: "configuration"}, Y: figure.Axis{Label: score}, Width: 420, Height: 220,
		Series: []figure.Series{best, points}, Description: fmt.Sprintf("%s; the best reaches %s.", counted(len(c.Tried), "configuration"), fixed(highest))}
	v.Trace = template.HTML(trace.SVG()) // core/figure escapes
	for i, p := range m.Search.Space {
		v.Settings = append(v.Settings, p.Name)
		if p.Kind != search.Categorical && len(v.Panels) < mostPanels {
			v.Panels = append(v.Panels, settingPanel(fmt.Sprintf("%s-%d", id, i), m.Name, p, c, score))
		}
	}
	return v
}

// settingPanel draws what each value of a setting reached.
func settingPanel(id, row string, p search.Parameter, c experiment.Choice, score string) panelView {
	series := figure.Series{Number: c.Method}
	for i, t := range c.Tried {
		if x, known := numeric(t.Values[p.Name]); known && t.Score != nil {
			series.Points = append(series.Points, figure.Point{X: x, Y: *t.Score, Title: fmt.Sprintf("%d: %s at %.4g", i+1, fixed(*t.Score), x)})
		}
	}
	f := figure.XY{ID: id, Title: fmt.Sprintf("%s: %s by %s", row, score, p.Name), Description: fmt.Sprintf("%s.", counted(len(series.Points), "configuration")),
		X: figure.Axis{Label: p.Name, Log: p.Log}, Y: figure.Axis{Label: "score"}, Width: 240, Height: 150, Series: []figure.Series{series}}
	return panelView{template.HTML(f.SVG()), p.Name} // core/figure escapes
}

func tried(i int, t experiment.Tried, space []search.Parameter, best bool) triedView {
	v := triedView{Number: fmt.Sprint(i + 1), Seconds: fmt.Sprintf("%.1f", t.Seconds), Best: best, Score: "failed", Error: t.Error}
	if t.Score != nil {
		v.Score = fixed(*t.Score)
	}
	for _, p := range space {
		v.Values = append(v.Values, valueText(t.Values[p.Name]))
	}
	return v
}

func settingsOf(t experiment.Tried, space []search.Parameter) string {
	var all []string
	for _, p := range space {
		all = append(all, p.Name+" "+valueText(t.Values[p.Name]))
	}
	return strings.Join(all, ", ")
}

// numeric is a value of a setting as a number.
func numeric(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	}
	return 0, false
}

// valueText is a value of a setting in few digits; "–" where the configuration has none.
func valueText(v any) string {
	if v == nil {
		return "–"
	}
	if f, is := numeric(v); is {
		return fmt.Sprintf("%.4g", f)
	}
	return fmt.Sprint(v)
}
