package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/formats/formatstest"
	"cllm4rec/plugins/internal/formats/lines"
)

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

func content(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tiny(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	reviewFile   = "yelp_academic_dataset_review.json"
	businessFile = "yelp_academic_dataset_business.json"
	userFile     = "yelp_academic_dataset_user.json"
	tipFile      = "yelp_academic_dataset_tip.json"
)

var reviewRows = []string{"ann|b-noodles|5|1457556998", "ben|b-noodles|2|1483228800", "ann|b-tyres|4|1531001351", "cyd|b-tea|3|1325604498", "ben|b-tea|1|1388534399"}

// The times are those of `date -u -d "2016-03-09 20:56:38" +%s` and so on.
func TestReviewsBecomeInteractionsFromAFolderAndFromFiles(t *testing.T) {
	zipped := formatstest.Copy(t, tiny(t), map[string]string{reviewFile: "", reviewFile + ".gz": formatstest.Zipped(content(t, reviewFile))})
	framed := formatstest.Copy(t, tiny(t), map[string]string{reviewFile: "", reviewFile + ".zst": formatstest.Zstd(content(t, reviewFile))})
	old := formatstest.Copy(t, tiny(t), map[string]string{reviewFile: "", "review.json": content(t, reviewFile)})
	alone := filepath.Join(tiny(t), reviewFile)
	for _, path := range []string{tiny(t), zipped, framed, old, alone} {
		if got, err := formatstest.Interactions(configured(t, map[string]any{"path": path})); err != nil || !slices.Equal(got, reviewRows) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

func TestDatesWithoutATimeOfDayAreMidnight(t *testing.T) {
	path := formatstest.File(t, reviewFile, `{"user_id":"a","business_id":"b","stars":4,"date":"2016-03-09","text":"x","type":"review"}`)
	if got, err := formatstest.Interactions(configured(t, map[string]any{"path": path})); err != nil || !slices.Equal(got, []string{"a|b|4|1457481600"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTipsAreWhatTheParameterSays(t *testing.T) {
	tips := []string{"cyd|b-noodles|3.5|1430802305", "ann|b-tea|3.5|1396584244"}
	texts := []string{"review|cyd|b-noodles|Ask for the window seat", "review|ann|b-tea|Cash only"}
	for choice, c := range map[string]struct{ rows, texts []string }{
		tipsNone: {reviewRows, nil}, tipsTexts: {reviewRows, texts}, tipsInteractions: {slices.Concat(reviewRows, tips), texts},
	} {
		params := map[string]any{"path": tiny(t), "tips": choice}
		if choice == tipsInteractions {
			params["tip_value"] = 3.5
		}
		d := configured(t, params)
		got, err := formatstest.Interactions(d)
		if err != nil || !slices.Equal(got, c.rows) {
			t.Errorf("%s: rows %q, %v", choice, got, err)
		}
		documents, err := formatstest.Texts(d)
		if err != nil || !slices.Equal(documents[5:5+len(c.texts)], c.texts) || strings.HasPrefix(documents[5+len(c.texts)], "review") {
			t.Errorf("%s: texts %q, %v", choice, documents, err)
		}
	}
}

func TestReviewsAndBusinessesBecomeTexts(t *testing.T) {
	want := []string{
		"review|ann|b-noodles|Best \"hand-pulled\" noodles.\n\nWill return!", "review|ben|b-noodles|Too salty for me.", "review|ann|b-tyres|Fast and fair.",
		"review|cyd|b-tea|Café crème was fine", "review|ben|b-tea|",
		"title|b-noodles|Noodle Barn", "categories|b-noodles|Noodles, Restaurants", "title|b-tyres|Tyre & Son", "categories|b-tyres|Tires, Automotive", "title|b-tea|Leaf",
	}
	if got, err := formatstest.Texts(configured(t, map[string]any{"path": tiny(t)})); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := formatstest.Texts(configured(t, map[string]any{"path": filepath.Join(tiny(t), reviewFile)})); err != nil || !slices.Equal(got, want[:5]) {
		t.Errorf("without businesses: %q, %v", got, err)
	}
}

func TestBusinessesAndUsersBecomeAttributes(t *testing.T) {
	want := []string{
		"item b-noodles city Springfield", "item b-tyres city Shelbyville", "item b-tea city Springfield", "item b-quiet city Shelbyville",
		"item b-noodles state PA", "item b-tyres state PA", "item b-tea state PA", "item b-quiet state PA",
		"item b-noodles open open", "item b-tyres open closed", "item b-tea open open", "item b-quiet open closed",
		"item b-noodles latitude 39.5", "item b-tyres latitude 39.75", "item b-tea latitude 39.25", "item b-quiet latitude 39",
		"item b-noodles longitude -75.25", "item b-tyres longitude -75.5", "item b-tea longitude -75.125", "item b-quiet longitude -75",
		"item b-noodles categories [Noodles Restaurants]", "item b-tyres categories [Tires Automotive]", "item b-quiet categories [Restaurants]",
		"item b-noodles features [Alcohol: none BusinessParking.lot RestaurantsPriceRange2: 2 RestaurantsTakeOut WiFi: free]",
		"user ann fans 12", "user ben fans 0", "user ann since 1.169743646e+09", "user ben since 1.275350401e+09", "user ann elite [2012 2019 2020 2021]",
	}
	if got, err := formatstest.Attributes(configured(t, map[string]any{"path": tiny(t)})); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := formatstest.Attributes(configured(t, map[string]any{"path": filepath.Join(tiny(t), reviewFile)})); err != nil || got != nil {
		t.Errorf("of the review file alone: %q, %v", got, err)
	}
}

// The challenge's files until 2017: lists in place of texts with commas, values in
// place of Python literals.
func TestOlderBusinessesAndUsersAreRead(t *testing.T) {
	business := `{"business_id":"b","name":"N","city":"C","categories":["Bars","Pubs"],"attributes":{"Take-out":true,"Price Range":1,"Parking":{"lot":true,"valet":false},"Alcohol":"full_bar"},"type":"business"}`
	user := `{"user_id":"u","yelping_since":"2004-10","elite":[2005,2006],"fans":3,"votes":{"funny":1}}`
	dir := formatstest.Copy(t, tiny(t), map[string]string{businessFile: business, userFile: strings.Replace(user, "2004-10", "2004-10-12", 1)})
	got, err := formatstest.Attributes(configured(t, map[string]any{"path": dir}))
	want := []string{
		"item b city C", "item b categories [Bars Pubs]", "item b features [Alcohol: full_bar Parking.lot Price Range: 1 Take-out]",
		"user u fans 3", "user u since 1.0975392e+09", "user u elite [2005 2006]",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCitiesAndCategoriesRestrictAllStreams(t *testing.T) {
	for name, c := range map[string]struct {
		params map[string]any
		want   []string
	}{
		"city":     {map[string]any{"cities": []string{"Springfield"}}, []string{reviewRows[0], reviewRows[1], reviewRows[3], reviewRows[4]}},
		"category": {map[string]any{"categories": []string{"Tires", "Noodles"}}, reviewRows[:3]},
		"both":     {map[string]any{"cities": []string{"Springfield"}, "categories": []string{"Restaurants"}}, reviewRows[:2]},
	} {
		c.params["path"] = tiny(t)
		d := configured(t, c.params)
		got, err := formatstest.Interactions(d)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		texts, err := formatstest.Texts(d)
		if err != nil || !strings.HasPrefix(texts[len(c.want)-1], "review") || strings.HasPrefix(texts[len(c.want)], "review") {
			t.Errorf("%s: %q, %v", name, texts, err)
		}
	}
	for params, want := range map[string]string{
		`{"path":%q,"cities":["Sprinfield"]}`:                         `cities: no business has "Sprinfield"; did you mean "Springfield"?`,
		`{"path":%q,"categories":["Noodles","zzz"]}`:                  `categories: no business has "zzz"`,
		`{"path":%q,"cities":["Springfield","Shelbyville","Boston"]}`: `cities: no business has "Boston"`,
	} {
		d := newDataset()
		if _, err := d.Configure(t.Context(), json.RawMessage(fmt.Sprintf(params, tiny(t)))); err != nil {
			t.Fatal(err)
		}
		if _, err := formatstest.Interactions(d); !errors.Is(err, contract.ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
}

func TestParametersAndFoldersAreStrict(t *testing.T) {
	tar := "name" + strings.Repeat("\x00", 253) + "ustar\x0000" + strings.Repeat("\x00", 600)
	empty := t.TempDir()
	packed := filepath.Dir(formatstest.File(t, "yelp_dataset.tar", tar))
	twice := formatstest.Copy(t, tiny(t), map[string]string{"review.json": content(t, reviewFile)})
	for params, want := range map[string]string{
		`{}`: "path",
		fmt.Sprintf(`{"path":%q,"tips":"interactions"}`, tiny(t)):                                                    "tip_value: expected",
		fmt.Sprintf(`{"path":%q,"tip_value":3}`, tiny(t)):                                                            "tip_value has no meaning",
		fmt.Sprintf(`{"path":%q,"tipps":"none"}`, tiny(t)):                                                           `did you mean "tips"?`,
		fmt.Sprintf(`{"path":%q,"tip_file":"x"}`, tiny(t)):                                                           "is a folder, whose files are found by their names",
		fmt.Sprintf(`{"path":%q}`, empty):                                                                            "has no yelp_academic_dataset_review.json; it has none",
		fmt.Sprintf(`{"path":%q}`, packed):                                                                           "unpack yelp_dataset.tar first",
		fmt.Sprintf(`{"path":%q}`, twice):                                                                            `several review files ("review.json", "yelp_academic_dataset_review.json")`,
		fmt.Sprintf(`{"path":%q,"tips":"texts"}`, formatstest.Copy(t, tiny(t), map[string]string{tipFile: ""})):      "there is no tip file",
		fmt.Sprintf(`{"path":%q,"cities":["x"]}`, formatstest.Copy(t, tiny(t), map[string]string{businessFile: ""})): "stand in the business file, which is not there",
		fmt.Sprintf(`{"path":%q,"user_file":%q}`, filepath.Join(tiny(t), reviewFile), t.TempDir()):                   "is a folder",
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	if _, err := formatstest.Interactions(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: error %v", err)
	}
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": filepath.Join(empty, "none")})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a missing file: error %v", err)
	}
}

func TestDamagedLinesAreNamed(t *testing.T) {
	for file, cases := range map[string]map[string]string{
		reviewFile: {
			`{"user_id":"a"`: "no JSON object", `[1]`: "expected an object", "{\"user_id\":\"\xff\"}": "not UTF-8",
			`{"user_id":"a","business_id":"b","text":"t","date":"2016-03-09 20:56:38","compliment_count":0}`: `a review of Yelp has no field stars; known are business_id, compliment_count, date, text, user_id`,
			`{"user_id":"a","business_id":"b","Stars":3,"text":"t","date":"2016-03-09 20:56:38"}`:            `did you mean "Stars"?`,
			`{"user_id":"a","business_id":"b","stars":"3","date":"2016-03-09 20:56:38"}`:                     "the field stars is a text, expected a number",
			`{"user_id":"a","business_id":"b","stars":null,"date":"2016-03-09 20:56:38"}`:                    "the review has no stars",
			`{"user_id":"a","business_id":"b","stars":3,"date":"09.03.2016"}`:                                `the field date is "09.03.2016", expected a date such as`,
			`{"user_id":"","business_id":"b","stars":3,"date":"2016-03-09"}`:                                 "user_id or business_id is empty",
			`{"user_id":7,"business_id":"b","stars":3,"date":"2016-03-09"}`:                                  "the field user_id is the number 7, expected a text",
		},
		tipFile: {
			strings.SplitN(content(t, reviewFile), "\n", 2)[0]: "this is a review, expected a tip of Yelp",
			`{"user_id":"a","business_id":"b","text":"t"}`:     "a tip of Yelp has no field date",
		},
		businessFile: {
			`{"business_id":"b","name":"n"}`:                                                 "a business of Yelp has no field city",
			`{"business_id":"b-tea","name":"n","city":"c"}`:                                  `business "b-tea" stands there for the second time`,
			`{"business_id":"","name":"n","city":"c"}`:                                       "business_id is empty",
			`{"business_id":"b","name":"n","city":"c","is_open":2}`:                          "is_open is 2",
			`{"business_id":"b","name":"n","city":"c","latitude":"x"}`:                       "the field latitude is a text",
			`{"business_id":"b","name":"n","city":"c","attributes":[1]}`:                     "the field attributes is a list, expected an object",
			`{"business_id":"b","name":"n","city":"c","categories":[1]}`:                     "the field categories is a list",
			`{"business_id":"b","name":"n","city":"c","attributes":{"WiFi":"a","WiFi":"b"}}`: `the field "WiFi" stands there twice`,
		},
		userFile: {
			`{"user_id":"u"}`: "a user of Yelp has no field yelping_since",
			`{"user_id":"ben","yelping_since":"2007-01-25 16:47:26"}`:         `user "ben" stands there for the second time`,
			`{"user_id":"u","yelping_since":"2007"}`:                          `the field yelping_since is "2007"`,
			`{"user_id":"u","yelping_since":"2007-01-25","elite":"2012,x"}`:   `the field elite has "x"`,
			`{"user_id":"u","yelping_since":"2007-01-25","elite":{"2012":1}}`: "the field elite is",
			`{"user_id":"u","yelping_since":"2007-01-25","fans":"many"}`:      "the field fans is a text",
		},
	} {
		for line, want := range cases {
			before := content(t, file)
			dir := formatstest.Copy(t, tiny(t), map[string]string{file: before + line + "\n"})
			d := configured(t, map[string]any{"path": dir, "tips": tipsTexts})
			_, err1 := formatstest.Interactions(d)
			_, err2 := formatstest.Texts(d)
			_, err3 := formatstest.Attributes(d)
			place := fmt.Sprintf("%s:%d: ", filepath.Join(dir, file), strings.Count(before, "\n")+1)
			err := errors.Join(err1, err2, err3)
			if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), place) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %s%s", line, err, place, want)
			}
		}
	}
}

func TestAnArchiveIsNamed(t *testing.T) {
	tar := "name" + strings.Repeat("\x00", 253) + "ustar\x0000" + strings.Repeat("\x00", 600)
	for content, want := range map[string]string{tar: "a tar archive", formatstest.Zipped(tar): "a tar archive", "PK\x03\x04" + strings.Repeat("\x00", 60): "a zip archive"} {
		_, err := formatstest.Interactions(configured(t, map[string]any{"path": formatstest.File(t, "yelp_dataset", content)}))
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "unpack it first") {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestATruncatedFileIsNamed(t *testing.T) {
	whole := formatstest.Zipped(strings.Repeat(content(t, reviewFile), 50))
	dir := formatstest.Copy(t, tiny(t), map[string]string{reviewFile: whole[:len(whole)/2]})
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": dir})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("error %v", err)
	}
}

func TestFoldersAndReviewFilesAreRecognised(t *testing.T) {
	alone := filepath.Join(tiny(t), reviewFile)
	for path, want := range map[string]string{
		tiny(t): fmt.Sprintf(`{"path":%q}`, tiny(t)), alone: fmt.Sprintf(`{"path":%q}`, alone),
		filepath.Join(tiny(t), businessFile): "", filepath.Join(tiny(t), tipFile): "", formatstest.Copy(t, tiny(t), map[string]string{reviewFile: ""}): "",
	} {
		guesses, err := newDataset().Sniff(t.Context(), path)
		got := ""
		if len(guesses) > 0 {
			got = string(guesses[0].Params)
		}
		if err != nil || got != want {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	formatstest.AddLines(f, filepath.Join(tiny(f), reviewFile), filepath.Join(tiny(f), businessFile), filepath.Join(tiny(f), userFile), filepath.Join(tiny(f), tipFile))
	f.Fuzz(func(t *testing.T, line []byte) {
		l := lines.Line{Path: "f", Number: 3, Bytes: bytes.TrimSpace(line)}
		if len(l.Bytes) == 0 {
			return
		}
		_, err1 := readReview(l)
		_, err2 := readTip(l)
		_, err3 := readBusiness(l)
		_, err4 := readUser(l)
		formatstest.OnlyDamage(t, "f:3: ", err1, err2, err3, err4)
	})
}
