package eval

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
)

var update = flag.Bool("update", false, "write testdata/semantics.golden anew; refused while Semantics is the number that stands there and the numbers changed")

// goldenNumbers evaluates both parts of a fixed split under every rule and writes
// down a list and every metric to ten digits, in which all processors agree.
func goldenNumbers(t *testing.T) []byte {
	split, ranker := randomSplit(generator(7), 23, 31)
	var metrics []Metric
	for _, name := range MetricNames() {
		metrics = append(metrics, metric(t, name+"@2"), metric(t, name+"@10"))
	}
	var out bytes.Buffer
	for _, part := range []contract.Part{contract.PartValidation, contract.PartTest} {
		for _, mask := range []Rule{RuleTrain, RuleTrainValidation} {
			for _, ties := range []contract.TieRule{contract.TiesHashed, contract.TiesIndex} {
				o := Options{Metrics: metrics, Mask: mask, Ties: contract.Ties{Rule: ties, Seed: 5}}
				r, err := Evaluate(t.Context(), ranker, split, part, o)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&out, "%s %s %s\nusers %v\nfirst list %v\n", part, mask, ties, r.Users, r.Lists[0].Items)
				for _, m := range metrics {
					fmt.Fprintf(&out, "%s %.10g\n", m, append(r.PerUser[m.String()], r.Overall[m.String()]))
				}
			}
		}
	}
	return out.Bytes()
}

// A change of numbers that leaves Semantics as it was would let old records pass
// for new ones.
func TestChangedNumbersNeedAnotherSemantics(t *testing.T) {
	path := filepath.Join("testdata", "semantics.golden")
	header := fmt.Appendf(nil, "semantics %d\n", Semantics)
	got := append(header, goldenNumbers(t)...)
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	switch same := bytes.HasPrefix(want, header); {
	case bytes.Equal(got, want):
	case same:
		t.Fatalf("rankings or metrics give other numbers than %s: raise Semantics, then go test ./core/eval -update", path)
	case !*update:
		t.Fatalf("Semantics is %d and %s has another number: go test ./core/eval -update", Semantics, path)
	default:
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
