package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cllm4rec/core/experiment"
)

// searches is the ledger of tuning: what each searched row was given and what it
// chose, and that the others were run as the file has them.
func (b *builder) searches() []string {
	notes := b.waiting()
	var untuned []string
	budgets := map[string]bool{}
	for m, method := range b.plan.Methods {
		if method.Search == nil {
			if method.Ensemble == nil {
				untuned = append(untuned, method.Name)
			}
			continue
		}
		budgets[budget(*method.Search)] = true
		for _, c := range b.plan.Choices {
			if slices.Contains(b.splits, c.Dataset) && c.Method == m && c.Best >= 0 {
				notes = append(notes, b.tuned(method, c))
			}
		}
	}
	if len(budgets) == 0 {
		return notes
	}
	if len(untuned) > 0 {
		notes = append(notes, "As the file has them, without a search: "+strings.Join(untuned, ", ")+".")
	}
	if len(budgets) > 1 {
		notes = append(notes, "Warning: the searches had different budgets: "+strings.Join(slices.Sorted(maps.Keys(budgets)), "; ")+".")
	}
	return notes
}

// waiting names the rows that have no trials on a data set, as a search is not over or
// found nothing.
func (b *builder) waiting() []string {
	var notes []string
	for _, d := range b.splits {
		var rows, hopeless []string
		for m, method := range b.plan.Methods {
			switch {
			case !b.plan.Waits(d, m):
			case b.plan.Hopeless(d, m) != "":
				hopeless = append(hopeless, method.Name)
			default:
				rows = append(rows, method.Name)
			}
		}
		if len(rows) > 0 {
			notes = append(notes, fmt.Sprintf("Without a trial on %s, until a search chooses: %s.", b.plan.Datasets[d].Label(), strings.Join(rows, ", ")))
		}
		if len(hopeless) > 0 {
			notes = append(notes, fmt.Sprintf("Without a trial on %s, as a search found no configuration that runs: %s.", b.plan.Datasets[d].Label(), strings.Join(hopeless, ", ")))
		}
	}
	return notes
}

// unchosen counts the trials of a row that a search has not chosen yet as missing, and
// where it, or that of a method that the row needs, found nothing as failed.
func (b *builder) unchosen(row *Row, method int) {
	for _, d := range b.splits {
		if !b.plan.Waits(d, method) {
			continue
		}
		if b.plan.Hopeless(d, method) != "" {
			row.Failed += len(b.plan.Seeds)
		} else {
			row.Missing += len(b.plan.Seeds)
		}
	}
}

// searching is the part of the ledger that searches took; "" without one.
func (b *builder) searching() string {
	tried, seconds := 0, 0.0
	for _, c := range b.plan.Choices {
		if slices.Contains(b.splits, c.Dataset) {
			tried, seconds = tried+b.triedIn(c), seconds+c.Seconds()
		}
	}
	if tried == 0 {
		return ""
	}
	return fmt.Sprintf(" Searches tried %d configurations in %s.", tried, time.Duration(seconds*float64(time.Second)).Round(100*time.Millisecond))
}

// triedIn counts the configurations of a search.
func (b *builder) triedIn(c experiment.Choice) int {
	if s := b.plan.Methods[c.Method].Search; s != nil && s.Rungs != nil {
		return different(*s, c.Tried)
	}
	return len(c.Tried)
}

// tuned says what a search chose for a row.
func (b *builder) tuned(m experiment.MethodPlan, c experiment.Choice) string {
	row := m.Name
	if len(b.splits) > 1 {
		row += " on " + b.plan.Datasets[c.Dataset].Label()
	}
	return fmt.Sprintf("%s: %s, the best on validation (%s) of %s (%s) in %s%s.", row, settings(*m.Search, c.Tried[c.Best]),
		strings.Join(m.Search.Metrics, " + "), configurations(*m.Search, c.Tried), m.Search.Sampler, time.Duration(c.Seconds()*float64(time.Second)).Round(100*time.Millisecond), bounds(*m.Search, c))
}

// bounds say what ended a search before its number of configurations, and what rungs took.
func bounds(s experiment.SearchPlan, c experiment.Choice) (text string) {
	if s.Rungs != nil {
		epochs := 0.0
		for _, t := range c.Tried {
			epochs += epochsOf(t)
		}
		text += fmt.Sprintf(", %v epochs of training on rungs of %s", epochs, rungs(s))
	}
	switch early := len(c.Tried) < s.Trainings(); {
	case s.Time > 0:
		text += " of " + s.Time.String()
	case early && s.Rungs == nil:
		text += ": all that its space has"
	}
	return text
}

// rungs are such as "9 × 3, 3 × 10, 1 × 30 epochs".
func rungs(s experiment.SearchPlan) string {
	var all []string
	for _, r := range s.Rungs {
		all = append(all, fmt.Sprintf("%d × %d", r.Configurations, r.Epochs))
	}
	return strings.Join(all, ", ") + " epochs"
}

// epochsOf is the number of epochs of a configuration, as a search made it or as a plan was
// read.
func epochsOf(t experiment.Tried) float64 {
	switch v := t.Values[experiment.EpochsSetting].(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// configurations counts what was tried, and how much of it was different. On rungs a
// configuration that goes on is trained again, and counted once.
func configurations(s experiment.SearchPlan, tried []experiment.Tried) string {
	if s.Rungs != nil {
		return fmt.Sprintf("%d configurations", different(s, tried))
	}
	if n := different(s, tried); n < len(tried) {
		return fmt.Sprintf("%d configurations, %d of them different,", len(tried), n)
	}
	return fmt.Sprintf("%d configurations", len(tried))
}

// different counts the configurations that differ, on rungs in more than their epochs.
func different(s experiment.SearchPlan, tried []experiment.Tried) int {
	seen := map[string]bool{}
	for i, t := range tried {
		name := cmp.Or(t.Key, fmt.Sprint(i))
		if s.Rungs != nil {
			values := maps.Clone(t.Values)
			delete(values, experiment.EpochsSetting)
			name = fmt.Sprint(values) // in the order of the names
		}
		seen[name] = true
	}
	return len(seen)
}

// settings are the values of a configuration, in the order of their names.
func settings(s experiment.SearchPlan, t experiment.Tried) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(t.Values)) {
		if s.Rungs != nil && name == experiment.EpochsSetting {
			continue // of its rung: the row runs with all epochs
		}
		parts = append(parts, fmt.Sprintf("%s %s", name, value(t.Values[name])))
	}
	return strings.Join(parts, ", ")
}

// budget is what a search may take, in words.
func budget(s experiment.SearchPlan) string {
	text := fmt.Sprintf("%d configurations (%s)", s.Trials, s.Sampler)
	if s.Rungs != nil {
		text = fmt.Sprintf("%d configurations (%s: %s)", s.Trials, s.Sampler, rungs(s))
	}
	if s.Time > 0 {
		text += " within " + s.Time.String()
	}
	return text
}

// fruitless adds the searches of which nothing came to the failures.
func (b *builder) fruitless() {
	for _, c := range b.plan.Choices {
		if slices.Contains(b.splits, c.Dataset) && c.Best < 0 && len(c.Tried) > 0 {
			last := c.Tried[len(c.Tried)-1]
			b.failed(fmt.Sprintf("%s: each of %d configurations", b.plan.Methods[c.Method].Name, len(c.Tried)), firstLine(last.Error))
		}
	}
}

// value is a setting in few digits.
func value(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'g', 4, 64)
	}
	return fmt.Sprint(v)
}
