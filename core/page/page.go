// Package page writes an experiment as one HTML file: tables, figures, provenance. The file
// asks for nothing else: styles and script stand inside it, figures are SVG, and its policy
// (Content-Security-Policy) forbids every request. All that comes from experiments, data and
// plugins is escaped by html/template and core/figure. Its functions are pure: the same
// details give the same bytes.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"cllm4rec/core/printable"
	"cllm4rec/core/report"
)

//go:embed assets
var assets embed.FS

// Options say what the page is told beside the records.
type Options struct {
	// Folder is the name of the folder of records, for the commands that the page shows.
	Folder string
	// Program is the version of the program that writes the page.
	Program string
}

// Write writes the page.
func Write(w io.Writer, d *report.Details, o Options) error {
	v, err := newView(d, o)
	if err != nil {
		return err
	}
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"shown": printable.Line, "text": printable.Text,
	}).ParseFS(assets, "assets/*.html")
	if err != nil {
		return fmt.Errorf("the page's templates: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// view is what the templates show.
type view struct {
	Title      string
	Part       string
	Style      template.CSS
	Script     template.JS
	ScriptHash string
	Program    string
	Facts      []fact
	Metrics    []string
	Sets       []setView
	Rankings   []switched
	Settings   []settingsView
	Provenance provenanceView
}

// fact is a number or two that stand at the top.
type fact struct{ Value, What string }

// setView is a data set.
type setView struct {
	ID, Name    string
	Results     resultsView
	Leaders     []leaderView
	Differences []switched
	Reference   string
	Tests       string
	Cost        []switched
	Strata      []strataView
	LeftOut     []string
	Training    trainingView
	Matrices    []matrixView
	Swept       []sweptView
	Searches    []searchView
	Users       *usersView
	Examples    []exampleView
	Audit       auditView
}

// switched is a figure for one of several metrics; the page shows one of them at a time.
type switched struct {
	Metric  string
	Kind    string // another choice beside the metric, or ""
	Figure  template.HTML
	Caption string
}

func newView(d *report.Details, o Options) (*view, error) {
	style, err := assets.ReadFile("assets/page.css")
	if err != nil {
		return nil, err
	}
	script, err := assets.ReadFile("assets/page.js")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(script)
	v := &view{
		Title: d.Experiment, Part: string(d.Part), Program: o.Program,
		Style: template.CSS(style), Script: template.JS(script),
		ScriptHash: base64.StdEncoding.EncodeToString(sum[:]),
		Metrics:    d.Plan.Evaluate.Metrics,
	}
	bare := manyEntries(d)
	for i := range d.Tables {
		v.Sets = append(v.Sets, newSet(d, i, bare))
	}
	v.Facts, v.Rankings, v.Settings = facts(d), rankings(d), settings(d.Plan)
	v.Provenance = provenance(d, o)
	return v, nil
}

func newSet(d *report.Details, at int, bare bool) setView {
	table, behind := &d.Tables[at], &d.Behind[at]
	s := set{d, table, behind, fmt.Sprintf("d%d", at+1), bare}
	out := setView{
		ID: s.id, Name: table.Dataset, Reference: behind.Reference, Tests: behind.Tests, LeftOut: behind.LeftOut,
		Results: s.results(), Leaders: s.leaders(), Differences: s.differences(), Cost: s.cost(), Training: s.training(), Audit: s.audit(),
		Matrices: s.matrices(), Swept: s.swept(), Searches: s.searches(), Users: s.users(), Examples: s.examples(),
	}
	for i := range table.Strata {
		out.Strata = append(out.Strata, s.strata(i))
	}
	return out
}

// set is a data set whose parts are drawn.
type set struct {
	d      *report.Details
	table  *report.Table
	behind *report.Behind
	id     string
	bare   bool // learning curves are marked at their ends alone
}

// series numbers a row by its place in the plan, so that it has one colour everywhere.
// Published rows come after the measured ones.
func (s set) series(method string) int {
	for i, m := range s.d.Plan.Methods {
		if m.Name == method {
			return i
		}
	}
	return len(s.d.Plan.Methods)
}

// better says at both ends of an axis what lies there.
func better(judges bool) (left, right string) {
	if judges {
		return "← worse", "better →"
	}
	return "← lower", "higher →"
}

// joined lists names: "A, B and C".
func joined(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
