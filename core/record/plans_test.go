package record

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

type testPlan struct {
	Name string `json:"name"`
}

func savePlan(t *testing.T, s *Store, id, name string, stays bool) {
	t.Helper()
	if err := s.SavePlan(t.Context(), id, testPlan{name}, func(PlanFile) bool { return stays }); err != nil {
		t.Fatal(err)
	}
}

// ranAt sets when a plan was run.
func ranAt(t *testing.T, s *Store, id string, seconds int64) {
	t.Helper()
	at := time.Unix(seconds, 0)
	if err := os.Chtimes(s.PlanPath(id), at, at); err != nil {
		t.Fatal(err)
	}
}

func TestAPlanIsReadStrictly(t *testing.T) {
	s := open(t)
	if _, err := s.FindPlan(""); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	savePlan(t, s, "x-0123456789ab", "x", false)
	f, err := s.FindPlan("")
	if err != nil {
		t.Fatal(err)
	}
	var p testPlan
	if err := f.Load(&p); err != nil || p.Name != "x" {
		t.Errorf("got %+v, %v", p, err)
	}
	if err := f.Load(&struct{}{}); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("got %v", err)
	}
}

func TestOfTheSeveralPlansOfAFolderTheOneThatIsMeantIsFound(t *testing.T) {
	s := open(t)
	const first, second, other = "a-b-000000000001", "a-b-000000000002", "c-000000000003"
	for i, id := range []string{first, second} {
		savePlan(t, s, id, id, false)
		ranAt(t, s, id, int64(100+i))
	}
	expect := func(name, want string) {
		t.Helper()
		if f, err := s.FindPlan(name); err != nil || f.ID != want {
			t.Errorf("%q: got %q, error %v; want %s", name, f.ID, err, want)
		}
	}
	expect("", second)
	ranAt(t, s, first, 200)
	expect("", first)
	expect(second, second)
	savePlan(t, s, other, "c", false)
	expect("", other) // of all the last
	expect("c", other)
	expect("a-b", first)
	if _, err := s.FindPlan("a-c"); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), `no plan "a-c"`) {
		t.Errorf("got %v", err)
	}
}

func TestAPlanThatStaysIsTheLastOne(t *testing.T) {
	s := open(t)
	const id = "a-000000000001"
	savePlan(t, s, id, "old", false)
	ranAt(t, s, id, 100)
	savePlan(t, s, id, "new", true)
	var p testPlan
	f, err := s.FindPlan("a")
	if err == nil {
		err = f.Load(&p)
	}
	if err != nil || p.Name != "old" || f.Ran.Unix() == 100 {
		t.Errorf("got %+v of %+v, error %v", p, f, err)
	}
}

func TestTheOnePlanOfAnOldFolderIsFoundUntilThereIsAnother(t *testing.T) {
	s := open(t)
	path := filepath.Join(s.Dir(), oldPlanFile)
	if err := os.WriteFile(path, []byte(`{"name": "old"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := s.FindPlan(""); err != nil || f.Path != path {
		t.Errorf("got %+v, %v", f, err)
	}
	savePlan(t, s, "a-000000000001", "a", false)
	if f, err := s.FindPlan(""); err != nil || f.Name() != "a" {
		t.Errorf("got %+v, %v", f, err)
	}
}
