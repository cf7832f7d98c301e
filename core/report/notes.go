package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/record"
)

// notes is all that a reader needs to know what the numbers mean.
func (b *builder) notes(t *Table) []string {
	var notes []string
	for _, m := range b.metrics {
		notes = append(notes, fmt.Sprintf("%s = %s.", m, m.Formula()))
	}
	notes = append(notes, "Metrics are means over users; r is a position in the ranking, R are the user's relevant items.")
	notes = append(notes, b.kinds()...)
	notes = append(notes, b.protocol())
	notes = append(notes, b.counts()...)
	notes = append(notes, b.rules.notes(t.Against)...)
	notes = append(notes, b.unsplit(t.Rows)...)
	if b.first != nil {
		notes = append(notes, "Cost: mean wall-clock seconds per trial, measured by the runner; peak resident memory of the method's own process"+deviceNote(t.Rows)+"; "+b.machine()+".",
			fmt.Sprintf("Ledger: %d trials took %s together, failed ones included.%s", b.recorded, b.ledger.Round(100*time.Millisecond), b.searching()))
		notes = append(notes, auditNotes(b.first.Data.Audit)...)
	}
	notes = append(notes, sourceNotes(t.Rows)...)
	notes = append(notes, b.searches()...)
	notes = append(notes, b.chosen...)
	for _, f := range b.failures {
		notes = append(notes, f.String())
	}
	return append(notes, missingNote(t.Rows)...)
}

// brief is what a terminal says below a table by default: how to read the marks, what was
// measured, which rows had a search, and whatever is amiss.
func (b *builder) brief(t *Table) []string {
	notes := []string{b.rules.brief(t)}
	if r := b.measuredResult(); r != nil {
		notes = append(notes, fmt.Sprintf("Measured on the %s part: %s, %s.", b.part, some(r.Users, "user"), some(len(b.plan.Seeds), "seed")))
	}
	searched := b.searches() // which rows had a search decides how a table is read
	for _, n := range t.Notes {
		if amiss(n) || slices.Contains(searched, n) {
			notes = append(notes, n)
		}
	}
	shown := 0
	for _, n := range notes {
		if slices.Contains(t.Notes, n) {
			shown++
		}
	}
	return append(notes, fmt.Sprintf("%s more with --notes all.", some(len(t.Notes)-shown, "note")))
}

// measuredResult is the first result of the part; nil when there is none.
func (b *builder) measuredResult() *record.Result {
	if b.first == nil {
		return nil
	}
	return b.first.Result(string(b.part))
}

// amiss reports whether a note says what a reader must not miss.
func amiss(note string) bool {
	return strings.HasPrefix(note, "Warning") || strings.HasPrefix(note, "†") || strings.HasPrefix(note, "Measured on the validation") || strings.Contains(note, " failed: ") ||
		strings.Contains(note, "have not run yet") || strings.Contains(note, "has not run yet")
}

// deviceNote explains a memory cell with two numbers.
func deviceNote(rows []Row) string {
	if slices.ContainsFunc(rows, func(r Row) bool { return r.Cost.DeviceMiB > 0 }) {
		return " + peak memory of its device in training"
	}
	return ""
}

// kinds says which metrics are not means over users, and which judge nothing.
func (b *builder) kinds() []string {
	var notes, overall, describing []string
	for i, m := range b.metrics {
		switch {
		case !m.PerUser():
			overall = append(overall, b.names[i])
		case !m.Judges():
			describing = append(describing, b.names[i])
		}
	}
	untested := "without interval and test"
	if b.rules.repeated {
		untested = "without test; the interval is over splits"
	}
	if len(overall) > 0 {
		notes = append(notes, fmt.Sprintf("One number for all users together, averaged over the seeds, %s: %s.", untested, strings.Join(overall, ", ")))
	}
	if len(describing) > 0 {
		notes = append(notes, fmt.Sprintf("Says what is recommended, not how right it is (never bold; ↑ and ↓ are higher and lower): %s.", strings.Join(describing, ", ")))
	}
	return notes
}

func (b *builder) protocol() string {
	e := b.plan.Evaluate
	if b.part == contract.PartValidation {
		e.Mask, e.History = string(eval.RuleTrain), string(eval.RuleTrain)
	}
	ties := "equal scores are ordered by a hash of the item that the trial's seed changes"
	if e.Ties == string(contract.TiesIndex) {
		ties = "of equal scores the smaller item index comes first"
	}
	masked := "the user's training items"
	if e.Mask == string(eval.RuleTrainValidation) {
		masked = "the user's training and validation items"
	}
	text := fmt.Sprintf("All items are ranked; masked (never recommended) are %s; the history given to a method is %s; %s.", masked, e.History, ties)
	if b.part == contract.PartValidation {
		text = "Measured on the validation part, which selection has seen. " + text
	}
	return text
}

func (b *builder) counts() []string {
	seeds := make([]string, len(b.plan.Seeds))
	for i, s := range b.plan.Seeds {
		seeds[i] = fmt.Sprint(s)
	}
	note := "Seeds: " + strings.Join(seeds, ", ") + "."
	if b.rules.repeated {
		note += " " + b.splitsNote()
	}
	if b.first == nil {
		return []string{note}
	}
	d := b.first.Data
	data := fmt.Sprintf("Data: %d users, %d items, %d training interactions, %d texts (fingerprint %.12s).", d.Users, d.Items, d.Interactions, d.Texts, d.Fingerprint)
	if r := b.first.Result(string(b.part)); r != nil {
		note = fmt.Sprintf("%d users evaluated, %d without a %s item left out. %s", r.Users, r.Skipped, b.part, note)
	}
	if b.rules.repeated {
		data += " These counts, and what is said of the split, are of the first split that was measured."
	}
	return []string{data, note}
}

// splitsNote says how the splits came about.
func (b *builder) splitsNote() string {
	first, last := b.rules.split, b.rules.split.Repetition(len(b.splits)-1)
	how := fmt.Sprintf("drawn anew with split.seed %d to %d", first.Seed, last.Seed)
	switch first.Method {
	case data.MethodKFold:
		how = fmt.Sprintf("folds %d to %d of %d", first.Fold, last.Fold, first.Folds)
	case data.MethodRolling:
		how = fmt.Sprintf("windows %d to %d of %d", first.Window, last.Window, first.Windows)
	}
	return fmt.Sprintf("Splits: %d, %s; each is trained and measured on its own, and means are over the splits' means.", len(b.splits), how)
}

// unsplit names the methods that lack splits.
func (b *builder) unsplit(rows []Row) []string {
	var notes []string
	for _, r := range rows {
		if i := slices.IndexFunc(r.Cells, func(c Cell) bool { return c.Splits > 0 && c.Splits < len(b.splits) }); i >= 0 {
			notes = append(notes, fmt.Sprintf("Warning: %s was measured on %d of %d splits; it is tested on those that the other method has too, but its mean is over other splits than theirs.", r.Method, r.Cells[i].Splits, len(b.splits)))
		}
	}
	return notes
}

func (b *builder) machine() string {
	e := b.first.Environment
	text := fmt.Sprintf("%d cores", e.Cores)
	if e.CPU != "" {
		text = fmt.Sprintf("%s, %s", e.CPU, text)
	}
	if e.Jobs > 1 {
		text += fmt.Sprintf(", %d trials at a time", e.Jobs)
	}
	return text
}

func sourceNotes(rows []Row) []string {
	var notes []string
	for _, r := range rows {
		note := fmt.Sprintf("† %s: published by others, not measured here: %s.", r.Method, strings.TrimSuffix(r.Source, "."))
		if r.Published && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes
}

func missingNote(rows []Row) []string {
	missing := 0
	for _, r := range rows {
		missing += r.Missing
	}
	if missing == 0 {
		return nil
	}
	if missing == 1 {
		return []string{"1 trial has not run yet; `cllm4rec run` continues with it."}
	}
	return []string{fmt.Sprintf("%d trials have not run yet; `cllm4rec run` continues with them.", missing)}
}
