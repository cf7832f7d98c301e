package main

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/data"
	"cllm4rec/core/sharedtest"
	"cllm4rec/plugins/internal/formats/formatstest"
	"cllm4rec/plugins/internal/formats/lines"
)

const reviews = `{"reviewerID": "A1", "asin": "B1", "reviewerName": "x", "helpful": [0, 1], "reviewText": "A 1/4&#34; plug.", "overall": 5.0, "summary": "Good", "unixReviewTime": 1393545600, "reviewTime": "02 28, 2014"}
{"reviewerID": "A2", "asin": "B2", "reviewText": "", "overall": 1.0, "summary": "Bad!", "unixReviewTime": 1363392000}

{"reviewerID": "A1", "asin": "B2", "reviewText": "Fine", "overall": 4.0, "summary": "Why?", "unixReviewTime": 7}
`

const meta = `{'asin': 'B2', 'title': "Strap &amp; pin", 'price': 3.5, 'categories': [['Music', 'Straps'], ['Music']], 'brand': ''}
{"asin": "B1", "description": "A plug.", "brand": "Hosa", "categories": [["Music"]], "salesRank": {}}
{'asin': 'B9', 'title': 'nobody reviewed it'}
`

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

func TestReviewsBecomeInteractionsFromPlainAndGzip(t *testing.T) {
	want := []string{"A1|B1|5|1393545600", "A2|B2|1|1363392000", "A1|B2|4|7"}
	for name, text := range map[string]string{"plain": reviews, "gzip": formatstest.Zipped(reviews)} {
		d := configured(t, map[string]any{"path": formatstest.File(t, "file.json", text)})
		for range 2 {
			if got, err := formatstest.Interactions(d); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	}
}

func TestReviewsAndMetadataBecomeTexts(t *testing.T) {
	path := formatstest.File(t, "file.json", reviews)
	for form, want := range map[string][]string{
		textReview:  {`A 1/4" plug.`, "", "Fine"},
		textSummary: {"Good", "Bad!", "Why?"},
		textBoth:    {`Good. A 1/4" plug.`, "Bad!", "Why? Fine"},
	} {
		got, err := formatstest.Texts(configured(t, map[string]any{"path": path, "text": form}))
		for i, key := range []string{"review|A1|B1|", "review|A2|B2|", "review|A1|B2|"} {
			if err != nil || got[i] != key+want[i] {
				t.Errorf("%s: %q, want %q, error %v", form, got, want, err)
			}
		}
	}
	got, err := formatstest.Texts(configured(t, map[string]any{"path": path, "meta": formatstest.File(t, "file.json", meta)}))
	want := []string{"title|B2|Strap & pin", "categories|B2|Music, Straps", "description|B1|A plug.", "categories|B1|Music", "brand|B1|Hosa"}
	if err != nil || !slices.Equal(got[3:], want) {
		t.Errorf("contents %q, error %v", got[3:], err)
	}
}

func TestDamagedLinesAreNamed(t *testing.T) {
	good := strings.SplitAfter(reviews, "\n")[0]
	for line, want := range map[string]string{
		`{"reviewerID": "A2", "asin": "B`:                                        "no JSON object",
		`{"reviewerID": "A", "asin": "B", "overall": NaN, "unixReviewTime": 1}`:  "invalid character 'N'",
		`{"reviewerID": "A", "asin": "B", "overall": "5", "unixReviewTime": 1}`:  "the field overall is a text, expected a number",
		`{"reviewerID": "A", "asin": "B", "overall": 1e99, "unixReviewTime": 1}`: "the field overall is the number 1e99, expected a number of 32 bits",
		`[1, 2]`: "the line is a list, expected an object",
		`{"reviewerID": "A", "asin": "B", "overall": 5, "unixReviewTime": 1.5}`:  "expected a whole number",
		`{"reviewerID": "A", "asin": "B", "unixReviewTime": 1}`:                  "no overall",
		`{"reviewerID": "A", "asin": "B", "overall": null, "unixReviewTime": 1}`: "no overall",
		`{"reviewerID": "A", "asin": "B", "overall": 5}`:                         "no unixReviewTime",
		`{"asin": "B", "overall": 5, "unixReviewTime": 1}`:                       "no reviewerID",
		`{"reviewerID": "A", "overall": 5, "unixReviewTime": 1}`:                 "no asin",
		`[1]`: "expected an object", `null`: "the line is nothing, expected an object",
		`{"reviewerID": "A", "asin": "B", "overall": 5, "unixReviewTime": 1, "asin": "C"}`:   "the field \"asin\" stands there twice",
		`{"reviewerID": "A", "asin": "B", "overall": 5, "unixReviewTime": 1400000000000}`:    "expected seconds since 1970",
		"{\"reviewerID\": \"\xff\", \"asin\": \"B\", \"overall\": 5, \"unixReviewTime\": 1}": "not UTF-8",
	} {
		path := formatstest.File(t, "file.json", good+line+"\n"+good)
		_, err := formatstest.Interactions(configured(t, map[string]any{"path": path}))
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", line, err, want)
		}
	}
}

func TestDamagedFilesAreNamed(t *testing.T) {
	whole := formatstest.Zipped(strings.Repeat(reviews, 200))
	path := formatstest.File(t, "file.json", whole[:len(whole)/2])
	_, first := formatstest.Interactions(configured(t, map[string]any{"path": path}))
	_, second := formatstest.Texts(configured(t, map[string]any{"path": path}))
	for _, err := range []error{first, second} {
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "truncated") || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("truncated gzip: error %v", err)
		}
	}
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": path + ".none"})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("missing file: error %v", err)
	}
	if _, err := newDataset().Configure(t.Context(), json.RawMessage(`{"path":"testdata"}`)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "testdata: is a folder") {
		t.Errorf("a folder for a file: error %v", err)
	}
	for line, want := range map[string]string{
		"{'asin': 'B1', 'title': 3}": "title is the number 3, expected a text", "{'asin': 'B1', 'categories': ['x']}": "list of lists", "{'title': 'x'}": "no asin",
		"{'asin': __import__('os')}": "no plain value", `{"asin": "B1"`: "no JSON object", "{'asin': 'B1', 'categories': 1}": "list of lists", "{'asin': 'B1', 'categories': [[1]]}": "list of lists",
	} {
		d := configured(t, map[string]any{"path": formatstest.File(t, "file.json", reviews), "meta": formatstest.File(t, "file.json", meta+line)})
		if _, err := formatstest.Texts(d); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "file.json:4: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", line, err)
		}
	}
}

func TestParametersAreStrict(t *testing.T) {
	for params, want := range map[string]string{
		`{}`: "path", `{"path":"x","textt":"review"}`: "text", `{"path":"x","text":"reviews"}`: "review", `{"path":7}`: "path",
		`{"train":"x"}`: "needs both train and test", `{"validation":"x","test":"y"}`: "needs both train and test", `{"path":"x","test":"y"}`: "not both", `{"path":"x","order":"user"}`: "order",
	} {
		if _, err := newDataset().Configure(context.Background(), json.RawMessage(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", params, err)
		}
	}
	resolved, err := newDataset().Configure(context.Background(), json.RawMessage(`{"path":"x"}`))
	if err != nil || string(resolved) != `{"path":"x","text":"review"}` {
		t.Errorf("resolved %s, error %v", resolved, err)
	}
	if _, err := formatstest.Texts(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: error %v", err)
	}
}

// instruments is the real file in the data folder beside the repository.
func instruments(t testing.TB) string {
	t.Helper()
	return sharedtest.Path(t, "data/amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz")
}

func TestMusicalInstrumentsHasThePublishedCounts(t *testing.T) {
	d := configured(t, map[string]any{"path": instruments(t)})
	four := 4.0
	for _, c := range []struct {
		keep                       data.Filter
		interactions, users, items int
	}{
		{data.Filter{}, 10261, 1429, 900},
		{data.Filter{MinValue: &four, KCore: 5}, 3615, 526, 347},
	} {
		split := data.SplitSpec{Method: data.MethodRatio, Validation: 0.1, Test: 0.1}
		s, err := data.Load(context.Background(), d, data.Options{Name: "MI", Texts: true, Filter: c.keep, Split: split})
		if err != nil {
			t.Fatal(err)
		}
		a := s.Audit
		if a.Interactions != c.interactions || a.Users != c.users || a.Items != c.items || a.Dropped.Read != 10261 {
			t.Errorf("audit %+v, want %d interactions, %d users, %d items", a, c.interactions, c.users, c.items)
		}
		if n := a.Texts; n.Kept[contract.TextReview]+n.Empty != a.Train.Interactions || n.Withheld != a.Test.Interactions+a.Validation.Interactions {
			t.Errorf("texts %+v for %d training interactions", *n, a.Train.Interactions)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for line := range strings.Lines(reviews + meta) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		l := lines.Line{Path: "f", Number: 3, Bytes: line}
		_, err1 := newReviewReader("f").rating(l)
		_, err2 := newReviewReader("f").review(l)
		_, err3 := decodeMeta(l, newRecogniser("f", metaDialects()))
		formatstest.OnlyDamage(t, "f:3: ", err1, err2, err3)
	})
}

func bench(b *testing.B, stream func(*dataset) int) {
	d := configured(b, map[string]any{"path": instruments(b)})
	n := 0
	for b.Loop() {
		n += stream(d)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkInteractions(b *testing.B) {
	bench(b, func(d *dataset) (n int) {
		if err := d.Interactions(context.Background(), func(c *contract.InteractionChunk) error { n += c.Len(); return nil }); err != nil {
			b.Fatal(err)
		}
		return n
	})
}

func BenchmarkTexts(b *testing.B) {
	bench(b, func(d *dataset) (n int) {
		if err := d.Texts(context.Background(), func(c *contract.TextChunk) error { n += c.Len(); return nil }); err != nil {
			b.Fatal(err)
		}
		return n
	})
}

// The numbers are those that testdata/audit.py (plain Python and NumPy) prints.
// The Gini coefficient was 0.4127682684534177 while interactions of the same day
// kept the order of the file, which is sorted by item: of 337 of the 526 users
// the file's order, and now a hash of user and item, decides what is held out.
func TestAuditOfLeaveOneOutEqualsAnIndependentComputation(t *testing.T) {
	four := 4.0
	o := data.Options{Filter: data.Filter{MinValue: &four, KCore: 5}, Split: data.SplitSpec{Method: data.MethodLeaveOneOut}}
	s, err := data.Load(context.Background(), configured(t, map[string]any{"path": instruments(t)}), o)
	if err != nil {
		t.Fatal(err)
	}
	a := s.Audit
	if a.Train.Interactions != 2563 || a.Test.Interactions != 526 || a.ColdTestItems != 3 || a.ColdTestUsers != 0 || a.ShortUsers != 0 || a.TiedUsers != 337 {
		t.Errorf("audit %+v", a)
	}
	for what, c := range map[string][2]float64{
		"gini": {a.Gini, 0.38394757584378003}, "density": {a.Density, 0.019805831625776617}, "any future": {a.Leak.AnyFuture, 0.27889652246283386}, "own future": {a.Leak.OwnFuture, 0},
	} {
		if math.Abs(c[0]-c[1]) > 1e-12 {
			t.Errorf("%s is %v, want %v", what, c[0], c[1])
		}
	}
}
