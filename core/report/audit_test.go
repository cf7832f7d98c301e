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

func TestNotesTellWhatIsKnownOfASplit(t *testing.T) {
	tau := 0.8125
	notes := notesOf(t, data.Audit{
		Dropped:    data.Dropped{Read: 90, UsersFile: 1, ItemsFile: 2, From: 3, Until: 4, Sample: 5, Later: 6},
		Validation: data.PartCounts{Users: 3}, Test: data.PartCounts{Users: 4}, FoldIn: &data.PartCounts{Interactions: 55, Users: 7},
		PopularityTau: &tau, ColdTestItems: 5, ColdTest: 9, TextOnlyTestItems: 2, EqualTimes: 12,
		Similar: []data.SimilarIDs{{Entity: "user", Groups: 3, Examples: [][]string{{"a", "a "}, {"caf\u00e9", "cafe\u0301"}}}},
		Lists:   []data.ListCount{{Key: "users_file", IDs: 9, Unknown: 2, Examples: []string{"u7"}}, {Key: "items_file", IDs: 4}},
	})
	for _, want := range []string{
		"Filters: of 90 rows read 1 were of users that users_file does not list, 2 were with items that items_file does not list, 3 were before from, 4 were not before until, 5 were of users that sample_users did not draw, 6 come after what the split tests; the rest was kept.",
		"Users held out whole: 3 for validation and 4 for test; methods see 55 interactions of them, as histories to rank from (and masked), never in training.",
		"Popularity: Kendall's tau-b between the items' counts in training and in all data is 0.812 (1: the same order).",
		"Cold: 5 tested items have no training interaction (9 test interactions); training knows 2 of these items by texts alone.",
		"Times: 12 interactions have the time of another one of the same user; they are ordered by a hash of split.seed, user and item.",
		`Warning: 3 groups of users have ids that differ only in white space or in the normalisation form of Unicode, such as ["a" "a "] and ["caf\u00e9" "cafe\u0301"].`,
		`Warning: users_file lists 9 ids, of which 2 are not in the data, such as "u7".`, "items_file lists 4 ids.",
	} {
		if !slices.Contains(notes, want) {
			t.Errorf("notes %q lack %q", notes, want)
		}
	}
}
