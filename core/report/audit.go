package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"cllm4rec/core/data"
)

// auditNotes says what the split audit found, and what it warns of.
func auditNotes(raw json.RawMessage) []string {
	var a data.Audit
	if len(raw) == 0 || json.Unmarshal(raw, &a) != nil {
		return nil
	}
	notes := []string{fmt.Sprintf("Split: %d training, %d validation and %d test interactions; density %.3g%%, Gini of the items %.2f.",
		a.Train.Interactions, a.Validation.Interactions, a.Test.Interactions, 100*a.Density, a.Gini)}
	notes = append(notes, listNotes(a.Lists)...)
	notes = append(notes, similarNotes(a.Similar)...)
	for _, note := range []string{droppedNote(a.Dropped), textNote(a.Texts), heldOutNote(a), coldNote(a), driftNote(a), tieNote(a)} {
		if note != "" {
			notes = append(notes, note)
		}
	}
	return append(notes, leakNote(a))
}

// droppedNote says what each filter took away.
func droppedNote(d data.Dropped) string {
	if d.Read == 0 {
		return "" // written before this was counted
	}
	return fmt.Sprintf("Filters: of %d rows read %s.", d.Read, dropped([]loss{
		{d.UsersFile, "were of users that users_file does not list"}, {d.ItemsFile, "were with items that items_file does not list"},
		{d.From, "were before from"}, {d.Until, "were not before until"}, {d.Sample, "were of users that sample_users did not draw"},
		{d.Duplicates, "repeated a pair of user and item"}, {d.MinValue, "lay below min_value"},
		{d.MaxValue, "lay above max_value"}, {d.KCore, "fell below k_core"},
		{d.Later, "come after what the split tests"},
	}))
}

// listNotes says which files of ids were read, and warns of ids that the data lack.
func listNotes(lists []data.ListCount) []string {
	var notes []string
	for _, l := range lists {
		note := fmt.Sprintf("%s lists %d ids.", l.Key, l.IDs)
		if l.Unknown > 0 {
			note = fmt.Sprintf("Warning: %s lists %d ids, of which %d are not in the data, such as %q.", l.Key, l.IDs, l.Unknown, l.Examples[0])
		}
		notes = append(notes, note)
	}
	return notes
}

// textNote says what became of the texts that training did not get.
func textNote(c *data.TextCounts) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf("Texts: of %d read %s.", c.Read, dropped([]loss{
		{c.Repeated, "were a second text of the same thing"}, {c.Withheld, "were about held-out interactions"},
		{c.Filtered, "were about what the filters removed"}, {c.Empty, "were blank"},
	}))
}

// loss is a number of things and why they were dropped.
type loss struct {
	n   int
	why string
}

// dropped joins the losses that occurred.
func dropped(losses []loss) string {
	var parts []string
	for _, l := range losses {
		if l.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", l.n, l.why))
		}
	}
	if parts == nil {
		return "all were kept"
	}
	return strings.Join(parts, ", ") + "; the rest was kept"
}

// heldOutNote says who is held out whole.
func heldOutNote(a data.Audit) string {
	if a.FoldIn == nil {
		return ""
	}
	return fmt.Sprintf("Users held out whole: %d for validation and %d for test; methods see %d interactions of them, as histories to rank from (and masked), never in training.",
		a.Validation.Users, a.Test.Users, a.FoldIn.Interactions)
}

func tieNote(a data.Audit) string {
	if a.TiedUsers == 0 && a.EqualTimes == 0 {
		return ""
	}
	if a.TiedUsers == 0 {
		return fmt.Sprintf("Times: %d interactions have the time of another one of the same user; they are ordered by a hash of split.seed, user and item.", a.EqualTimes)
	}
	return fmt.Sprintf("Warning: interactions of the same time decide the split of %d of %d users; they are ordered by a hash of split.seed, user and item.", a.TiedUsers, a.Users)
}

func coldNote(a data.Audit) string {
	var parts []string
	if a.ColdTestUsers > 0 {
		parts = append(parts, fmt.Sprintf("%d tested users", a.ColdTestUsers))
	}
	if a.ColdTestItems > 0 {
		parts = append(parts, fmt.Sprintf("%d tested items", a.ColdTestItems))
	}
	if len(parts) == 0 {
		return ""
	}
	note := fmt.Sprintf("Cold: %s have no training interaction (%d test interactions)", strings.Join(parts, " and "), a.ColdTest)
	if a.TextOnlyTestItems > 0 {
		note += fmt.Sprintf("; training knows %d of these items by texts alone", a.TextOnlyTestItems)
	}
	return note + "."
}

// driftNote says how alike popularity in training is to that in all data.
func driftNote(a data.Audit) string {
	if a.PopularityTau == nil {
		return ""
	}
	return fmt.Sprintf("Popularity: Kendall's tau-b between the items' counts in training and in all data is %.3f (1: the same order).", *a.PopularityTau)
}

// similarNotes warn of ids that are perhaps the same.
func similarNotes(similar []data.SimilarIDs) []string {
	var notes []string
	for _, s := range similar {
		var examples []string
		for _, ids := range s.Examples {
			examples = append(examples, fmt.Sprintf("%+q", ids))
		}
		notes = append(notes, fmt.Sprintf("Warning: %d groups of %ss have ids that differ only in white space or in the normalisation form of Unicode, such as %s.", s.Groups, s.Entity, strings.Join(examples, " and ")))
	}
	return notes
}

func leakNote(a data.Audit) string {
	switch {
	case a.Leak == nil:
		return "The data have no times, so it is unknown how much of the future the training interactions tell."
	case a.Leak.AnyFuture == 0 && a.Leak.OwnFuture == 0:
		return "No training interaction is later than what is tested."
	default:
		return fmt.Sprintf("Warning: the split leaks the future: %.0f%% of the tested users' training interactions are later than their own first test interaction, and %.0f%% of all training interactions are later than the average tested one.",
			100*a.Leak.OwnFuture, 100*a.Leak.AnyFuture)
	}
}
