package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/plugins/internal/formats/formatstest"
)

// The same three ratings as the three versions write them.
const (
	ratings2014 = "A1YJEY40YUW4SE,0205616461,5.0,1369699200\nA39HTATAQ9V7YF,B000052YAN,1.0,1393545600\nA1YJEY40YUW4SE,014241543X,4.0,1400000000\n"
	ratings2018 = "0205616461,A1YJEY40YUW4SE,5.0,1369699200\nB000052YAN,A39HTATAQ9V7YF,1.0,1393545600\n014241543X,A1YJEY40YUW4SE,4.0,1400000000\n"
	ratings2023 = "user_id,parent_asin,rating,timestamp\nA1YJEY40YUW4SE,0205616461,5.0,1369699200123\nA39HTATAQ9V7YF,B000052YAN,1.0,1393545600000\nA1YJEY40YUW4SE,014241543X,4.0,1400000000999\n"
)

// tiny is the folder of hand-made files in the format of the official ones, or a file of
// it.
func tiny(t testing.TB, name string) string { return formatstest.Testdata(t, "tiny", name) }

// split2023 are the parameters of a split as the benchmark files of 2023 have it.
func split2023(t testing.TB) map[string]any {
	t.Helper()
	return map[string]any{"train": tiny(t, "Toys.train.csv"), "validation": tiny(t, "Toys.valid.csv"), "test": tiny(t, "Toys.test.csv")}
}

func TestRatingsOfEveryVersionAreTheSameRows(t *testing.T) {
	want := []string{"A1YJEY40YUW4SE|0205616461|5|1369699200", "A39HTATAQ9V7YF|B000052YAN|1|1393545600", "A1YJEY40YUW4SE|014241543X|4|1400000000"}
	for name, text := range map[string]string{
		"2014": ratings2014, "2018": ratings2018, "2023": ratings2023, "2014 with a mark, gzip": formatstest.Zipped("\ufeff" + ratings2014), "2018 of Windows": strings.ReplaceAll(ratings2018, "\n", "\r\n"),
		"2023 in another order": "timestamp,rating,history,parent_asin,user_id\n1369699200123,5,,0205616461,A1YJEY40YUW4SE\n1393545600000,1,,B000052YAN,A39HTATAQ9V7YF\n1400000000999,4,x y,014241543X,A1YJEY40YUW4SE\n",
	} {
		if got, err := formatstest.Interactions(configured(t, map[string]any{"path": formatstest.File(t, "ratings.csv", text)})); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// 2014 and 2018 have the user and the item the other way round, and no header.
func TestTheOrderOfColumnsIsRecognisedOrDemanded(t *testing.T) {
	swapped := strings.SplitAfter(ratings2018, "\n")[1]
	odd := "someone,something,3,1400000000\n"
	for name, c := range map[string]struct{ text, order, want string }{
		"not plain":                {odd, "", `:1: which of "someone" and "something" is the user and which the item cannot be told by their form: say it with the parameter order (user_item in the files of 2014, item_user in those of 2018)`},
		"two users":                {"A1YJEY40YUW4SE,A39HTATAQ9V7YF,3,1400000000\n", "", ":1: which of"},
		"mixed":                    {ratings2014 + swapped, "", ":4: the columns are item_user here"},
		"against the parameter":    {ratings2014, itemUser, ":1: the columns are user_item here"},
		"of objects":               {reviews, userItem, "order belongs to ratings without a header"},
		"with names":               {ratings2023, userItem, "order belongs to ratings without a header"},
		"said":                     {odd, itemUser, ""},
		"said, plain ones between": {odd + ratings2014, userItem, ""},
	} {
		params := map[string]any{"path": formatstest.File(t, "ratings.csv", c.text)}
		if c.order != "" {
			params["order"] = c.order
		}
		got, err := formatstest.Interactions(configured(t, params))
		switch {
		case c.want == "" && (err != nil || len(got) == 0):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!contract.IsBadInput(err) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	got, err := formatstest.Interactions(configured(t, map[string]any{"path": formatstest.File(t, "ratings.csv", odd), "order": itemUser}))
	if err != nil || got[0] != "something|someone|3|1400000000" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestDamagedTablesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		ratings2014 + "A1YJEY40YUW4SE,0205616461,5.0\n": ":4: 3 fields, expected 4 fields",
		"a,b,c\n1,2,3\n": ":1: the line has 3 fields, expected four without a header",
		ratings2014 + "A1YJEY40YUW4SE,,5.0,1369699200\n":                  ":4: column 2 is empty, expected an identifier",
		ratings2014 + "A1YJEY40YUW4SE,0205616461,five,1369699200\n":       `:4: column 3 is "five", expected a number`,
		ratings2014 + "A1YJEY40YUW4SE,0205616461,NaN,1369699200\n":        `:4: column 3 is "NaN", expected a number`,
		ratings2014 + "A1YJEY40YUW4SE,0205616461,5.0,1369699200.5\n":      ":4: column 4 is",
		ratings2014 + "A1YJEY40YUW4SE,0205616461,5.0,1369699200123\n":     ":4: the time is 1369699200123, expected seconds",
		ratings2023 + "A1YJEY40YUW4SE,0205616461,5.0,1369699200\n":        ":5: the time is 1369699200, expected milliseconds",
		ratings2023 + "A1YJEY40YUW4SE,0205616461,5.0,x\n":                 `:5: column timestamp is "x", expected a whole number`,
		"user_id,parent_asin,rating,time\nA,B,1,1\n":                      `unknown column "time"`,
		"user_id,parent_asin,rating\nA,B,1\n":                             `there is no column "timestamp": the columns are user_id, parent_asin, rating`,
		"user_id,parent_asin,rating,timestamp,user_id\nA,B,1,1,A\n":       "twice",
		formatstest.Zipped(strings.Repeat(ratings2014, 999))[:90]:         "truncated",
		"user_id,parent_asin,rating,timestamp\nA\xff,B,1,1369699200123\n": ":2: the text is not UTF-8",
	} {
		path := formatstest.File(t, "ratings.csv", text)
		_, err := formatstest.Interactions(configured(t, map[string]any{"path": path}))
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: error %v, want %q", text, err, want)
		}
	}
}

func TestTheSplitsOf2023HaveTheirParts(t *testing.T) {
	params := split2023(t)
	got, err := formatstest.Interactions(configured(t, params))
	want := []string{"train|A1|B1|5|1393545600", "train|A2|B2|1|1363392000", "train|A1|B3|2|1393545700", "validation|A1|B2|3|1393545800", "test|A1|B4|4|1393545900"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	params["meta"], params["reviews"] = tiny(t, "meta_Toys.jsonl"), tiny(t, "Toys.jsonl")
	texts, err := formatstest.Texts(configured(t, params))
	want = []string{"review|A1|B1|Plug", "review|A2|B2|", "title|B1|Plug", "description|B1|One.", "tags|B1|short; loud", "categories|B1|Music, Cables", "brand|B1|Hosa", "title|B2|Strap"}
	if err != nil || !slices.Equal(texts, want) {
		t.Errorf("%q, %v", texts, err)
	}
	s, err := data.Load(t.Context(), configured(t, params), data.Options{Name: "Toys", Texts: true, Split: data.SplitSpec{Method: data.MethodGiven}})
	if err != nil || s.Training.Interactions.Len() != 3 || s.Validation.Len() != 1 || s.Test.Len() != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestRatingsAloneHaveNoReviewsAndTheContentsOfTheirItems(t *testing.T) {
	path := formatstest.File(t, "ratings.csv", "A1YJEY40YUW4SE,B2,5.0,1369699200\n")
	params := map[string]any{"path": path, "order": userItem}
	if got, err := formatstest.Texts(configured(t, params)); err != nil || got != nil {
		t.Errorf("%q, %v", got, err)
	}
	params["meta"] = formatstest.File(t, "meta.json", meta)
	if got, err := formatstest.Texts(configured(t, params)); err != nil || !slices.Equal(got, []string{"title|B2|Strap & pin", "categories|B2|Music, Straps"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestEveryDialectIsRecognised(t *testing.T) {
	at := func(name string) string { return tiny(t, name) }
	beauty, music, toys := at("meta_Beauty.json"), at("meta_Music.json"), at("meta_Toys.jsonl")
	want := []string{
		fmt.Sprintf(`certain {"meta":%q,"path":%q} Amazon reviews of 2018`, music, at("Music_5.json")),
		fmt.Sprintf(`certain {"meta":%q,"path":%q} Amazon reviews of 2023`, toys, at("Toys.jsonl")),
		fmt.Sprintf(`certain {"meta":%q,"test":%q,"train":%q,"validation":%q} a split of Amazon ratings of 2023`, toys, at("Toys.test.csv"), at("Toys.train.csv"), at("Toys.valid.csv")),
		fmt.Sprintf(`certain {"meta":%q,"path":%q} Amazon reviews of 2014`, beauty, at("reviews_Beauty_5.json")),
		fmt.Sprintf(`likely {"meta":%q,"path":%q} Amazon ratings of 2018: item, user, rating, time`, music, at("Music.csv")),
		fmt.Sprintf(`likely {"meta":%q,"path":%q} Amazon ratings of 2014: user, item, rating, time`, beauty, at("ratings_Beauty.csv")),
	}
	guesses, err := newDataset().Sniff(t.Context(), at(""))
	var got []string
	for _, g := range guesses {
		got = append(got, fmt.Sprintf("%s %s %s", g.Confidence, g.Params, g.Why))
		d := newDataset()
		if _, err := d.Configure(t.Context(), g.Params); err != nil {
			t.Fatal(err)
		}
		rows, err1 := formatstest.Interactions(d)
		texts, err2 := formatstest.Texts(d)
		attributes, err3 := formatstest.Attributes(d)
		if err := errors.Join(err1, err2, err3); err != nil || len(rows) == 0 || len(texts) == 0 || len(attributes) == 0 {
			t.Errorf("%s: %d rows, %d texts, %d attributes, %v", g.Params, len(rows), len(texts), len(attributes), err)
		}
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for path, recognised := range map[string]bool{
		at("Toys.jsonl"): true, at("Toys.train.csv"): true, at("Toys.valid.csv"): true, at("Music.csv"): true, at("reviews_Beauty_5.json"): true, beauty: false, music: false, toys: false,
		formatstest.File(t, "ratings.csv", ratings2023): true, formatstest.File(t, "other.csv", "a,b,c,d\n1,2,3,4\n"): false, formatstest.File(t, "movies.csv", "1,2,3.5,1400000000\n"): false,
	} {
		guesses, err := newDataset().Sniff(t.Context(), path)
		if err != nil || len(guesses) > 0 != recognised {
			t.Errorf("%s alone: %v, %v", path, guesses, err)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, text := range []string{ratings2014, ratings2018, ratings2023, "user_id,parent_asin,rating,timestamp,history\nA,B,1,1369699200123,x y\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := formatstest.File(t, "ratings.csv", text)
		_, err := formatstest.Interactions(configured(t, map[string]any{"path": path}))
		if err != nil && (!errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":")) {
			t.Fatal(err)
		}
	})
}
