package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/sharedtest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

const (
	reviews2018 = `{"reviewerID": "A1", "asin": "B1", "overall": 5.0, "verified": true, "style": {"Color:": "Red"}, "reviewText": "Plug", "unixReviewTime": 1393545600}
{"reviewerID": "A2", "asin": "B2", "overall": 1.0, "verified": false, "vote": "3", "summary": "Bad", "unixReviewTime": 1363392000}
`
	reviews2023 = `{"rating": 5.0, "title": "Good", "text": "Plug", "images": [], "asin": "V1", "parent_asin": "B1", "user_id": "A1", "timestamp": 1393545600123, "helpful_vote": 0, "verified_purchase": true}
{"rating": 1, "title": "Bad", "text": "", "asin": "B2", "parent_asin": "B2", "user_id": "A2", "timestamp": 1363392000999}
`
	meta2018 = `{"asin": "B1", "title": "Plug &amp; pin", "category": ["Music", "Cables", "Music"], "description": ["One.", "", "Two."], "brand": "Hosa", "feature": ["short", "loud"], "price": "$9.99", "rank": "1,2 in Music"}
{"asin": "B2", "title": "Strap", "category": [], "description": "Long", "feature": null, "rank": [">#5 in Straps"], "also_buy": []}
`
	meta2023 = `{"main_category": "Music", "title": "Plug", "average_rating": 4.5, "features": ["short", "loud"], "description": ["One."], "price": null, "store": "Hosa", "categories": ["Music", "Cables"], "details": {"Brand": "x"}, "parent_asin": "B1"}
{"main_category": "Music", "title": null, "features": [], "description": [], "store": null, "categories": [], "parent_asin": "B2"}
`
)

// python writes lines of JSON as Python prints the same dictionaries.
func python(lines string) string {
	return strings.NewReplacer(`"`, `'`, "true", "True", "false", "False", "null", "None", "{'", "{u'").Replace(lines)
}

func TestReviewsOfEveryDialect(t *testing.T) {
	want := []string{"A1|B1|5|1393545600", "A2|B2|1|1363392000"}
	for name, c := range map[string]struct {
		lines string
		texts []string
	}{
		"2018": {reviews2018, []string{"review|A1|B1|Plug", "review|A2|B2|Bad"}}, "2018 in Python": {python(reviews2018), []string{"review|A1|B1|Plug", "review|A2|B2|Bad"}},
		"2023": {reviews2023, []string{"review|A1|B1|Good. Plug", "review|A2|B2|Bad"}}, "2023 with a mark": {"\ufeff" + reviews2023, []string{"review|A1|B1|Good. Plug", "review|A2|B2|Bad"}},
	} {
		d := configured(t, map[string]any{"path": formatstest.File(t, "file.json", c.lines), "text": textBoth})
		if got, err := formatstest.Interactions(d); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if got, err := formatstest.Texts(d); err != nil || !slices.Equal(got, c.texts) {
			t.Errorf("%s: texts %q, %v", name, got, err)
		}
	}
	// The whole of 2014 as Python dictionaries, apostrophes and all.
	loose := `{'reviewerID': 'A1', 'asin': 'B1', 'helpful': [0, 1], 'reviewText': "It's 1/4&#34;.", 'overall': 5.0, 'summary': u'Good', 'unixReviewTime': 1393545600}`
	d := configured(t, map[string]any{"path": formatstest.File(t, "file.json", loose)})
	rows, err1 := formatstest.Interactions(d)
	texts, err2 := formatstest.Texts(d)
	if err := errors.Join(err1, err2); err != nil || rows[0] != want[0] || texts[0] != `review|A1|B1|It's 1/4".` {
		t.Errorf("%q, %q, %v", rows, texts, err)
	}
}

func TestMetadataOfEveryDialect(t *testing.T) {
	for name, c := range map[string]struct {
		meta string
		want []string
	}{
		"2018": {meta2018, []string{
			"title|B1|Plug & pin", "description|B1|One. Two.", "tags|B1|short; loud; 1,2 in Music", "categories|B1|Music, Cables", "brand|B1|Hosa",
			"title|B2|Strap", "description|B2|Long", "tags|B2|>#5 in Straps",
		}},
		"2023": {meta2023, []string{"title|B1|Plug", "description|B1|One.", "tags|B1|short; loud", "categories|B1|Music, Cables", "brand|B1|Hosa"}},
	} {
		for notation, meta := range map[string]string{"JSON": c.meta, "Python": python(c.meta)} {
			got, err := formatstest.Texts(configured(t, map[string]any{"path": formatstest.File(t, "file.json", reviews2018), "meta": formatstest.File(t, "file.json", meta)}))
			if err != nil || !slices.Equal(got[2:], c.want) {
				t.Errorf("%s in %s: %q, %v", name, notation, got, err)
			}
		}
	}
}

func attributes(t *testing.T, meta string) (out []string) {
	t.Helper()
	d := configured(t, map[string]any{"path": formatstest.File(t, "file.json", reviews2018), "meta": formatstest.File(t, "file.json", meta)})
	out, err := formatstest.Attributes(d)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMetadataBecomesAttributes(t *testing.T) {
	for _, c := range []struct{ meta, want string }{
		{meta, "item B1 brand Hosa|item B2 categories [Music Straps]|item B1 categories [Music]|item B2 price 3.5"},
		{meta2018 + meta2018, "item B1 brand Hosa|item B1 categories [Music Cables]|item B1 price 9.99"},
		{meta2023, "item B1 brand Hosa|item B1 categories [Music Cables]"},
	} {
		if got := strings.Join(attributes(t, c.meta), "|"); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	for price, want := range map[string]string{
		`9.99`: "9.99", `"$9.99"`: "9.99", `"$1,299.00"`: "1299", `"12"`: "12", `null`: "", `""`: "", `"$5.00 - $9.00"`: "", `"from 4.99"`: "", `".a-box-inner{}"`: "", `[]`: "",
		`"1,29"`: "", `1e999`: "",
	} {
		got := strings.Join(attributes(t, `{"asin": "B1", "price": `+price+`}`), "|")
		if want != "" {
			want = "item B1 price " + want
		}
		if got != want {
			t.Errorf("price %s: %q, want %q", price, got, want)
		}
	}
	if err := configured(t, map[string]any{"path": formatstest.File(t, "file.json", reviews)}).Attributes(t.Context(), func(*contract.AttributeChunk) error { return errors.New("a chunk") }); err != nil {
		t.Errorf("without metadata: %v", err)
	}
}

func TestKeysAreExact(t *testing.T) {
	line := `{"reviewerID":"A","asin":"I%d","ASIN":"X%d","Overall":1,"overall":5,"unixReviewTime":%d,"reviewText":"t"}` + "\n"
	path := formatstest.File(t, "file.json", fmt.Sprintf(line+line, 1, 1, 1, 2, 2, 2))
	if got, err := formatstest.Interactions(configured(t, map[string]any{"path": path})); err != nil || !slices.Equal(got, []string{"A|I1|5|1", "A|I2|5|2"}) {
		t.Errorf("%q, %v", got, err)
	}
	shouted := formatstest.File(t, "file.json", strings.ToUpper(`{"reviewerID":"A","asin":"I","overall":5,"unixReviewTime":1}`))
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": shouted})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `the keys found are "ASIN", "OVERALL"`) {
		t.Errorf("capital keys: error %v", err)
	}
}

func TestUnknownAndMixedDialectsNameTheKeysFound(t *testing.T) {
	of2014, of2018, of2023 := strings.SplitAfter(reviews, "\n")[0], strings.SplitAfter(reviews2018, "\n")[0], strings.SplitAfter(reviews2023, "\n")[0]
	for name, c := range map[string]struct {
		lines, place string
		want         []string
	}{
		"another site": {`{"user":"A","item":"B","stars":3}`, ":1: ", []string{`unknown or mixed dialect: the keys found are "item", "stars", "user"`, "reviews of 2014", "reviews of 2018", "reviews of 2023"}},
		"no keys":      {`{}`, ":1: ", []string{"the keys found are none"}},
		"in a line":    {`{"reviewerID":"A","asin":"B","overall":5,"unixReviewTime":1,"user_id":"A"}`, ":1: ", []string{`"user_id"`, "reviews of 2014"}},
		"2014 to 2023": {of2014 + of2023, ":2: ", []string{`"parent_asin"`, `expected reviews of 2014 ("reviewerID"`, "as in the lines before"}},
		"2023 to 2018": {of2023 + of2018, ":2: ", []string{`"verified"`, "expected reviews of 2023", "as in the lines before"}},
		"2014 to 2018": {of2014 + of2018, ":2: ", []string{"expected reviews of 2014"}},
	} {
		path := formatstest.File(t, "file.json", c.lines)
		d := configured(t, map[string]any{"path": path})
		_, first := formatstest.Interactions(d)
		_, second := formatstest.Texts(d)
		for _, err := range []error{first, second} {
			for _, want := range c.want {
				if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+c.place) || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: error %v, want %q", name, err, want)
				}
			}
		}
	}
	_, err := formatstest.Texts(configured(t, map[string]any{"path": formatstest.File(t, "file.json", reviews), "meta": formatstest.File(t, "file.json", meta+meta2018)}))
	if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), ":4: unknown or mixed dialect") || !strings.Contains(err.Error(), `"category"`) {
		t.Errorf("metadata: error %v", err)
	}
}

func TestAPipeIsRefusedWithoutWaitingForAWriter(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, params := range []string{fmt.Sprintf(`{"path":%q}`, pipe), fmt.Sprintf(`{"path":%q,"meta":%q}`, formatstest.File(t, "file.json", reviews), pipe)} {
		_, err := newDataset().Configure(t.Context(), json.RawMessage(params))
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), pipe+": is a pipe, expected a regular file") {
			t.Errorf("%s: error %v", params, err)
		}
	}
}

func TestTimesInTheOtherUnitAreRefused(t *testing.T) {
	seconds := strings.ReplaceAll(reviews2023, "1393545600123", "1393545600")
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": formatstest.File(t, "file.json", seconds)})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "expected milliseconds") {
		t.Errorf("error %v", err)
	}
}

// cases is the folder of small inputs beside the repository.
func cases(t *testing.T, name string) string {
	t.Helper()
	return sharedtest.Path(t, "cases/"+name)
}

func TestReportedCasesAreRead(t *testing.T) {
	load := func(folder string, params map[string]any, split data.SplitSpec) *data.Split {
		t.Helper()
		for key, file := range params {
			params[key] = filepath.Join(cases(t, folder), file.(string))
		}
		s, err := data.Load(t.Context(), configured(t, params), data.Options{Name: folder, Texts: true, Split: split})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ratio, last := data.SplitSpec{Method: data.MethodRatio, Validation: 0.1, Test: 0.2}, data.SplitSpec{Method: data.MethodLeaveOneOut}
	a, b := load("ties", map[string]any{"path": "a.json"}, last), load("ties", map[string]any{"path": "b.json"}, last)
	if !slices.Equal(a.Test.Item, b.Test.Item) || !slices.Equal(a.Training.Interactions.Item, b.Training.Interactions.Item) || a.Audit.TiedUsers == 0 || a.Audit.TiedUsers != b.Audit.TiedUsers {
		t.Errorf("ties: the order of the lines changes the split; %d and %d tied users", a.Audit.TiedUsers, b.Audit.TiedUsers)
	}
	if s := load("repeated", map[string]any{"path": "dup50.json"}, ratio); s.Audit.Dropped.Duplicates != 150 || s.Audit.Texts.Read-s.Audit.Dropped.Read != 0 || s.Audit.Texts.Kept[contract.TextReview] != s.Training.Interactions.Len() {
		t.Errorf("repeated: dropped %+v, texts %+v", s.Audit.Dropped, *s.Audit.Texts)
	}
	if s := load("keycase", map[string]any{"path": "ci.json"}, last); !slices.Equal(s.Items.IDs(), []string{"I1", "I2", "I3"}) {
		t.Errorf("keycase: items %q", s.Items.IDs())
	}
	plain := load("amazon2018meta", map[string]any{"path": "r.json"}, ratio)
	for _, folder := range []string{"bom", "pythondict"} {
		if s := load(folder, map[string]any{"path": "r.json"}, ratio); s.Fingerprint != plain.Fingerprint {
			t.Errorf("%s: another split than that of the same reviews in JSON", folder)
		}
	}
	kept := load("amazon2018meta", map[string]any{"path": "r.json", "meta": "m2.json"}, ratio).Audit.Texts.Kept
	for _, kind := range []contract.TextKind{contract.TextTitle, contract.TextDescription, contract.TextTags, contract.TextCategories, contract.TextBrand} {
		if kept[kind] == 0 {
			t.Errorf("amazon2018meta: no %s in %v", kind, kept)
		}
	}
	if s := load("amazon2023", map[string]any{"path": "r.jsonl", "meta": "meta.json"}, ratio); s.Audit.Dropped.Read != plain.Audit.Dropped.Read || s.Items.ID(0) != "PI000" {
		t.Errorf("amazon2023: %d rows, first item %s", s.Audit.Dropped.Read, s.Items.ID(0))
	}
}
