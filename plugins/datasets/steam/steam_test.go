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

// The times are those of `date -u -d 2017-12-17 +%s` and so on.
func TestEveryFileBecomesInteractions(t *testing.T) {
	for name, c := range map[string]struct {
		params map[string]any
		want   []string
	}{
		"reviews":           {map[string]any{"path": tiny(t, "steam_new.json")}, []string{"Moss|7001|12.5|1513468800", "Fern|7001|0|1515024000", "Moss|7002|0|1298851200"}},
		"reviews by id":     {map[string]any{"path": tiny(t, "steam_new.json"), "user": userID}, []string{"765|7001|12.5|1513468800", "765|7002|0|1298851200"}},
		"reviews, no value": {map[string]any{"path": tiny(t, "steam_new.json"), "value": valueNone}, []string{"Moss|7001|1513468800", "Fern|7001|1515024000", "Moss|7002|1298851200"}},
		"libraries":         {map[string]any{"path": tiny(t, "australian_users_items.json")}, []string{"outback|7001|600", "outback|7002|0", "76561|7002|41"}},
		"Australian":        {map[string]any{"path": tiny(t, "australian_user_reviews.json"), "year": 2016}, []string{"outback|7001|1|1320451200", "outback|7002|0|1467504000"}},
	} {
		if got, err := formatstest.Interactions(configured(t, c.params)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		text, err := os.ReadFile(c.params["path"].(string))
		if err != nil {
			t.Fatal(err)
		}
		c.params["path"] = formatstest.File(t, "file.json.gz", formatstest.Zipped(string(text)))
		if got, err := formatstest.Interactions(configured(t, c.params)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s, gzip: %q, %v", name, got, err)
		}
	}
}

func TestReviewsAndGamesBecomeTexts(t *testing.T) {
	games := []string{
		"title|7001|Gem Miner", "tags|7001|Digging; Casual", "categories|7001|Casual, Simulation", "brand|7001|Pit",
		"title|7002|Tin Miner", "categories|7002|Free to Play", "title|7003|Demo",
	}
	australian := []string{"review|outback|7001|Dig it.", "review|outback|7002|Don't."}
	for name, c := range map[string]struct {
		params map[string]any
		want   []string
	}{
		"reviews":               {map[string]any{"path": tiny(t, "steam_new.json")}, []string{"review|Moss|7001|It's a\tgem – é.", "review|Fern|7001|Meh", "review|Moss|7002|"}},
		"libraries":             {map[string]any{"path": tiny(t, "australian_users_items.json")}, nil},
		"libraries and reviews": {map[string]any{"path": tiny(t, "australian_users_items.json"), "reviews": tiny(t, "australian_user_reviews.json")}, australian},
		"Australian":            {map[string]any{"path": tiny(t, "australian_user_reviews.json")}, australian},
	} {
		if got, err := formatstest.Texts(configured(t, c.params)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		c.params["games"] = tiny(t, "steam_games.json")
		if got, err := formatstest.Texts(configured(t, c.params)); err != nil || !slices.Equal(got, slices.Concat(c.want, games)) {
			t.Errorf("%s and games: %q, %v", name, got, err)
		}
	}
}

func TestGamesBecomeAttributes(t *testing.T) {
	want := []string{
		"item 7001 developer Pit", "item 7001 publisher Pit & Co", "item 7001 price 4.99", "item 7002 price 0", "item 7001 year 2010", "item 7003 year 2016",
		"item 7001 genres [Casual Simulation]", "item 7002 genres [Free to Play]", "item 7001 tags [Digging Casual]", "item 7001 specs [Single-player]",
	}
	got, err := formatstest.Attributes(configured(t, map[string]any{"path": tiny(t, "steam_new.json"), "games": tiny(t, "steam_games.json")}))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := formatstest.Attributes(configured(t, map[string]any{"path": tiny(t, "steam_new.json")})); err != nil || got != nil {
		t.Errorf("without games: %q, %v", got, err)
	}
}

func TestParametersAreStrict(t *testing.T) {
	for params, want := range map[string]string{
		`{}`: "path", `{"path":"x","value":"hours"}`: "value", `{"path":"x","user":"name"}`: "user", `{"path":"x","game":"y"}`: `did you mean "games"?`,
		`{"path":"testdata"}`: "is a folder", `{"path":"x","games":"testdata"}`: "is a folder", `{"path":"x","year":16}`: "year",
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	if _, err := formatstest.Interactions(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: error %v", err)
	}
	if _, err := formatstest.Interactions(configured(t, map[string]any{"path": filepath.Join(t.TempDir(), "none")})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a missing file: error %v", err)
	}
	library := tiny(t, "australian_users_items.json")
	if _, err := formatstest.Texts(configured(t, map[string]any{"path": library, "reviews": library})); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "holds libraries of games") {
		t.Errorf("a library as reviews: error %v", err)
	}
}

func TestDamagedLinesAreNamed(t *testing.T) {
	for file, cases := range map[string]map[string]string{
		"steam_new.json": {
			`{u'username': u'A'`: "no Python dictionary", `[1]`: "expected an object", `{u'username': u'A', u'date': u'2011-01-01'}`: "no file of interactions of Steam",
			`{u'username': u'A', u'product_id': u'', u'date': u'2011-01-01'}`:              "the field product_id is empty",
			`{u'username': u'A', u'product_id': 1.5, u'date': u'2011-01-01'}`:              "the field product_id is the number 1.5",
			`{u'username': u'A', u'product_id': u'1', u'date': u'Jan 1'}`:                  `the field date is "Jan 1", expected a date such as "2017-12-17"`,
			`{u'username': u'A', u'product_id': u'1'}`:                                     `the field date is ""`,
			`{u'username': u'A', u'product_id': u'1', u'hours': u'2'}`:                     "the field hours is a text",
			`{'user_id': 'A', 'items': []}`:                                                "the line is of libraries of games (australian_users_items.json), those before of Steam reviews",
			`{u'username': [1], u'product_id': u'1', u'date': u'2011-01-01'}`:              "the field username is a list",
			`{u'username': u'A', u'product_id': u'1', u'date': u'2011-01-01', u'text': 1}`: "the field text is the number 1",
		},
		"australian_users_items.json": {
			`{'items': []}`:                                                           `the line has no field user_id; known are items`,
			`{'user_id': 'A', 'items': {}}`:                                           "the field items is an object, expected a list of objects",
			`{'user_id': 'A', 'items': [{'item': '1'}]}`:                              `the line has no field items[0].item_id; did you mean "item"?`,
			`{'user_id': 'A', 'items': [{'item_id': '1', 'playtime': 3}]}`:            "a game of a library has no field items[0].playtime_forever",
			`{'user_id': 'A', 'items': [{'item_id': '1', 'playtime_forever': None}]}`: `game "1" of user "A" has no playtime_forever`,
			`{'user_id': 'A', 'items': [{'item_id': '1', 'playtime_forever': 'x'}]}`:  "the field items[0].playtime_forever is a text",
		},
		"australian_user_reviews.json": {
			`{'user_id': 'A', 'reviews': [{'item_id': '1'}]}`:                                                                   "a review has no field reviews[0].recommend",
			`{'user_id': 'A', 'reviews': [{'item_id': '1', 'recommend': 'yes', 'review': '', 'posted': 'Posted July 3.'}]}`:     "the field reviews[0].recommend is a text, expected true or false",
			`{'user_id': 'A', 'reviews': [{'item_id': '1', 'recommend': None, 'review': '', 'posted': 'Posted July 3.'}]}`:      "has no recommend",
			`{'user_id': 'A', 'reviews': [{'item_id': '1', 'recommend': True, 'review': '', 'posted': '3 July 2011'}]}`:         `expected a date such as "Posted November 5, 2011."`,
			`{'user_id': 'A', 'reviews': [{'item_id': '1', 'recommend': True, 'review': '', 'posted': 'Posted February 29.'}]}`: "which is no day of 2015",
			`{'user_id': 'A', 'reviews': [{'item_id': '', 'recommend': True, 'review': '', 'posted': 'Posted February 2.'}]}`:   "item_id is empty",
			`{'user_id': 'A', 'reviews': ['x']}`: "the field reviews[0] is a text, expected an object",
		},
		"steam_games.json": {
			`{'name': 'x', 'id': '1'}`: "no game of Steam: the fields found are", `{'title': 'x', 'id': [1]}`: "the field id is a list", `{'title': 'x', 'id': '1', 'tags': [1]}`: "the field tags is a list",
			`{'title': 'x', 'id': '1', 'price': [1]}`: "the field price is a list", `{'title': 1, 'id': '1'}`: "the field title is the number 1",
		},
	} {
		for line, want := range cases {
			before, err := os.ReadFile(tiny(t, file))
			if err != nil {
				t.Fatal(err)
			}
			path := formatstest.File(t, "file.json", string(before)+line+"\n")
			params := map[string]any{"path": path, "year": 2015}
			if file == "steam_games.json" {
				params = map[string]any{"path": tiny(t, "steam_new.json"), "games": path}
			}
			d := configured(t, params)
			_, err1 := formatstest.Interactions(d)
			_, err2 := formatstest.Attributes(d)
			err = errors.Join(err1, err2)
			place := fmt.Sprintf("%s:%d: ", path, strings.Count(string(before), "\n")+1)
			if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), place) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %s%s", line, err, place, want)
			}
		}
	}
	_, err := formatstest.Interactions(configured(t, map[string]any{"path": tiny(t, "australian_user_reviews.json")}))
	if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `:1: the field posted is "Posted July 3.", a date without a year`) || !strings.Contains(err.Error(), "the parameter year") {
		t.Errorf("a date without a year: error %v", err)
	}
}

func TestFilesAndFoldersAreRecognised(t *testing.T) {
	guesses, err := newDataset().Sniff(t.Context(), tiny(t, ""))
	want := []string{
		fmt.Sprintf(`{"games":%q,"path":%q}`, tiny(t, "steam_games.json"), tiny(t, "steam_new.json")),
		fmt.Sprintf(`{"games":%q,"path":%q,"reviews":%q}`, tiny(t, "steam_games.json"), tiny(t, "australian_users_items.json"), tiny(t, "australian_user_reviews.json")),
		fmt.Sprintf(`{"games":%q,"path":%q}`, tiny(t, "steam_games.json"), tiny(t, "australian_user_reviews.json")),
	}
	if err != nil || len(guesses) != len(want) {
		t.Fatalf("%d guesses, %v", len(guesses), err)
	}
	for i, g := range guesses {
		if string(g.Params) != want[i] || g.Confidence != contract.ConfidenceCertain {
			t.Errorf("guess %d: %s (%s)", i, g.Params, g.Confidence)
		}
	}
	for name, recognised := range map[string]bool{"steam_new.json": true, "australian_users_items.json": true, "australian_user_reviews.json": true, "steam_games.json": false} {
		if guesses, err := newDataset().Sniff(t.Context(), tiny(t, name)); err != nil || len(guesses) > 0 != recognised {
			t.Errorf("%s: %v, %v", name, guesses, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	formatstest.AddLines(f, tiny(f, "steam_new.json"), tiny(f, "australian_users_items.json"), tiny(f, "australian_user_reviews.json"), tiny(f, "steam_games.json"))
	f.Fuzz(func(t *testing.T, line []byte) {
		l := lines.Line{Path: "f", Number: 3, Bytes: bytes.TrimSpace(line)}
		if len(l.Bytes) == 0 {
			return
		}
		r := newReader(Params{User: userName, Year: 2015}, "f")
		err1 := r.read(l, func(c contact) error {
			if c.user == "" || c.game == "" {
				t.Fatalf("%q gives %+v", line, c)
			}
			return nil
		})
		_, err2 := readGame(l)
		formatstest.OnlyDamage(t, "f:3: ", err1, err2)
	})
}
