package page

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"

	"cllm4rec/core/figure"
	"cllm4rec/core/report"
	"cllm4rec/core/train"
)

// trainingView is how the rows of a data set learned.
type trainingView struct {
	Rows []learnedView
	More int // rows that are left out
}

// learnedView is the curves of a row.
type learnedView struct {
	Name   string
	Series int
	Panels []panelView
}

type panelView struct {
	Figure  template.HTML
	Caption string
}

// mostLearners is how many rows have curves on a page.
const mostLearners = 24

// training draws the losses and the validation of every stage of every row that learns in
// epochs, a line for each trial.
func (s set) training() trainingView {
	var v trainingView
	for m, method := range s.d.Plan.Methods {
		var runs []report.Ran
		for _, t := range s.behind.Trials {
			if t.Trial.Method == m && t.Record != nil && len(t.Record.Log) > 0 {
				runs = append(runs, t)
			}
		}
		if runs == nil {
			continue
		}
		if len(v.Rows) == mostLearners {
			v.More++
			continue
		}
		v.Rows = append(v.Rows, s.learned(m, method.Name, runs))
	}
	return v
}

// stageOf is what curves belong together: a stage and a tower, losses or validation.
type stageOf struct {
	stage, tower string
	validation   bool
}

func (k stageOf) String() string {
	name := cmp.Or(k.stage, "training")
	if k.validation {
		return name + ": validation"
	}
	if k.tower != "" {
		return name + ", " + k.tower + " tower: loss"
	}
	return name + ": loss"
}

func (s set) learned(m int, name string, runs []report.Ran) learnedView {
	v := learnedView{Name: name, Series: m % 10}
	for i, stage := range stagesOf(runs) {
		f := figure.XY{
			ID: fmt.Sprintf("%s-learn-%d-%d", s.id, m, i), Title: fmt.Sprintf("%s on %s, %s", name, s.table.Dataset, stage),
			X: figure.Axis{Label: "epoch"}, Y: figure.Axis{Label: "loss"}, Width: 240, Height: 150,
		}
		if stage.validation {
			f.Y.Label = "score"
		}
		last := ""
		for _, run := range runs {
			series := figure.Series{Number: m, Line: true}
			for _, e := range run.Record.Log {
				if value, belongs := valueOf(e, stage); belongs {
					series.Points = append(series.Points, figure.Point{X: float64(e.Epoch), Y: value, Title: fmt.Sprintf("%s, epoch %d: %.5g", trialName(run), e.Epoch, value)})
				}
			}
			series.Bare = s.bare || len(series.Points) > 40
			f.Series = append(f.Series, series)
			if series.Bare && len(series.Points) > 0 {
				f.Series = append(f.Series, ending(series))
			}
			if n := len(series.Points); n > 0 {
				last = fmt.Sprintf("%.4g after epoch %.0f", series.Points[n-1].Y, series.Points[n-1].X)
			}
		}
		f.Description = fmt.Sprintf("%s; the last one ends at %s.", counted(len(runs), "trial"), last)
		v.Panels = append(v.Panels, panelView{template.HTML(f.SVG()), stage.String()}) // core/figure escapes
	}
	return v
}

// mostMarks is how many points of learning curves a page marks, with their numbers as titles;
// of more, each curve has a mark at its end alone.
const mostMarks = 2000

// manyEntries reports whether the logs of all trials have more than mostMarks entries.
func manyEntries(d *report.Details) bool {
	n := 0
	for _, b := range d.Behind {
		for _, t := range b.Trials {
			if t.Record != nil {
				n += len(t.Record.Log)
			}
		}
	}
	return n > mostMarks
}

// ending marks the last point of a curve.
func ending(curve figure.Series) figure.Series {
	return figure.Series{Number: curve.Number, Points: curve.Points[len(curve.Points)-1:]}
}

// stagesOf lists the stages in the order of the logs.
func stagesOf(runs []report.Ran) []stageOf {
	var all []stageOf
	for _, run := range runs {
		for _, e := range run.Record.Log {
			for _, validation := range []bool{false, true} {
				key := stageOf{e.Stage, e.Tower, validation}
				if validation {
					key.tower = ""
				}
				if _, belongs := valueOf(e, key); belongs && !slices.Contains(all, key) {
					all = append(all, key)
				}
			}
		}
	}
	return all
}

func valueOf(e train.Entry, key stageOf) (float64, bool) {
	switch {
	case e.Stage != key.stage:
	case key.validation && e.Validation != nil:
		return *e.Validation, true
	case !key.validation && e.Loss != nil && e.Tower == key.tower:
		return *e.Loss, true
	}
	return 0, false
}

func trialName(r report.Ran) string {
	if r.Split > 0 {
		return fmt.Sprintf("split %d, seed %d", r.Split, r.Seed)
	}
	return fmt.Sprintf("seed %d", r.Seed)
}
