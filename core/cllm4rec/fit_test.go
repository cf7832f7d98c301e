package cllm4rec

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/stage"
)

var update = flag.Bool("update", false, "write the golden files")

func matrix(items int, rows ...[]int32) *data.Interactions {
	x := &data.Interactions{Users: len(rows), Items: items, Ptr: []int{0}}
	for _, row := range rows {
		x.Item = append(x.Item, row...)
		x.Ptr = append(x.Ptr, len(x.Item))
	}
	return x
}

// tiny has a user with one item and one without any, a blank text and texts of
// one word. Item 5 is held out for users 0 and 3.
func tiny() data.Training {
	return data.Training{
		Interactions: matrix(6, []int32{2, 0, 1}, []int32{3}, nil, []int32{4, 1, 3, 2, 0}),
		Texts: []data.Text{
			{Kind: contract.TextReview, User: 0, Item: 2, Text: "good old stuff"},
			{Kind: contract.TextReview, User: 1, Item: 3, Text: "Nice"},
			{Kind: contract.TextReview, User: 3, Item: 4, Text: " \n"},
			{Kind: contract.TextReview, User: 3, Item: 1, Text: "  not for me "},
			{Kind: contract.TextBiography, User: 3, Item: -1, Text: "drinks tea"},
			{Kind: contract.TextTitle, User: -1, Item: 1, Text: "Red lipstick"},
			{Kind: contract.TextBrand, User: -1, Item: 4, Text: "Acme"},
		},
	}
}

const short = `"warmup": {"epochs": 1}, "pretrain": {"epochs": 2}, "finetune": {"epochs": 2, "mask": 0.4}, "batch": 2`

func config(t *testing.T, text string) Settings {
	t.Helper()
	return resolve(t, "{"+text+"}")
}

// input validates by a falling score, so that the first epoch is the best.
func input(t *testing.T, d *double, training data.Training, seed uint64) Input {
	t.Helper()
	score := 1.0
	return Input{Users: training.Interactions.Users, Items: training.Interactions.Items, Training: training, Seed: seed, Work: &stage.Folder{Dir: t.TempDir()},
		Validate: func(ctx context.Context, r Ranker, _ []string) (float64, error) {
			_, err := r.Rank(ctx, contract.RankSpec{}, []contract.Query{{User: 0, History: []int32{2, 0, 1}, K: 3}})
			score -= 0.25
			d.note("validation %v", score)
			return score, err
		}}
}

func fit(t *testing.T, text string, training data.Training, seed uint64) (*double, *Model) {
	t.Helper()
	d := newDouble()
	m, err := Fit(context.Background(), d, config(t, text), input(t, d, training, seed))
	if err != nil {
		t.Fatal(err)
	}
	return d, m
}

func TestCallsAreThoseOfTheGoldenFiles(t *testing.T) {
	for name, text := range map[string]string{
		"paper": short, "code": short + `, "fidelity": "code"`, "llm-cf": short + `, "content": false`,
		"llm-prerec": `"warmup": {"epochs": 0}, "pretrain": {"epochs": 2}, "finetune": {"epochs": 0}, "batch": 2, "documents": ["title"]`,
		"llm-ftall":  short + `, "train": {"mode": "all"}`,
		"lora":       short + `, "train": {"mode": "lora", "lora": {"rank": 4}}, "optimiser": {"clip": 1, "schedule": "cosine"}`,
		"llm-fixord": short + `, "item_order": "index", "finetune_order": "index", "document_order": "fixed", "documents": ["review"]`,
	} {
		t.Run(name, func(t *testing.T) {
			d, m := fit(t, text, tiny(), 7)
			queries := []contract.Query{{User: 3, History: []int32{4, 1, 3, 2, 0}, K: 2}, {User: 2, K: 6}}
			if _, err := m.Rank(context.Background(), contract.RankSpec{}, queries); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", name+".golden"), d.log.String())
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, expected := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(lines), len(expected)) {
		if i >= len(lines) || i >= len(expected) || lines[i] != expected[i] {
			t.Fatalf("%s:%d differs; run with -update after checking why. Got:\n%s", path, i+1, strings.Join(lines[min(i, len(lines)):min(i+3, len(lines))], "\n"))
		}
	}
}

func TestNoHeldOutPairIsInAnyDocument(t *testing.T) {
	for _, fidelity := range []string{"paper", "code"} {
		d, _ := fit(t, short+`, "fidelity": "`+fidelity+`"`, tiny(), 3)
		x := tiny().Interactions
		for _, doc := range d.docs {
			user := int32(-1)
			for _, id := range append(slices.Clone(doc.Prompt), doc.Main...) {
				n := id - doubleWords
				if n >= 0 && n < int32(x.Users) {
					user = n
				}
				if item := n - int32(x.Users); item >= 0 && user >= 0 && !slices.Contains(x.Row(int(user)), item) {
					t.Errorf("%s: %s holds item %d", fidelity, d.text(towerCollaborative, doc), item)
				}
			}
			for _, j := range doc.Targets {
				if !slices.Contains(x.Row(int(user)), j) {
					t.Errorf("%s: %s", fidelity, d.text(towerCollaborative, doc))
				}
			}
		}
	}
}

func TestSameSeedGivesTheSameCallsAndAnotherSeedOthers(t *testing.T) {
	a, _ := fit(t, short, tiny(), 5)
	b, _ := fit(t, short, tiny(), 5)
	c, _ := fit(t, short, tiny(), 6)
	if a.log.String() != b.log.String() || fmt.Sprint(a.towers["collaborative"]) != fmt.Sprint(b.towers["collaborative"]) {
		t.Error("the same seed gave another run")
	}
	if a.log.String() == c.log.String() {
		t.Error("another seed gave the same run")
	}
}

func TestRankingDoesNotDependOnTheBatch(t *testing.T) {
	queries := []contract.Query{{User: 0, History: []int32{2, 0, 1}, K: 6}, {User: 1, History: []int32{3}, K: 6}, {User: 3, History: []int32{4, 1, 3}, K: 6}}
	var answers []string
	for _, size := range []string{"1", "2", "256"} {
		d, m := fit(t, short+`, "rank_batch": `+size, tiny(), 5)
		d.log.Reset()
		got, err := m.Rank(context.Background(), contract.RankSpec{}, queries)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, fmt.Sprint(got)+d.log.String())
	}
	if answers[0] != answers[1] || answers[1] != answers[2] {
		t.Errorf("answers differ: %v", answers)
	}
}

func TestRankRefusesIndicesOutOfRange(t *testing.T) {
	_, m := fit(t, short, tiny(), 5)
	for _, q := range []contract.Query{{User: 4, K: 1}, {User: -1, K: 1}, {User: 0, History: []int32{6}, K: 1}, {User: 0, History: []int32{-1}, K: 1}} {
		if _, err := m.Rank(context.Background(), contract.RankSpec{}, []contract.Query{q}); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%+v: error %v", q, err)
		}
	}
}

func TestReportCountsWhatWasMadeAndSkipped(t *testing.T) {
	_, m := fit(t, short+`, "fidelity": "code"`, tiny(), 5)
	r := m.Report()
	if r.UsersSkipped != 1 || r.Texts != (Texts{Count: 3, Blank: 1, Words: 7}) || len(r.Passes) != 9 {
		t.Errorf("report %+v", r)
	}
	warm, first := r.Passes[0], r.Passes[1]
	if warm.Stage != StageWarmup || warm.Documents != 2 || warm.Skipped != 1 || first.Documents != 2 || first.Skipped != 1 {
		t.Errorf("passes %+v, %+v", warm, first)
	}
	if r.Selection.Best != 1 || len(r.Selection.Curve) != 2 || r.Selection.Stage != StageFinetune {
		t.Errorf("selection %+v", r.Selection)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestTheBestTowerRanksAndNothingIsLeftInTheWorkFolder(t *testing.T) {
	d := newDouble()
	in := input(t, d, tiny(), 5)
	if _, err := Fit(context.Background(), d, config(t, short), in); err != nil {
		t.Fatal(err)
	}
	last, _ := fit(t, short+`, "select": {"rule": "last"}`, tiny(), 5)
	if fmt.Sprint(d.towers["collaborative"]) == fmt.Sprint(last.towers["collaborative"]) {
		t.Error("the last tower ranks although the first was better")
	}
	if left, err := os.ReadDir(in.Work.Dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, error %v", left, err)
	}
}

func TestPatienceEndsFinetuning(t *testing.T) {
	_, m := fit(t, `"warmup": {"epochs": 1}, "pretrain": {"epochs": 1}, "finetune": {"epochs": 50}, "select": {"patience": 2}`, tiny(), 5)
	if r := m.Report(); len(r.Selection.Curve) != 3 || r.Selection.Best != 1 {
		t.Errorf("selection %+v", r.Selection)
	}
}

func TestValidationComesEveryFewEpochsAndAfterTheLast(t *testing.T) {
	_, m := fit(t, `"warmup": {"epochs": 1}, "pretrain": {"epochs": 1}, "finetune": {"epochs": 5}, "select": {"every": 2}`, tiny(), 5)
	var epochs []int
	for _, v := range m.Report().Selection.Curve {
		epochs = append(epochs, v.Epoch)
	}
	if !slices.Equal(epochs, []int{2, 4, 5}) {
		t.Errorf("validated after %v", epochs)
	}
}

func TestInputAtFaultIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		change func(*Input)
		part   string
	}{
		"validation": {short, func(in *Input) { in.Validate = nil }, "no validation part"},
		"empty":      {short, func(in *Input) { in.Training.Interactions = matrix(6, nil, nil, nil, nil) }, "no training interactions"},
		"size":       {short, func(in *Input) { in.Users = 9 }, "expected 9 users"},
		"texts":      {short + `, "documents": ["tags"]`, nil, "no text of the kinds [tags]"},
		"subject":    {short, func(in *Input) { in.Training.Texts[0].Item = 6 }, "document 0 (review)"},
		"length":     {short + `, "max_length": 99`, nil, "max_length is 99, but the language model takes 32"},
		"room":       {short + `, "max_length": 5`, nil, "template"},
		"one word":   {short + `, "predict_first": false, "documents": ["brand"]`, nil, "warmup 1/1, content tower: none of 1 documents"},
	} {
		d := newDouble()
		in := input(t, d, tiny(), 1)
		if c.change != nil {
			c.change(&in)
		}
		if _, err := Fit(context.Background(), d, config(t, c.text), in); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestLossThatIsNotFiniteNamesItsPlace(t *testing.T) {
	d := newDouble()
	d.nanAt = "content"
	_, err := Fit(context.Background(), d, config(t, short), input(t, d, tiny(), 1))
	if !errors.Is(err, contract.ErrNonFinite) || !strings.Contains(err.Error(), "warmup 1/1, content tower: step 3") {
		t.Errorf("error %v", err)
	}
	in := input(t, d, tiny(), 1)
	in.Validate = func(context.Context, Ranker, []string) (float64, error) { return math.NaN(), nil }
	d.nanAt = ""
	if _, err := Fit(context.Background(), d, config(t, short), in); !errors.Is(err, contract.ErrNonFinite) {
		t.Errorf("error %v", err)
	}
}

// TestPreRecOfAnEncoderDecoderRanksBehindItsMainText runs LLM-PreRec where the
// prompt and the main text are read apart.
func TestPreRecOfAnEncoderDecoderRanksBehindItsMainText(t *testing.T) {
	d := newDouble()
	d.separate = true
	text := `"warmup": {"epochs": 0}, "pretrain": {"epochs": 2}, "finetune": {"epochs": 0}, "documents": ["title"], "item_order": "history"`
	m, err := Fit(t.Context(), d, config(t, text), input(t, d, tiny(), 1))
	if err != nil {
		t.Fatal(err)
	}
	d.log.Reset()
	if _, err := m.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{User: 3, History: []int32{4, 1}, K: 2}}); err != nil {
		t.Fatal(err)
	}
	if got := d.log.String(); got != "rank collaborative 2 <user_3> has interacted with | <item_4> <item_1>\n" {
		t.Errorf("got %q", got)
	}
}

func TestCancelledFitEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d := newDouble()
	if _, err := Fit(ctx, d, config(t, short), input(t, d, tiny(), 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestPerplexityIsPerPredictedToken(t *testing.T) {
	r := contract.TrainResult{Data: 6, Predicted: 8}
	if got := perplexity(contract.ExampleMean, r, Tally{Built: 4}); math.Abs(got-math.Exp(3)) > 1e-12 {
		t.Errorf("per document: %v", got)
	}
	if got := perplexity(contract.TokenMean, r, Tally{Built: 4}); math.Abs(got-math.Exp(6)) > 1e-9 {
		t.Errorf("per token: %v", got)
	}
	if got := perplexity(contract.TokenMean, contract.TrainResult{Data: 1e9}, Tally{}); math.IsInf(got, 0) {
		t.Errorf("beyond numbers: %v", got)
	}
}

func TestTextsTravelInBoundedBatches(t *testing.T) {
	texts := []string{"aaaa", "bb", "cccccccc", "d"}
	if n := fitting(texts, 5); n != 2 {
		t.Errorf("%d texts in 5 bytes", n)
	}
	if n := fitting(texts, 1); n != 1 {
		t.Errorf("%d texts in 1 byte", n)
	}
	if n := fitting(texts, 99); n != 4 {
		t.Errorf("%d texts in 99 bytes", n)
	}
}
