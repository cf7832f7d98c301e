package evaltest

import (
	"encoding/json"
	"os"
	"testing"

	"cllm4rec/core/contract"
)

// Fixture is what a reference implementation gave, as most baselines store it: X
// [users][items] binary, Side [rows][items] the weights of pseudo-users.
type Fixture struct {
	X     [][]int
	Side  [][]float32
	Cases []Case
}

// Case is one setting with the scores [user][item] of the reference.
type Case struct {
	Params json.RawMessage
	Side   bool // with the pseudo-users
	Scores [][]float64
}

// ReadFixture reads testdata/fixture.json of the test's package.
func ReadFixture(t testing.TB, into any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/fixture.json")
	check(t, err, "the fixture")
	check(t, json.Unmarshal(raw, into), "testdata/fixture.json")
}

// CheckFixture holds a recommender's scores against every case of its fixture.
func CheckFixture[R contract.Recommender](t *testing.T, fresh func() R, tolerance float64) {
	t.Helper()
	var f Fixture
	ReadFixture(t, &f)
	f.Check(t, func() contract.Recommender { return fresh() }, f.Cases, tolerance)
}

// Check holds a recommender's scores for X against cases.
func (f Fixture) Check(t *testing.T, fresh func() contract.Recommender, cases []Case, tolerance float64) {
	t.Helper()
	if len(cases) == 0 {
		t.Fatal("the fixture has no cases")
	}
	split := SplitOf(f.X)
	for _, c := range cases {
		t.Run(string(c.Params), func(t *testing.T) {
			r, side := fresh(), f.Side
			if !c.Side {
				side = nil
			}
			Fit(t, r, string(c.Params), split, Side(side)...)
			CheckScores(t, r, split, c.Scores, tolerance)
		})
	}
}
