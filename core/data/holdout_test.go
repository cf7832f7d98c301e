package data

import (
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

var strong = SplitSpec{Method: MethodStrong, Validation: 0.2, Test: 0.3}

// sized makes users u0, u1, ... with so many interactions each, in the order of time.
func sized(sizes ...int) []row {
	var rows []row
	for u, n := range sizes {
		for i := range n {
			rows = append(rows, row{user: "u" + string(rune('0'+u)), item: "i" + string(rune('a'+i)), value: 1, time: int64(100*u + i)})
		}
	}
	return rows
}

func TestUsersHeldOutWholeAreInNoTrainingRow(t *testing.T) {
	rows := random(3, 30, 20, 400)
	s := mustLoad(t, reviewed(rows, true), Options{Split: strong, Texts: true})
	tested, validated, trained := 0, 0, 0
	for u := range s.Users.Len() {
		known := len(s.FoldIn.Row(u)) > 0
		if known == (len(s.Training.Interactions.Row(u)) > 0) || s.HeldOut(u) != known {
			t.Fatalf("user %d: history to fold in %v, training %v", u, s.FoldIn.Row(u), s.Training.Interactions.Row(u))
		}
		switch {
		case len(s.Test.Row(u)) > 0 && len(s.Validation.Row(u)) > 0:
			t.Fatalf("user %d is in both held-out parts", u)
		case len(s.Test.Row(u)) > 0:
			tested++
		case len(s.Validation.Row(u)) > 0:
			validated++
		default:
			trained++
		}
	}
	if tested != 9 || validated != 6 || trained != 15 {
		t.Errorf("%d tested, %d validated and %d trained users of 30, want 9, 6 and 15", tested, validated, trained)
	}
	all := slices.Concat(pairs(s, s.Training.Interactions), pairs(s, s.FoldIn), pairs(s, s.Validation), pairs(s, s.Test))
	slices.Sort(all)
	if len(slices.Compact(all)) != s.Audit.Interactions {
		t.Errorf("%d pairs in the parts, the audit counts %d", len(all), s.Audit.Interactions)
	}
	for _, text := range s.Training.Texts {
		if text.Kind == contract.TextReview && s.HeldOut(int(text.User)) {
			t.Fatalf("training has a review of user %d, who is held out", text.User)
		}
	}
}

func TestTheShareOfAHistoryLeavesOneToFind(t *testing.T) {
	for n, known := range map[int]int{1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 9: 7, 10: 8} {
		s := mustLoad(t, dataset(sized(n, n, 5, 5), true), Options{Split: SplitSpec{Method: MethodStrong, Test: 0.5, Order: OrderTime}})
		short := 0
		for u := range s.Users.Len() {
			size, want := 5, 4
			if strings.HasPrefix(s.Users.ID(int32(u)), "u0") || strings.HasPrefix(s.Users.ID(int32(u)), "u1") {
				size, want = n, known
			}
			if !s.HeldOut(u) {
				continue
			}
			if got := len(s.FoldIn.Row(u)); got != want || len(s.Test.Row(u)) != size-want {
				t.Errorf("a user with %d interactions has a history of %d and %d to find, want a history of %d", size, got, len(s.Test.Row(u)), want)
			}
			if size == want {
				short++
			}
			if last := s.FoldIn.times(u); len(s.Test.Row(u)) > 0 && slices.Max(last) >= slices.Min(s.Test.times(u)) {
				t.Errorf("in the order of time a history ends at %v, and %v is to be found", last, s.Test.times(u))
			}
		}
		if s.Audit.ShortUsers != short {
			t.Errorf("%d short users, want %d", s.Audit.ShortUsers, short)
		}
	}
}

func TestTheDrawOfUsersFollowsSeedAndIdsAlone(t *testing.T) {
	rows := random(9, 40, 30, 600)
	heldOut := func(rows []row, seed uint64) []string {
		spec := strong
		spec.Seed = seed
		s := mustLoad(t, dataset(rows, false), Options{Split: spec})
		var ids []string
		for u := range s.Users.Len() {
			if s.HeldOut(u) {
				ids = append(ids, s.Users.ID(int32(u)))
			}
		}
		return ids
	}
	turned := slices.Clone(rows)
	slices.Reverse(turned)
	if first := heldOut(rows, 1); !slices.Equal(first, heldOut(turned, 1)) || slices.Equal(first, heldOut(rows, 2)) {
		t.Error("the order of the rows changes the draw, or the seed does not")
	}
}

func TestTheFingerprintCoversHistoriesToFoldIn(t *testing.T) {
	s := mustLoad(t, dataset(random(3, 30, 20, 400), true), Options{Split: strong})
	before := FingerprintOf(s)
	at := slices.IndexFunc(s.FoldIn.Item, func(item int32) bool { return item != 0 })
	s.FoldIn.Item[at] = 0
	if FingerprintOf(s) == before {
		t.Error("another history to fold in has the same fingerprint")
	}
	with := FingerprintOf(s)
	if s.FoldIn = nil; FingerprintOf(s) == with {
		t.Error("the fingerprint does not tell that there are histories to fold in")
	}
}

func TestTheAuditKnowsHistoriesToFoldIn(t *testing.T) {
	spec := strong
	spec.Order = OrderTime
	s := mustLoad(t, dataset(random(3, 30, 20, 400), true), Options{Split: spec})
	a := s.Audit
	if a.ColdTestUsers != 0 || a.FoldIn == nil || a.FoldIn.Users != 15 || a.Test.Users != 9 || a.Validation.Users != 6 {
		t.Errorf("audit %+v, fold-in %+v", a, a.FoldIn)
	}
	if a.Leak.OwnFuture != 0 || a.Leak.AnyFuture == 0 {
		t.Errorf("leak %+v: no history lies behind what is to be found, and some training does", a.Leak)
	}
}

func TestMistakesInASplitOfUsersAreToldTogether(t *testing.T) {
	spec := SplitSpec{Method: MethodStrong, By: ByUser, FoldIn: 1.5, Test: 0.7, Validation: 0.3, Order: "tiem"}
	wantError(t, &fake{}, Options{Split: spec}, contract.ErrInvalid, "split.fold_in: 1.5", "leave nothing for training", `did you mean "time"`, "split.by: has no meaning")
	wantError(t, &fake{}, Options{Split: SplitSpec{Method: MethodRatio, Test: 0.1, FoldIn: 0.5}}, contract.ErrInvalid, "split.fold_in: has no meaning for method ratio")
	spec = SplitSpec{Method: MethodStrong, Test: 0.2, Order: OrderTime}
	wantError(t, dataset(random(1, 9, 5, 20), false), Options{Split: spec}, contract.ErrInvalid, "method strong_generalisation with order time needs times")
	wantError(t, dataset(sized(1, 1, 1), true), Options{Split: SplitSpec{Method: MethodStrong, Test: 0.2}}, contract.ErrInvalid, "test part empty")
}
