package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestMapsRestoreIdsAndNames(t *testing.T) {
	text, err := os.ReadFile(p5(t, "datamaps.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, maps := range map[string]string{"plain": p5(t, "datamaps.json"), "gzip": formatstest.File(t, "datamaps.json.gz", formatstest.Zipped(string(text)))} {
		d := configured(t, map[string]any{"file": p5(t, "sequential_data.txt"), "maps": maps, "attributes": p5(t, "item2attributes.json")})
		want := []string{" A3FERN B0SPADE 0", " A3FERN B0TRUG 1", " A3FERN B0GLOVE 2", " A1ROSE B0TRUG 0", " A1ROSE B0SPADE 1", " A2IVY B0GLOVE 0"}
		if got, err := interactions(t, d); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		want = []string{"attributes item B0GLOVE [Garden]", "attributes item B0SPADE [Steel Garden]", "attributes item B0TRUG []"}
		if got, err := sets(t, d); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	maps := formatstest.File(t, "datamaps.json", `{"item2id": {"i": 2}, "user2id": {"u": 1}}`)
	d := configured(t, map[string]any{"train": formatstest.File(t, "x", "1 2\n"), "test": formatstest.File(t, "x", "1\n"), "maps": maps, "attributes": formatstest.File(t, "x", `{"2": [7]}`)})
	if got, err := interactions(t, d); err != nil || !slices.Equal(got, []string{"train u i -1"}) {
		t.Errorf("of a split: %q, %v", got, err)
	}
	if got, err := sets(t, d); err != nil || !slices.Equal(got, []string{"attributes item i [7]"}) {
		t.Errorf("without names of attributes: %q, %v", got, err)
	}
}

func TestDamagedMapsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		``: "ends early", `[]`: `"[", expected an object of maps`, `{"user2id": {"u": 1}}`: `there is no map "item2id"; known are user2id`, `{"users": {}, "item2id": {"i": 1}}`: `there is no map "user2id"`,
		`{"user2id": [], "item2id": {}}`:                      `expected the map user2id`,
		`{"user2id": {"u": 1, "v": "1"}, "item2id": {}}`:      `the map "user2id" has "v": "1", of which one is empty, has a blank, or stands there for the second time`,
		`{"user2id": {"u": 1, "u": 2}, "item2id": {}}`:        `has "u": "2"`,
		`{"user2id": {"": 1}, "item2id": {}}`:                 `has "": "1"`,
		`{"user2id": {"u": "1 2"}, "item2id": {}}`:            "has a blank",
		`{"user2id": {"u": 1.5}, "item2id": {}}`:              `what the map user2id has for u is "1.5", expected a whole number from 0 or a text`,
		`{"user2id": {"u": {}}, "item2id": {}}`:               `has for u is "{"`,
		`{"user2id": {"u": 1}, "user2id": {}, "item2id": {}}`: `the map "user2id" stands there twice`,
		`{"user2id": {"u": 1}, "item2id": {"i": 2}} {}`:       "behind the object",
		`{"other": [1, {"x": [`:                               "ends early",
		"{\"user2id\": {\"\xff\": 1}}":                        "not UTF-8",
		formatstest.Zipped(`{"user2id": {"u": 1}}`)[:20]:      "truncated",
	} {
		path := formatstest.File(t, "datamaps.json", text)
		_, err := interactions(t, configured(t, map[string]any{"file": p5(t, "sequential_data.txt"), "maps": path}))
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	maps := formatstest.File(t, "datamaps.json", `{"user2id": {"u": 1}, "item2id": {"i": 2}, "id2attribute": {"1": "Garden"}}`)
	for line, want := range map[string]string{"1 2\n3 2\n": `:2: user "3" has no id in the map user2id of ` + maps, "1 2 9\n": `:1: item "9" has no id in the map item2id of ` + maps} {
		path := formatstest.File(t, "file.txt", line)
		if _, err := interactions(t, configured(t, map[string]any{"file": path, "maps": maps})); !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+want) {
			t.Errorf("%q: error %v", line, err)
		}
	}
	for text, want := range map[string]string{`{"9": [1]}`: `item "9" has no id in the maps`, `{"2": [4]}`: `attribute "4" of item "2" has no name in the maps`} {
		path := formatstest.File(t, "attributes.json", text)
		if _, err := sets(t, configured(t, map[string]any{"file": p5(t, "sequential_data.txt"), "maps": maps, "attributes": path})); !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v", text, err)
		}
	}
	if _, err := interactions(t, configured(t, map[string]any{"file": p5(t, "sequential_data.txt"), "maps": filepath.Join(t.TempDir(), "none")})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("missing maps: error %v", err)
	}
}

func TestRepeatsAreKeptWhereTheParameterSaysSo(t *testing.T) {
	path := formatstest.File(t, "file.txt", "1 7 5 7\n")
	got, err := interactions(t, configured(t, map[string]any{"file": path, "repeats": "keep"}))
	if err != nil || !slices.Equal(got, []string{" 1 7 0", " 1 5 1", " 1 7 2"}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, params := range []map[string]any{{"file": path}, {"file": path, "repeats": "refuse"}} {
		if _, err := interactions(t, configured(t, params)); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "say repeats: keep") {
			t.Errorf("%v: error %v", params, err)
		}
	}
}

func TestLayoutsAreRecognised(t *testing.T) {
	p5Guess := fmt.Sprintf(`certain {"attributes":%q,"file":%q,"maps":%q}`, p5(t, "item2attributes.json"), p5(t, "sequential_data.txt"), p5(t, "datamaps.json"))
	for name, c := range map[string]struct{ path, want string }{
		"P5":                         {p5(t, ""), p5Guess},
		"a file of histories":        {p5(t, "sequential_data.txt"), fmt.Sprintf(`possible {"file":%q}`, p5(t, "sequential_data.txt"))},
		"a table":                    {formatstest.File(t, "u.data", "196\t242\t3\t881250949\n186\t302\t3\t891717742\n"), ""},
		"an item twice":              {formatstest.File(t, "x.txt", "1 2 2\n2 3\n"), ""},
		"a user twice":               {formatstest.File(t, "x.txt", "1 2 3\n1 3\n"), ""},
		"words":                      {formatstest.File(t, "x.txt", "it was a dark night\nand so on\n"), ""},
		"attributes alone":           {p5(t, "item2attributes.json"), ""},
		"a folder without histories": {filepath.Dir(formatstest.File(t, "train.txt", "no numbers\n")), ""},
	} {
		guesses, err := newDataset().Sniff(t.Context(), c.path)
		got := ""
		if len(guesses) > 0 {
			got = fmt.Sprintf("%s %s", guesses[0].Confidence, guesses[0].Params)
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
}

func TestPublishedFoldersAreRecognised(t *testing.T) {
	beauty := evaltest.Shared(t, "s3rec", "Beauty.txt")
	guesses, err := newDataset().Sniff(t.Context(), filepath.Dir(beauty))
	want := fmt.Sprintf(`{"attributes":%q,"file":%q}`, strings.TrimSuffix(beauty, ".txt")+"_item2attributes.json", beauty)
	if err != nil || len(guesses) != 2 || string(guesses[0].Params) != want {
		t.Errorf("S3-Rec: %s, %v, want %s", guesses, err, want)
	}
	gowalla := filepath.Dir(evaltest.Shared(t, "gowalla", "train.txt"))
	guesses, err = newDataset().Sniff(t.Context(), gowalla)
	want = fmt.Sprintf(`{"test":"%s/test.txt","train":"%s/train.txt","validation":"%s/valid.txt"}`, gowalla, gowalla, gowalla)
	if err != nil || len(guesses) != 1 || string(guesses[0].Params) != want {
		t.Errorf("Gowalla: %s, %v, want %s", guesses, err, want)
	}
}

func FuzzMaps(f *testing.F) {
	text, err := os.ReadFile(p5(f, "datamaps.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"user2id": {"u": 3}, "item2id": {"i": "2"}, "x": [[]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := formatstest.File(t, "datamaps.json", text)
		if m, err := readMaps(t.Context(), path); err == nil && (m.users == nil || m.items == nil) || err != nil && (!errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":")) {
			t.Fatal(err)
		}
	})
}
