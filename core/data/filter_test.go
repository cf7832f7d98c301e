package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// everything lists all pairs of a split, sorted.
func everything(s *Split) []string {
	all := slices.Concat(pairs(s, s.Training.Interactions), pairs(s, s.FoldIn), pairs(s, s.Validation), pairs(s, s.Test))
	slices.Sort(all)
	return all
}

func TestCoresOfTheirOwnHoldForUsersAndForItems(t *testing.T) {
	rows := random(3, 40, 30, 350)
	for _, c := range [][2]int{{5, 0}, {0, 8}, {4, 7}, {6, 3}} {
		filter := Filter{KCoreUsers: c[0], KCoreItems: c[1]}
		s := mustLoad(t, dataset(rows, true), Options{Filter: filter, Split: ratio})
		users, items := map[string]int{}, map[string]int{}
		for _, pair := range everything(s) {
			user, item, _ := strings.Cut(pair, " ")
			users[user]++
			items[item]++
		}
		for what, counts := range map[int]map[string]int{c[0]: users, c[1]: items} {
			for id, n := range counts {
				if n < what {
					t.Errorf("%+v: %s has %d interactions", filter, id, n)
				}
			}
		}
	}
	same := mustLoad(t, dataset(rows, true), Options{Filter: Filter{KCoreUsers: 5, KCoreItems: 5}, Split: ratio})
	if want := mustLoad(t, dataset(rows, true), Options{Filter: Filter{KCore: 5}, Split: ratio}); want.Fingerprint != same.Fingerprint {
		t.Error("both cores of 5 are not the 5-core")
	}
}

func TestTheTimeWindowComesBeforeRepeats(t *testing.T) {
	rows := []row{{"a", "x", 1, 10}, {"a", "x", 2, 90}, {"a", "y", 1, 20}, {"b", "x", 1, 30}, {"b", "y", 1, 40}, {"b", "z", 1, 5}, {"b", "z", 1, 50}}
	s := mustLoad(t, reviewed(rows, true), Options{Filter: Filter{From: "10", Until: "50"}, Split: SplitSpec{Method: MethodTemporal, TestFrom: "40"}, Texts: true})
	if got := everything(s); !slices.Equal(got, []string{"a x", "a y", "b x", "b y"}) {
		t.Errorf("kept %v", got)
	}
	if d := s.Audit.Dropped; d.From != 1 || d.Until != 2 || d.Duplicates != 0 {
		t.Errorf("dropped %+v", d)
	}
	for _, text := range s.Training.Texts {
		if text.Kind == contract.TextReview && s.Users.ID(text.User) == "a" && s.Items.ID(text.Item) == "x" && text.Text != "review of 1 at 10" {
			t.Errorf("the review of the kept row is %q", text.Text)
		}
	}
	wantError(t, dataset(rows, false), Options{Filter: Filter{From: "10"}, Split: ratio}, contract.ErrInvalid, "filter.from and filter.until need times")
	wantError(t, dataset(rows, true), Options{Filter: Filter{From: "2000-01-01"}, Split: ratio}, contract.ErrInvalid, "no interaction is left", "from dropped 7")
}

func TestOneOfRepeatedPairsStaysOrTheirNumber(t *testing.T) {
	rows := []row{{"a", "x", 5, 10}, {"a", "x", 1, 30}, {"a", "x", 3, 20}, {"a", "x", 2, 30}, {"a", "y", 4, 1}, {"b", "z", 4, 1}}
	type kept struct {
		value float32
		time  int64
	}
	for rule, want := range map[string][2]kept{ // with times, without
		"": {{2, 30}, {5, 0}}, DuplicatesLast: {{2, 30}, {2, 0}}, DuplicatesFirst: {{5, 10}, {5, 0}}, DuplicatesCount: {{4, 30}, {4, 0}},
	} {
		for i, times := range []bool{true, false} {
			s := mustLoad(t, dataset(rows, times), Options{Filter: Filter{Duplicates: rule}, Split: SplitSpec{Method: MethodRatio, Test: 0.1}})
			var got kept
			for _, x := range s.parts() {
				for at := 0; x != nil && at < x.Len(); at++ {
					if s.Items.ID(x.Item[at]) == "x" {
						got.value = x.Value[at]
						if times {
							got.time = x.Time[at]
						}
					}
				}
			}
			if got != want[i] || s.Audit.Dropped.Duplicates != 3 {
				t.Errorf("%q, times %v: kept %+v after %d repeats, want %+v", rule, times, got, s.Audit.Dropped.Duplicates, want[i])
			}
		}
	}
	s := mustLoad(t, dataset(rows, true), Options{Filter: Filter{Duplicates: DuplicatesCount, MaxValue: minValue(3)}, Split: SplitSpec{Method: MethodRatio, By: ByAll, Test: 0.5}})
	if got := everything(s); !slices.Equal(got, []string{"a y", "b z"}) || s.Audit.Dropped.MaxValue != 1 {
		t.Errorf("at most 3 repeats have %v", got)
	}
}

func TestASampleOfUsersIsWholeAndFollowsItsSeed(t *testing.T) {
	rows := random(9, 40, 30, 600)
	sample := func(n float64, seed uint64) *Split {
		return mustLoad(t, dataset(rows, true), Options{Filter: Filter{SampleUsers: n, SampleSeed: seed}, Split: ratio})
	}
	whole := mustLoad(t, dataset(rows, true), Options{Split: ratio})
	for n, want := range map[float64]int{0.25: 10, 1: 1, 7: 7, 40: 40} {
		s := sample(n, 0)
		if s.Users.Len() != want {
			t.Errorf("sample of %v: %d users, want %d", n, s.Users.Len(), want)
		}
		for _, user := range s.Users.IDs() {
			in, _ := s.Users.Index(user)
			of, _ := whole.Users.Index(user)
			if len(s.Training.Interactions.Row(int(in))) != len(whole.Training.Interactions.Row(int(of))) {
				t.Errorf("sample of %v: user %s lost interactions", n, user)
			}
		}
		if s.Audit.Dropped.Read-s.Audit.Dropped.Sample-s.Audit.Dropped.Duplicates != s.Audit.Interactions {
			t.Errorf("sample of %v: dropped %+v of %d", n, s.Audit.Dropped, s.Audit.Interactions)
		}
	}
	if slices.Equal(sample(10, 1).Users.IDs(), sample(10, 2).Users.IDs()) || !slices.Equal(sample(10, 0).Users.IDs(), sample(10, DefaultSplitSeed).Users.IDs()) {
		t.Error("the seed does not decide the sample, or 0 is not the default")
	}
	wantError(t, dataset(rows, true), Options{Filter: Filter{SampleUsers: 41}, Split: ratio}, contract.ErrInvalid, "filter.sample_users: 41 users are asked for, and there are 40")
}

func TestListedUsersAndItemsStay(t *testing.T) {
	dir := t.TempDir()
	file := func(text string) string {
		path := filepath.Join(dir, fmt.Sprintf("%d.txt", rand.Uint64()))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rows := random(9, 12, 10, 90)
	s := mustLoad(t, dataset(rows, true), Options{Filter: Filter{UsersFile: file("u1\r\n\nu11\nu1\nu77\nu78\nu79\n"), ItemsFile: file("i0\ni2\ni7")}, Split: SplitSpec{Method: MethodRatio, By: ByAll, Test: 0.2}})
	for _, pair := range everything(s) {
		if user, item, _ := strings.Cut(pair, " "); !slices.Contains([]string{"u1", "u11"}, user) || !slices.Contains([]string{"i0", "i2", "i7"}, item) {
			t.Errorf("kept %s", pair)
		}
	}
	want := []ListCount{{Key: "users_file", IDs: 5, Unknown: 3, Examples: []string{"u77", "u78"}}, {Key: "items_file", IDs: 3}}
	if d := s.Audit.Dropped; !slices.EqualFunc(s.Audit.Lists, want, func(a, b ListCount) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) || d.UsersFile == 0 || d.ItemsFile == 0 {
		t.Errorf("lists %+v, dropped %+v", s.Audit.Lists, d)
	}
	for words, c := range map[string]struct {
		path     string
		sentinel error
	}{
		"none of the 2 ids":             {file("U1\nU2\n"), contract.ErrBadData},
		`did you mean "u1"?`:            {file("U1\nU2\n"), contract.ErrBadData},
		"lists no id":                   {file("\n\n"), contract.ErrBadData},
		`line 2: "\xff" is not UTF-8`:   {file("u1\n\xff\n"), contract.ErrBadData},
		"line 2: bufio.Scanner: token ": {file("u1\n" + strings.Repeat("x", longestID+1)), contract.ErrBadData},
		"no such file":                  {filepath.Join(dir, "nowhere"), contract.ErrNotFound},
		"no regular file":               {dir, contract.ErrNotFound},
	} {
		wantError(t, dataset(rows, true), Options{Filter: Filter{UsersFile: c.path}, Split: ratio}, c.sentinel, "filter.users_file", words)
	}
}

func TestMistakesInFiltersAreToldTogetherWithTheirKeys(t *testing.T) {
	wrong := Filter{KCore: 3, KCoreUsers: -2, KCoreItems: 4, From: "2014-01-02", Until: "2014-01-01", SampleUsers: 2.5, Duplicates: "latest"}
	wantError(t, &fake{}, Options{Filter: wrong, Split: ratio}, contract.ErrInvalid,
		"filter.k_core_users: -2", "filter.k_core: it is for users and items alike", "filter.until: it is not after from", "filter.sample_users: 2.5", `filter.duplicates: unknown value "latest"`)
	wantError(t, &fake{}, Options{Filter: Filter{SampleSeed: 4, From: "now", SampleUsers: 0}, Split: ratio}, contract.ErrInvalid, "filter.sample_seed: there is no sample_users", `filter.from: "now" is no time`)
	for _, n := range []float64{-1, math.NaN(), math.Inf(1)} {
		wantError(t, &fake{}, Options{Filter: Filter{SampleUsers: n}, Split: ratio}, contract.ErrInvalid, "filter.sample_users")
	}
}

func FuzzReadList(f *testing.F) {
	f.Add([]byte("u1\nu2\r\n\n"))
	f.Add([]byte("\xff\n"))
	f.Add([]byte("\xef\xbb\xbfu1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		known := newInterner()
		known.add("u1")
		known.add("u2")
		in, c, err := readList("users_file", path, &known)
		if err != nil && !contract.IsBadInput(err) {
			t.Fatalf("error %v", err)
		}
		if err == nil && (!in[0] && !in[1] || c.IDs < 1 || c.Unknown >= c.IDs) {
			t.Fatalf("%q: in %v, count %+v", text, in, c)
		}
	})
}
