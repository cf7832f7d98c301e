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
	if cold := coldNote(a); cold != "" {
		notes = append(notes, cold)
	}
	return append(notes, leakNote(a))
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
	return fmt.Sprintf("Cold: %s have no training interaction (%d test interactions).", strings.Join(parts, " and "), a.ColdTest)
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
