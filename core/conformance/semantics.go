package conformance

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"

	"cllm4rec/core/contract"
)

// semanticsFile lies in the folder of a plugin. It holds, for each Semantics that the
// plugin has had, what its numbers were; a line that stands is never changed.
const semanticsFile = "testdata/semantics.json"

// golden is what the file holds for the plugin's Semantics.
func golden(t TB, i contract.Info, now [][]float64) [][]float64 {
	t.Helper()
	all := map[string][][]float64{}
	raw, err := os.ReadFile(semanticsFile)
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s: %v", semanticsFile, err)
	}
	want, known := all[strconv.Itoa(i.Semantics)]
	if !known {
		line, err := json.Marshal(now)
		t.Fatalf("%s has nothing for semantics %d of %s; add\n\"%d\": %s\n%v", semanticsFile, i.Semantics, i.Name, i.Semantics, line, err)
	}
	return want
}

// SemanticsOptions fit RecommenderSemantics to a recommender.
type SemanticsOptions struct {
	// Params are those that the scores were written down under; nil means those of the
	// plugin's Info.Check.
	Params json.RawMessage
	// Tolerance is how far a score may be from the one that was written down, relative to
	// the largest; 0 means 1e-6.
	Tolerance float64
	// InteractionsAlone keeps what comes beside interactions from the recommender: for a
	// plugin whose numbers were written down before it took more, and that gives the same
	// where no more comes.
	InteractionsAlone bool
}

// semanticsEpochs is how many epochs the scores that were written down come after.
const semanticsEpochs = 2

// RecommenderSemantics fails when a recommender gives other scores than those that
// testdata/semantics.json holds for its Info.Semantics: of every item for the first
// two users of TwoTastes.
func RecommenderSemantics(t TB, r contract.Recommender, o SemanticsOptions) {
	t.Helper()
	i := info(t, r)
	params := o.Params
	if params == nil {
		params = i.Check.Params
	}
	configure(t, r, params)
	if o.InteractionsAlone {
		i.Capabilities = slices.DeleteFunc(slices.Clone(i.Capabilities), func(c contract.Capability) bool { return slices.Contains(dataCapabilities(), c) })
	}
	set, _ := TwoTastes()
	s := &recommenderSuite{o: contract.Check{Epochs: semanticsEpochs}, info: i}
	s.train(t, r, s.spec(1), set)
	var now [][]float64
	for _, ranking := range s.rank(t, r, QueriesOf(set, SuiteItems)[:2]) {
		scores := make([]float64, SuiteItems)
		for at, item := range ranking.Items {
			scores[item] = float64(ranking.Scores[at])
		}
		now = append(now, scores)
	}
	want, tolerance := golden(t, i, now), max(o.Tolerance, 1e-6)
	for u, scores := range now {
		size := 0.0
		for _, score := range scores {
			size = max(size, math.Abs(score))
		}
		for item, score := range scores {
			if len(want) != len(now) || len(want[u]) != len(scores) || !(math.Abs(score-want[u][item]) <= tolerance*size) {
				t.Fatalf("user %d, item %d: the score is %v, and was another under semantics %d: where a change of numbers is meant, raise Semantics and add its line to %s",
					u, item, score, i.Semantics, semanticsFile)
			}
		}
	}
}
