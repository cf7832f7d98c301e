package data

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// newer are split methods that came after those of methods.
var newer = []SplitSpec{
	strong, {Method: MethodStrong, Test: 0.2, FoldIn: 0.5, Order: OrderTime},
	{Method: MethodKFold, Folds: 4, Fold: 2, Validation: 0.2}, {Method: MethodKFold, By: ByAll, Folds: 3, Fold: 3},
	{Method: MethodTemporal, ValidationFrom: "100", TestFrom: "150", TestUntil: "300"}, {Method: MethodTemporal, Validation: 0.2, TestFrom: "1970-01-01T00:03:00Z"},
	{Method: MethodRolling, Windows: 4, Window: 2, Validation: 0.1}, {Method: MethodRolling, Windows: 3, Window: 3, Test: 0.3},
	{Method: MethodColdUsers, Validation: 0.1, Test: 0.2}, {Method: MethodColdUsers, By: ByAge, Test: 0.2, FoldInFirst: 3}, {Method: MethodColdUsers, By: ByCount, Test: 0.3, FoldInFirst: 2},
	{Method: MethodColdItems, Validation: 0.1, Test: 0.2}, {Method: MethodColdItems, By: ByAge, Test: 0.2}, {Method: MethodColdItems, By: ByCount, Test: 0.2},
	{Method: MethodSessions, Gap: "30s", Validation: 0.1, Test: 0.2},
}

// newerGoldens are as goldens, of newer.
var newerGoldens = map[int]string{
	1: "e3910f0695fa3882cdf0d7f2842aa1857c6d76caad53d158cc67e17cc0081ddf",
}

func TestOtherNumbersOfNewerMethodsNeedAnotherSemantics(t *testing.T) {
	rows, digest := random(1, 20, 25, 400), sha256.New()
	for i := range rows {
		rows[i].time -= rows[i].time % 3 // equal times
	}
	for _, spec := range newer {
		for _, filter := range []Filter{{}, {From: "20", Until: "390", SampleUsers: 0.9, Duplicates: DuplicatesCount, KCoreUsers: 3, KCoreItems: 2}} {
			s := mustLoad(t, reviewed(rows, true), Options{Filter: filter, Split: spec, Texts: true})
			d := s.Audit.Dropped
			_, _ = fmt.Fprintf(digest, "%s from %d until %d sample %d duplicates %d k-core %d later %d\n", s.Fingerprint, d.From, d.Until, d.Sample, d.Duplicates, d.KCore, d.Later)
		}
	}
	got := fmt.Sprintf("%x", digest.Sum(nil))
	if want, known := newerGoldens[Semantics]; !known || got != want {
		t.Errorf("Semantics %d gives %s, want %q", Semantics, got, want)
	}
}

func TestNewerMethodsDivideEverythingOnceAndNotByTheOrderOfRows(t *testing.T) {
	rows := random(5, 30, 40, 500)
	shuffled := slices.Clone(rows)
	rand.New(rand.NewPCG(4, 4)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, spec := range newer {
		s := mustLoad(t, dataset(rows, true), Options{Split: spec})
		all := slices.Concat(pairs(s, s.Training.Interactions), pairs(s, s.FoldIn), pairs(s, s.Validation), pairs(s, s.Test))
		slices.Sort(all)
		if d := s.Audit.Dropped; len(slices.Compact(slices.Clone(all))) != len(all) || len(all) != s.Audit.Interactions || len(all) != d.Read-d.Duplicates-d.Later {
			t.Errorf("%+v: %d pairs in the parts, %d counted, dropped %+v", spec, len(all), s.Audit.Interactions, d)
		}
		if s.Validation != nil != spec.HasValidation() {
			t.Errorf("%+v: validation part is %v", spec, s.Validation)
		}
		if other := mustLoad(t, dataset(shuffled, true), Options{Split: spec}); other.Fingerprint != s.Fingerprint {
			t.Errorf("%+v: the order of the rows changes the split", spec)
		}
	}
}

func TestEveryInteractionIsTestInExactlyOneFold(t *testing.T) {
	rows := random(2, 30, 20, 200)
	for _, by := range []string{ByUser, ByAll} {
		seen, first := map[string]int{}, 0
		for fold := 1; fold <= 5; fold++ {
			s := mustLoad(t, dataset(rows, false), Options{Split: SplitSpec{Method: MethodKFold, By: by, Folds: 5, Fold: fold, Validation: 0.25}})
			for _, pair := range pairs(s, s.Test) {
				seen[pair]++
			}
			if fold == 1 {
				first = s.Test.Len()
			}
			n := s.Audit.Interactions
			if share := float64(s.Test.Len()) / float64(n); share < 0.1 || share > 0.3 {
				t.Errorf("by %s, fold %d: the test part has %d of %d", by, fold, s.Test.Len(), n)
			}
			if len(seen) > n || fold == 5 && len(seen) != n {
				t.Errorf("by %s: %d of %d pairs were tested in %d folds", by, len(seen), n, fold)
			}
		}
		for pair, n := range seen {
			if n != 1 {
				t.Fatalf("by %s: %s is tested in %d folds", by, pair, n)
			}
		}
		if first == 0 {
			t.Errorf("by %s: the first fold is empty", by)
		}
	}
}

// peers is testdata/splits.json, which make_splits.py wrote.
type peers struct {
	Windows []struct {
		N, Windows, Window int
		Share              float64
		Train, Test        [2]int
	}
	Sessions struct{ User, Item, Time, Session []int64 }
	Taus     []struct {
		X, Y []int
		Tau  *float64
	}
}

func readPeers(t *testing.T) (p peers) {
	t.Helper()
	raw, err := os.ReadFile("testdata/splits.json")
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRollingWindowsAreThoseOfScikitLearn(t *testing.T) {
	for _, c := range readPeers(t).Windows {
		rows := make([]row, c.N)
		for i := range rows {
			rows[i] = row{fmt.Sprint(i % 4), fmt.Sprint(i), 1, int64(i)}
		}
		s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodRolling, Windows: c.Windows, Window: c.Window, Test: c.Share}})
		train, test := s.Training.Interactions.Time, s.Test.Time
		if got := [2]int{int(slices.Min(train)), int(slices.Max(train))}; got != c.Train || len(train) != c.Train[1]+1 {
			t.Errorf("%+v: training is %v", c, got)
		}
		if got := [2]int{int(slices.Min(test)), int(slices.Max(test))}; got != c.Test || len(test) != c.Test[1]-c.Test[0]+1 {
			t.Errorf("%+v: test is %v", c, got)
		}
		if later := c.N - 1 - c.Test[1]; s.Audit.Dropped.Later != later || s.Items.Len() != c.N-later {
			t.Errorf("%+v: %d rows dropped behind the window, %d items known, want %d and %d", c, s.Audit.Dropped.Later, s.Items.Len(), later, c.N-later)
		}
	}
}

func TestSessionsAreThoseOfPandas(t *testing.T) {
	p := readPeers(t).Sessions
	var rows []row
	want := map[string][]int64{}
	for i := range p.User {
		rows = append(rows, row{fmt.Sprint(p.User[i]), fmt.Sprint(p.Item[i]), 1, p.Time[i]})
		id := fmt.Sprintf("%d#%d", p.User[i], p.Session[i])
		want[id] = append(want[id], p.Time[i])
	}
	s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodSessions, Gap: "30m", Validation: 0.2, Test: 0.2}})
	if s.Users.Len() != len(want) {
		t.Fatalf("%d sessions, want %d", s.Users.Len(), len(want))
	}
	lastTrained, firstTested := int64(0), int64(1<<40)
	for u, id := range s.Users.IDs() {
		times := slices.Sorted(slices.Values(want[id]))
		known, tested, validated := s.Training.Interactions.times(u), s.Test.times(u), []int64(nil)
		if s.HeldOut(u) {
			known, validated = s.FoldIn.times(u), s.Validation.times(u)
			if len(tested)+len(validated) > 1 || len(times) > 1 && len(tested)+len(validated) == 0 {
				t.Errorf("session %s of %d interactions has %d to find", id, len(times), len(tested)+len(validated))
			}
			if len(validated) == 0 {
				firstTested = min(firstTested, times[len(times)-1])
			}
		} else {
			lastTrained = max(lastTrained, times[len(times)-1])
		}
		if got := slices.Concat(known, validated, tested); !slices.Equal(got, times) {
			t.Errorf("session %s has the times %v, want %v", id, got, times)
		}
	}
	if lastTrained > firstTested {
		t.Errorf("a training session ends at %d, a tested one at %d", lastTrained, firstTested)
	}
}

func TestASessionMayRepeatWhatAnotherHad(t *testing.T) {
	rows := []row{{"u", "a", 1, 0}, {"u", "b", 1, 10}, {"u", "a", 1, 20}, {"u", "a", 1, 5000}, {"u", "c", 1, 5010}, {"v", "c", 1, 6000}, {"v", "b", 1, 6001}}
	s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodSessions, Gap: "1h", Test: 0.4}})
	if got := pairs(s, s.Training.Interactions); !slices.Equal(got, []string{"u#1 b", "u#1 a", "u#2 a", "u#2 c"}) || s.Audit.Dropped.Duplicates != 1 {
		t.Errorf("training is %v, %d repeats dropped", got, s.Audit.Dropped.Duplicates)
	}
	if got := slices.Concat(pairs(s, s.FoldIn), pairs(s, s.Test)); !slices.Equal(got, []string{"v#1 c", "v#1 b"}) {
		t.Errorf("held out are %v", got)
	}
}

func TestColdItemsHaveNoTrainingInteraction(t *testing.T) {
	rows := random(6, 40, 30, 500)
	for by, want := range map[string]func(i, other int32, s *Split) bool{
		ByRandom: nil,
		ByAge:    func(held, other int32, s *Split) bool { return firstTime(s, held) > firstTime(s, other) },
		ByCount:  func(held, other int32, s *Split) bool { return len(usersOf(s, held)) <= len(usersOf(s, other)) },
	} {
		s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodColdItems, By: by, Validation: 0.1, Test: 0.2}})
		trained, tested := itemCounts(s.Training.Interactions), itemCounts(s.Test)
		cold := 0
		for held, n := range tested {
			if n == 0 {
				continue
			}
			cold++
			if trained[held] > 0 {
				t.Fatalf("by %s: item %d is tested and trained", by, held)
			}
			for other := range trained {
				if trained[other] > 0 && want != nil && !want(int32(held), int32(other), s) {
					t.Fatalf("by %s: item %d is held out before item %d", by, held, other)
				}
			}
		}
		if cold != s.Items.Len()/5 || s.Audit.ColdTestItems != cold || s.FoldIn != nil {
			t.Errorf("by %s: %d cold items of %d, the audit has %d", by, cold, s.Items.Len(), s.Audit.ColdTestItems)
		}
	}
}

// usersOf lists the users of an item in any part, firstTime its earliest time.
func usersOf(s *Split, item int32) (users []int) {
	for _, x := range s.parts() {
		for u := 0; x != nil && u < x.Users; u++ {
			if slices.Contains(x.Row(u), item) {
				users = append(users, u)
			}
		}
	}
	return users
}

func firstTime(s *Split, item int32) int64 {
	first := int64(1 << 40)
	for _, x := range s.parts() {
		for u := 0; x != nil && u < x.Users; u++ {
			if at := slices.Index(x.Row(u), item); at >= 0 {
				first = min(first, x.times(u)[at])
			}
		}
	}
	return first
}

func TestColdUsersKeepTheirFirstInteractionsAtMost(t *testing.T) {
	rows := sized(1, 2, 4, 8, 6, 5)
	for first, want := range map[int][]int{0: {0, 0, 0}, 1: {0, 1, 1}, 3: {0, 1, 3}} {
		s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodColdUsers, By: ByCount, Test: 0.5, FoldInFirst: first}})
		for u, known := range want { // u0, u1 and u2 have the fewest
			if !s.HeldOut(u) || len(s.FoldIn.Row(u)) != known || len(s.Test.Row(u)) == 0 {
				t.Errorf("first %d: user %d has a history of %d and %d to find, want a history of %d", first, u, len(s.FoldIn.Row(u)), len(s.Test.Row(u)), known)
			}
			if known > 0 && slices.Max(s.FoldIn.times(u)) >= slices.Min(s.Test.times(u)) {
				t.Errorf("first %d: the history of user %d is not the beginning", first, u)
			}
		}
		if s.HeldOut(3) || s.FoldIn == nil {
			t.Errorf("first %d: the user of most interactions is held out, or there is no fold-in", first)
		}
	}
	s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodColdUsers, By: ByAge, Test: 0.2}})
	if got := s.Test.Row(5); len(got) != 5 || s.Audit.ColdTestUsers != 1 {
		t.Errorf("the newest user has %v to find, %d cold users", got, s.Audit.ColdTestUsers)
	}
}

func TestTestedUsersOfATemporalSplitKeepTheirOwnHistory(t *testing.T) {
	rows := sized(4, 4)
	rows = append(rows, row{"u0", "ix", 1, 900}, row{"u2", "ia", 1, 950}, row{"u1", "iy", 1, 5000})
	s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodTemporal, ValidationFrom: "103", TestFrom: "900", TestUntil: "1970-01-01T01:00"}})
	if got := pairs(s, s.Training.Interactions); !slices.Equal(got, []string{"u0 ia", "u0 ib", "u0 ic", "u0 id", "u1 ia", "u1 ib", "u1 ic"}) {
		t.Errorf("training is %v", got)
	}
	if got := slices.Concat(pairs(s, s.Validation), pairs(s, s.Test)); !slices.Equal(got, []string{"u1 id", "u0 ix", "u2 ia"}) {
		t.Errorf("validation and test are %v", got)
	}
	if _, known := s.Items.Index("iy"); known || s.Audit.Dropped.Later != 1 || s.FoldIn != nil || s.Audit.ColdTestUsers != 1 {
		t.Errorf("an item of the time after test is known, or the counts are wrong: %+v", s.Audit)
	}
	if l := s.Audit.Leak; l.AnyFuture != 0 || l.OwnFuture != 0 {
		t.Errorf("leak %+v, want none", *l)
	}
}

func TestASplitByTimesIsThatByTheSharesThatTheyMake(t *testing.T) {
	rows := random(2, 20, 30, 300)
	shares := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodTemporal, Validation: 0.1, Test: 0.2}})
	times := SplitSpec{Method: MethodTemporal, ValidationFrom: Moment(fmt.Sprint(slices.Min(shares.Validation.Time))), TestFrom: Moment(fmt.Sprint(slices.Min(shares.Test.Time)))}
	if got := mustLoad(t, dataset(rows, true), Options{Split: times}); got.Fingerprint != shares.Fingerprint {
		t.Errorf("%+v is another split", times)
	}
}

func TestMistakesInNewerMethodsAreToldTogetherWithTheirKeys(t *testing.T) {
	for _, c := range []struct {
		spec  SplitSpec
		parts []string
	}{
		{SplitSpec{Method: MethodKFold, Folds: 1, Fold: 3, Test: 0.1, Gap: "1h"}, []string{"split.folds: expected a number from 2, got 1", "split.fold: expected one of 1..1", "split.test: has no meaning for method k_fold", "split.gap: has no meaning for method k_fold (it is for sessions)"}},
		{SplitSpec{Method: MethodKFold, By: ByAge, Folds: 2, Fold: 1, Validation: -1}, []string{`split.by: unknown value "age"`, "split.validation: -1"}},
		{SplitSpec{Method: MethodTemporal, Test: 0.1, TestFrom: "2014-01-01"}, []string{"split.test_from: a share (test: 0.1) is given as well"}},
		{SplitSpec{Method: MethodTemporal, TestFrom: "yesterday", Validation: 0.1, ValidationFrom: "2014-13-01"}, []string{`split.test_from: "yesterday" is no time; expected one such as 2014-07-01`, `split.validation_from: "2014-13-01" is no time`, "a share (validation: 0.1) is given as well"}},
		{SplitSpec{Method: MethodTemporal, ValidationFrom: "2014-02-01", TestFrom: "2014-01-01", TestUntil: "2013-01-01"}, []string{"split.validation_from: it is not before test_from", "split.test_until: it is not after test_from"}},
		{SplitSpec{Method: MethodTemporal, ValidationFrom: "2014-02-01"}, []string{"split.test: 0 is not a share"}},
		{SplitSpec{Method: MethodRolling, Windows: 3, Window: 4, Test: 1}, []string{"split.window: expected one of 1..3", "split.test: 1 is not a share"}},
		{SplitSpec{Method: MethodColdItems, By: ByAll, Test: 0.2, FoldInFirst: 3}, []string{`split.by: unknown value "all", expected one of random, age, count`, "split.fold_in_first: has no meaning for method cold_items (it is for cold_users)"}},
		{SplitSpec{Method: MethodColdUsers, FoldInFirst: -1}, []string{"split.test: 0", "split.fold_in_first: expected a number from 0"}},
		{SplitSpec{Method: MethodSessions, Gap: "30", Test: 0.2}, []string{`split.gap: "30" is no time from 1s`}},
		{SplitSpec{Method: MethodRatio, Test: 0.1, By: ByCount}, []string{`split.by: unknown value "count"`}},
	} {
		wantError(t, &fake{}, Options{Split: c.spec}, contract.ErrInvalid, c.parts...)
	}
	timeless := dataset(random(1, 9, 9, 50), false)
	for _, spec := range []SplitSpec{
		{Method: MethodRolling, Windows: 2, Window: 1}, {Method: MethodSessions, Gap: "1h", Test: 0.2}, {Method: MethodColdItems, By: ByAge, Test: 0.2}, {Method: MethodTemporal, TestFrom: "2"},
	} {
		wantError(t, timeless, Options{Split: spec}, contract.ErrInvalid, "needs times", spec.Method)
	}
	wantError(t, dataset(sized(3, 2), true), Options{Split: SplitSpec{Method: MethodRolling, Windows: 9, Window: 1}}, contract.ErrInvalid, "5 interactions do not fill 9 windows")
	wantError(t, dataset(sized(3, 2), true), Options{Split: SplitSpec{Method: MethodTemporal, TestFrom: "5", TestUntil: "6"}}, contract.ErrInvalid, "test part empty")
}

func TestMomentsHaveOneForm(t *testing.T) {
	for _, text := range []string{`"2014-07-01"`, `1404172800`, `"1404172800"`, `"2014-07-01T00:00:00Z"`, `"2014-07-01 02:00:00"`, `"2014-07-01T02:00:00+02:00"`} {
		var o Options
		raw := strings.Replace(`{"method": "temporal", "test_from": T}`, "T", text, 1)
		if err := json.Unmarshal([]byte(raw), &o.Split); err != nil {
			t.Fatal(err)
		}
		o, err := o.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		want := `"test_from":1404172800`
		if strings.Contains(text, " 02:") {
			want = `"test_from":1404180000`
		}
		if got, err := json.Marshal(o.Split); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s became %s, error %v, want %s", text, got, err, want)
		}
	}
}

// FuzzNewerMethods wants a split whose counts add up, or bad input that is told.
func FuzzNewerMethods(f *testing.F) {
	f.Add([]byte("\x3caxAbayAcazAdbxAebyAf"), 0, 0, 0.5, 2)
	f.Add([]byte("\x0caxA\x01ayA\x02byA\x09bzA\xff"), 6, 1, 0.3, 1)
	f.Add([]byte("\x0caxA\x01ayA\x02byA\x80bzA\xff"), 14, 3, 0.3, 1)
	f.Fuzz(func(t *testing.T, raw []byte, method, filter int, share float64, n int) {
		spec := newer[uint(method)%uint(len(newer))]
		if spec.Test > 0 {
			spec.Test = share
		}
		if spec.FoldInFirst > 0 {
			spec.FoldInFirst = n
		}
		if spec.Windows > 0 {
			spec.Windows, spec.Window = n, 1
		}
		filters := []Filter{{}, {From: "20", Until: "100"}, {SampleUsers: share}, {Duplicates: DuplicatesFirst, KCoreUsers: 2}, {Duplicates: DuplicatesCount, KCoreItems: 2, MinValue: &share}}
		d := decode(raw)
		s, err := Load(t.Context(), d, Options{Filter: filters[uint(filter)%uint(len(filters))], Split: spec, Texts: true})
		if err != nil {
			if !contract.IsBadInput(err) || s != nil {
				t.Fatalf("split %v, error %v", s, err)
			}
			return
		}
		a := s.Audit
		if gone := a.Dropped.From + a.Dropped.Until + a.Dropped.Sample + a.Dropped.Duplicates + a.Dropped.MinValue + a.Dropped.KCore + a.Dropped.Later; a.Dropped.Read != a.Interactions+gone {
			t.Fatalf("%d rows read, %d kept, dropped %+v", a.Dropped.Read, a.Interactions, a.Dropped)
		}
		for u := range s.Users.Len() {
			if len(s.Training.Interactions.Row(u)) > 0 && spec.HoldsOutUsers() && len(s.FoldIn.Row(u))+len(s.Test.Row(u)) > 0 {
				t.Fatalf("user %d is trained on and held out", u)
			}
		}
		if c := a.Texts; c.Read != len(s.Training.Texts)+c.Repeated+c.Withheld+c.Filtered+c.Empty {
			t.Fatalf("%d texts, counts %+v", len(s.Training.Texts), *c)
		}
	})
}

func TestPositionsAreNotTakenForTimesOfAClock(t *testing.T) {
	var rows []row
	for user, n := range []int{5, 3, 7} {
		for i := range n {
			rows = append(rows, row{fmt.Sprint("u", user), fmt.Sprint("i", i), 1, int64(i)})
		}
	}
	for _, spec := range []SplitSpec{
		{Method: MethodTemporal, Test: 0.2}, {Method: MethodRolling, Windows: 2, Window: 1}, {Method: MethodSessions, Gap: "30m", Test: 0.2},
	} {
		wantError(t, dataset(rows, true), Options{Split: spec}, contract.ErrInvalid, "the times are positions in each user's history", spec.Method)
	}
	s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodLeaveOneOut}})
	if s.Audit.Leak != nil {
		t.Errorf("the audit compares positions of different users: %+v", s.Audit.Leak)
	}
	rows[0].time = 100 // one time of a clock
	if s := mustLoad(t, dataset(rows, true), Options{Split: SplitSpec{Method: MethodLeaveOneOut}}); s.Audit.Leak == nil {
		t.Error("times are taken for positions")
	}
}
