package features

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// digests are of what is below, by Semantics. A change of what comes out needs a new
// number and its line here; a line that stands is never changed.
var digests = map[int]string{
	1: "77053c1a11ad8ae533c21c1219bbc1ee763a2ccdb432bdb26c33bb3bef45fb75",
}

func TestOtherFeaturesNeedAnotherSemantics(t *testing.T) {
	f, sum := readFixture(t), sha256.New()
	add := func(m *Matrix, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range dense(m) {
			for _, v := range row {
				_, _ = fmt.Fprintf(sum, "%.4f ", v+0) // -0 is 0
			}
		}
	}
	documents, err := Documents([]data.Text{
		{Kind: contract.TextTags, User: -1, Item: 0, Text: "soft red"}, {Kind: contract.TextTitle, User: -1, Item: 0, Text: "Lipstick"},
		{Kind: contract.TextTitle, User: -1, Item: 1, Text: "Lipstick soft"},
	}, nil, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"scikit-learn", "counts", "golden"} {
		add(settings[name].Matrix(f.Documents))
		add(settings[name].Matrix(documents))
	}
	m := &Matrix{Rows: len(f.Vectors), Width: len(f.Vectors[0])}
	for _, row := range f.Vectors {
		for _, v := range row {
			m.Dense = append(m.Dense, float32(v))
		}
	}
	for _, kind := range []string{WhitenCentre, WhitenHalf, WhitenFull} {
		add(Whitening{kind, 0}.Apply(m))
		add(Whitening{kind, 2}.Apply(m))
	}
	for seed := range uint64(3) {
		order, err := Shuffle{Shuffled: true, Seed: seed}.Order(9)
		_, _ = fmt.Fprintln(sum, order, err)
	}
	got := fmt.Sprintf("%x", sum.Sum(nil))
	if want, known := digests[Semantics]; !known || got != want {
		t.Errorf("Semantics %d gives %s, want %q: where other features are meant, raise it and add its digest here", Semantics, got, want)
	}
}
