package page

import (
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/experiment"
	"cllm4rec/core/figure"
	"cllm4rec/core/report"
)

// settingsView is in what rows of one plugin differ.
type settingsView struct {
	Plugin string
	Rows   []string
	Keys   []settingRow
	Shared int // settings that all of them have in common
}

type settingRow struct {
	Key    string
	Values []string // as settingsView.Rows
}

// family is the rows of one plugin with their settings, flat: key -> value.
type family struct {
	plugin string
	places []int // in Plan.Methods
	flat   []map[string]any
}

// families are the plugins that two rows or more use, in the order of the plan.
func families(p *experiment.Plan) []family {
	var all []family
	for m, method := range p.Methods {
		name := string(method.Plugin.Kind) + " " + method.Plugin.Name
		if method.Plugin.Name == "" {
			continue
		}
		at := slices.IndexFunc(all, func(f family) bool { return f.plugin == name })
		if at < 0 {
			at = len(all)
			all = append(all, family{plugin: name})
		}
		all[at].places, all[at].flat = append(all[at].places, m), append(all[at].flat, flatSettings(method))
	}
	return slices.DeleteFunc(all, func(f family) bool { return len(f.places) < 2 })
}

// flatSettings are all settings of a method that decide what it learns.
func flatSettings(m experiment.MethodPlan) map[string]any {
	flat := map[string]any{}
	for _, part := range []struct {
		name string
		of   any
	}{{"params", m.Plugin.Params}, {"train", m.Train}, {"", m.Pipeline}, {"features", m.Features}, {"text_rows", m.TextRows}} {
		raw, err := json.Marshal(part.of)
		var tree any
		if err == nil && json.Unmarshal(raw, &tree) == nil {
			flatten(part.name, tree, flat)
		}
	}
	if m.Search != nil {
		for _, p := range m.Search.Space {
			flat[p.Name] = "searched"
		}
	}
	return flat
}

func flatten(prefix string, v any, into map[string]any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, inner := range v {
			if prefix != "" {
				key = prefix + "." + key
			}
			flatten(key, inner, into)
		}
	case []any:
		raw, _ := json.Marshal(v) // it was JSON
		into[prefix] = string(raw)
	case string:
		if filepath.IsAbs(v) { // where a file lies says nothing elsewhere
			v = filepath.Base(v)
		}
		into[prefix] = v
	default:
		into[prefix] = v
	}
}

// settings are the differences within each family.
func settings(p *experiment.Plan) []settingsView {
	var all []settingsView
	for _, f := range families(p) {
		v := settingsView{Plugin: f.plugin}
		for _, m := range f.places {
			v.Rows = append(v.Rows, p.Methods[m].Name)
		}
		for _, key := range f.keys() {
			row := settingRow{Key: key}
			for _, flat := range f.flat {
				row.Values = append(row.Values, valueText(flat[key]))
			}
			if len(slices.Compact(slices.Sorted(slices.Values(row.Values)))) == 1 {
				v.Shared++
				continue
			}
			v.Keys = append(v.Keys, row)
		}
		all = append(all, v)
	}
	return all
}

func (f family) keys() []string {
	keys := map[string]bool{}
	for _, flat := range f.flat {
		for key := range flat {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// sweep is rows that differ in one number alone.
type sweep struct {
	key   string
	rows  []int // places in Plan.Methods, by rising number
	value []float64
}

// fewestSwept is how many rows make a curve.
const fewestSwept = 3

// sweeps are the settings of which three rows or more have different numbers and all else in
// common.
func sweeps(p *experiment.Plan) []sweep {
	var all []sweep
	for _, f := range families(p) {
		for _, key := range f.keys() {
			groups, order := map[string]sweep{}, []string{}
			for i, flat := range f.flat {
				x, number := numeric(flat[key])
				if !number {
					continue
				}
				rest := maps.Clone(flat)
				delete(rest, key)
				id := fmt.Sprint(rest) // maps print in the order of their keys
				g, there := groups[id]
				if !there {
					order = append(order, id)
				}
				if slices.Contains(g.value, x) {
					continue
				}
				at, _ := slices.BinarySearch(g.value, x)
				groups[id] = sweep{key, slices.Insert(g.rows, at, f.places[i]), slices.Insert(g.value, at, x)}
			}
			for _, id := range order {
				if g := groups[id]; len(g.rows) >= fewestSwept {
					all = append(all, g)
				}
			}
		}
	}
	return all
}

// sweptView is the curves of one setting.
type sweptView struct {
	Heading string
	Figures []switched
}

// swept draws each metric by each setting that rows sweep.
func (s set) swept() []sweptView {
	var all []sweptView
	for i, w := range sweeps(s.d.Plan) {
		v := sweptView{Heading: "By " + w.key}
		names := make([]string, len(w.rows))
		for j, m := range w.rows {
			names[j] = s.d.Plan.Methods[m].Name
		}
		for k, metric := range s.table.Metrics {
			f := figure.XY{ID: fmt.Sprintf("%s-sweep-%d-%d", s.id, i, k), Title: fmt.Sprintf("%s: %s by %s", s.table.Dataset, metric, w.key),
				X: figure.Axis{Label: w.key}, Y: figure.Axis{Label: metric}, Height: 240, Series: []figure.Series{s.curve(w, k)}}
			f.X.Log = w.value[0] > 0 && w.value[len(w.value)-1] >= 20*w.value[0]
			if f.X.Log {
				f.X.Label += " (logarithmic)"
			}
			if len(f.Series[0].Points) < 2 {
				continue
			}
			f.Description = fmt.Sprintf("%s that differ in %s alone; the table of results has the numbers.", counted(len(w.rows), "row"), w.key)
			v.Figures = append(v.Figures, switched{Metric: metric, Figure: template.HTML(f.SVG()), // core/figure escapes
				Caption: fmt.Sprintf("%s of %s, which differ in %s alone, with the intervals of the table.", metric, joined(names), w.key)})
		}
		if v.Figures != nil {
			all = append(all, v)
		}
	}
	return all
}

func (s set) curve(w sweep, metric int) figure.Series {
	series := figure.Series{Number: w.rows[0], Line: true}
	for j, m := range w.rows {
		c := s.table.Rows[m].Cells[metric]
		if c.Known {
			series.Points = append(series.Points, curvePoint(s.table.Rows[m], c, w.value[j]))
		}
	}
	return series
}

func curvePoint(r report.Row, c report.Cell, x float64) figure.Point {
	p := figure.Point{X: x, Y: c.Mean, Low: math.NaN(), High: math.NaN(), Title: strings.TrimSpace(fmt.Sprintf("%s: %s", r.Method, fixed(c.Mean)))}
	if c.Low != nil {
		p.Low, p.High = *c.Low, *c.High
		p.Title += " " + interval(*c.Low, *c.High)
	}
	return p
}
