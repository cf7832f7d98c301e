package report

import (
	"encoding/json"
	"slices"
	"testing"

	"cllm4rec/core/data"
)

func notesOf(t *testing.T, a data.Audit) []string {
	t.Helper()
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return auditNotes(raw)
}

func TestNotesCountWhatEachFilterDropped(t *testing.T) {
	notes := notesOf(t, data.Audit{
		Dropped: data.Dropped{Read: 303, Duplicates: 150, MinValue: 9, KCore: 4},
		Texts:   &data.TextCounts{Read: 310, Repeated: 150, Withheld: 12, Empty: 1},
	})
	for _, want := range []string{
		"Filters: of 303 rows read 150 repeated a pair of user and item, 9 lay below min_value, 4 fell below k_core; the rest was kept.",
		"Texts: of 310 read 150 were a second text of the same thing, 12 were about held-out interactions, 1 were blank; the rest was kept.",
	} {
		if !slices.Contains(notes, want) {
			t.Errorf("notes %q lack %q", notes, want)
		}
	}
	if want := "Filters: of 5 rows read all were kept."; !slices.Contains(notesOf(t, data.Audit{Dropped: data.Dropped{Read: 5}}), want) {
		t.Errorf("notes lack %q", want)
	}
}

func TestNotesWarnOfSplitsThatTiesDecided(t *testing.T) {
	want := "Warning: interactions of the same time decide the split of 631 of 1429 users; they are ordered by a hash of split.seed, user and item."
	if notes := notesOf(t, data.Audit{Users: 1429, TiedUsers: 631}); !slices.Contains(notes, want) {
		t.Errorf("notes %q lack the warning", notes)
	}
	if notes := notesOf(t, data.Audit{Users: 1429}); slices.Contains(notes, want) || len(notes) != 2 {
		t.Errorf("without ties: notes %q", notes)
	}
}
