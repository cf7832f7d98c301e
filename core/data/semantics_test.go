package data

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// goldens are digests of what is below, by Semantics. A number that changes
// needs a new Semantics and its line here; a line that stands is never changed.
var goldens = map[int]string{
	1: "02f8cf4f0ea464e2e4bc9d2ac18222e92936b847dddd9c23a6efd70e9c7de472",
}

func TestOtherNumbersNeedAnotherSemantics(t *testing.T) {
	rows := random(1, 20, 25, 300)
	for i := range rows {
		rows[i].time /= 9 // many equal times, and pairs that are repeated at one time
	}
	digest := sha256.New()
	for _, spec := range append(methods, SplitSpec{Method: MethodLeaveOneOut, Seed: 5}) {
		for _, times := range []bool{true, false} {
			for _, filter := range []Filter{{}, {MinValue: minValue(2), KCore: 3}} {
				if !times && (spec.Method == MethodTemporal || spec.Order == OrderTime) {
					continue
				}
				s := mustLoad(t, reviewed(rows, times), Options{Filter: filter, Split: spec, Texts: true})
				d := s.Audit.Dropped
				_, _ = fmt.Fprintf(digest, "%s {Read:%d Duplicates:%d MinValue:%d MaxValue:%d KCore:%d} %+v\n",
					s.Fingerprint, d.Read, d.Duplicates, d.MinValue, d.MaxValue, d.KCore, *s.Audit.Texts)
			}
		}
	}
	got := fmt.Sprintf("%x", digest.Sum(nil))
	if want, known := goldens[Semantics]; !known || got != want {
		t.Errorf("Semantics %d gives %s, want %q: where a change of numbers is meant, raise Semantics and add its digest to goldens", Semantics, got, want)
	}
}

// reviewed is a dataset in which every row has its own review and every item
// two titles.
func reviewed(rows []row, times bool) *fake {
	f := dataset(rows, times)
	f.capabilities = []contract.Capability{contract.CapabilityTexts}
	for i, r := range rows {
		c := contract.TextChunk{
			Kinds: []contract.TextKind{contract.TextReview, contract.TextTitle},
			Users: []string{r.user, ""}, Items: []string{r.item, r.item},
			Texts: []string{fmt.Sprint("review of ", r.value, " at ", r.time), fmt.Sprint(strings.Repeat(" ", i%2), "title ", i)},
		}
		f.documents = append(f.documents, c)
	}
	return f
}
