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
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/data"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

const histories = "1 7 5 9\n2 5\n\tuser3   9  7\r\n"

const attributes = `{"5": [3, 1, 3], "9": ["red", 12], "77": []}`

func configured(t testing.TB, params map[string]any) *dataset {
	t.Helper()
	return contracttest.Configured(t, newDataset(), params)
}

// interactions gives every row as "part user item time"; -1 without times.
func interactions(t testing.TB, d contract.Dataset) (out []string, err error) {
	t.Helper()
	err = d.Interactions(t.Context(), func(c *contract.InteractionChunk) error {
		for i := range c.Users {
			at := int64(-1)
			if c.Times != nil {
				at = c.Times[i]
			}
			out = append(out, fmt.Sprint(c.Part, " ", c.Users[i], " ", c.Items[i], " ", at))
		}
		return nil
	})
	return out, err
}

func sets(t testing.TB, d *dataset) (out []string, err error) {
	t.Helper()
	err = d.Attributes(t.Context(), func(c *contract.AttributeChunk) error {
		for i, id := range c.IDs {
			out = append(out, fmt.Sprint(c.Name, " ", c.Entity, " ", id, " ", c.Sets[i]))
		}
		return nil
	})
	return out, err
}

func TestPositionsInALineAreTimes(t *testing.T) {
	want := []string{" 1 7 0", " 1 5 1", " 1 9 2", " 2 5 0", " user3 9 0", " user3 7 1"}
	for _, text := range []string{histories, formatstest.Zipped(histories), "\ufeff" + histories} {
		if got, err := interactions(t, configured(t, map[string]any{"file": formatstest.File(t, "file.txt", text)})); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, error %v", got, err)
		}
	}
}

func TestAGivenSplitHasPartsAndNoTimes(t *testing.T) {
	train, validation, test := formatstest.File(t, "file.txt", "0 5 3\n1 4\n"), formatstest.File(t, "file.txt", "1 3\n0\n"), formatstest.File(t, "file.txt", "0 9\n")
	got, err := interactions(t, configured(t, map[string]any{"train": train, "validation": validation, "test": test}))
	if want := []string{"train 0 5 -1", "train 0 3 -1", "train 1 4 -1", "validation 1 3 -1", "test 0 9 -1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v", got, err)
	}
	got, err = interactions(t, configured(t, map[string]any{"train": train, "test": test}))
	if err != nil || len(got) != 4 {
		t.Errorf("without validation: %q, error %v", got, err)
	}
	got, err = interactions(t, configured(t, map[string]any{"train": train, "more_train": validation, "test": test}))
	if want := []string{"train 0 5 -1", "train 0 3 -1", "train 1 4 -1", "train 1 3 -1", "test 0 9 -1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("validation as training: %q, error %v", got, err)
	}
}

func TestAttributesAreSetsOfIds(t *testing.T) {
	want := []string{"attributes item 5 [3 1]", "attributes item 9 [red 12]", "attributes item 77 []"}
	for _, text := range []string{attributes, formatstest.Zipped(attributes), strings.ReplaceAll(attributes, ",", ",\n")} {
		got, err := sets(t, configured(t, map[string]any{"file": formatstest.File(t, "file.txt", histories), "attributes": formatstest.File(t, "file.txt", text)}))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, error %v", got, err)
		}
	}
	if got, err := sets(t, configured(t, map[string]any{"file": formatstest.File(t, "file.txt", histories)})); err != nil || got != nil {
		t.Errorf("without a file: %q, error %v", got, err)
	}
}

func TestAttributesAreTextsWhereAskedFor(t *testing.T) {
	params := map[string]any{"file": formatstest.File(t, "file.txt", histories), "attributes": formatstest.File(t, "file.txt", attributes), "texts": "categories"}
	if got, err := formatstest.Texts(configured(t, params)); err != nil || !slices.Equal(got, []string{"categories|5|3, 1", "categories|9|red, 12"}) {
		t.Errorf("%q, error %v", got, err)
	}
	delete(params, "texts")
	if got, err := formatstest.Texts(configured(t, params)); err != nil || got != nil {
		t.Errorf("not asked for: %q, error %v", got, err)
	}
	if _, err := formatstest.Texts(newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("not configured: error %v", err)
	}
}

func TestParametersAreStrict(t *testing.T) {
	for params, want := range map[string]string{
		`{}`:                                     "expected file, or train and test",
		`{"file":"x","more_train":"y"}`:          "not both",
		`{"more_train":"x","test":"y"}`:          "needs both train and test",
		`{"file":"x","test":"y"}`:                "not both",
		`{"train":"x"}`:                          "needs both train and test",
		`{"validation":"x","test":"y"}`:          "needs both train and test",
		`{"fiel":"x"}`:                           "file",
		`{"file":"../sequences"}`:                "is a folder",
		`{"file":"x","attributes":"../amazon"}`:  "is a folder",
		`{"file":"x","texts":"tags"}`:            "expected attributes too",
		`{"file":"x","texts":"title"}`:           "tags",
		`{"train":"x","test":"x","values":true}`: "values",
	} {
		if _, err := newDataset().Configure(t.Context(), json.RawMessage(params)); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", params, err, want)
		}
	}
	if _, err := sets(t, newDataset()); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("before Configure: error %v", err)
	}
}

func TestDamagedLinesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"1 2 3\n\n2 4\n":                  ":2: the line is empty",
		"\n1 2\n":                         ":1: the line is empty",
		"1 2\n3\n":                        `:2: user "3" has no items`,
		"1 2\n3 4 5 4\n":                  `:2: user "3" has item "4" twice, at positions 1 and 3`,
		"1 2\n3 4\n1 5\n":                 `:3: user "1" stands in line 1 already`,
		"1 2\n3 \xff4\n":                  ":2: the line is not UTF-8",
		formatstest.Zipped(histories)[:9]: "truncated",
		formatstest.Zipped(histories + strings.Repeat("1 2 3", 999))[:60]: "truncated",
	} {
		path := formatstest.File(t, "file.txt", text)
		_, err := interactions(t, configured(t, map[string]any{"file": path}))
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	if _, err := interactions(t, configured(t, map[string]any{"train": formatstest.File(t, "file.txt", "1\n"), "test": formatstest.File(t, "file.txt", "1 2\n")})); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "has no items") {
		t.Errorf("a lone user in training: error %v", err)
	}
	if _, err := interactions(t, configured(t, map[string]any{"file": filepath.Join(t.TempDir(), "none")})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a missing file: error %v", err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newDataset().Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"file":%q}`, pipe))); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "is a pipe") {
		t.Errorf("a pipe: error %v", err)
	}
}

func TestDamagedAttributesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                                "expected an object",
		``:                                  "ends early",
		`{"1": [1, 2`:                       "ends early",
		`{"1": [1]`:                         "ends early",
		`{"1": 3}`:                          `byte 7: "3", expected a list of attributes of item 1`,
		`{"1": null}`:                       `"null", expected a list`,
		`{"1": [1.5]}`:                      `an attribute of item "1" is "1.5"`,
		`{"1": [-1]}`:                       `is "-1"`,
		`{"1": [""]}`:                       `is ""`,
		`{"1": [[2]]}`:                      `is "["`,
		`{"1": [1], "1": [2]}`:              `item "1" is empty or stands there twice`,
		`{"": [1]}`:                         `item "" is empty`,
		`{"1": [1]} {}`:                     "behind the object",
		`{"1": [1 2]}`:                      "no JSON",
		"{\"\xff\": [1]}":                   "not UTF-8",
		formatstest.Zipped(attributes)[:40]: "truncated",
		`{"1": [1` + strings.Repeat(",1", maxPerItem) + `]}`: "more than 65536 attributes",
		`{"1": ` + strings.Repeat(" ", 64<<20):               "longer than 1 MiB",
	} {
		path := formatstest.File(t, "file.txt", text)
		_, err := sets(t, configured(t, map[string]any{"file": formatstest.File(t, "file.txt", histories), "attributes": path}))
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", text, err, want)
		}
	}
	missing := filepath.Join(t.TempDir(), "none")
	if _, err := sets(t, configured(t, map[string]any{"file": formatstest.File(t, "file.txt", histories), "attributes": missing})); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a missing file: error %v", err)
	}
}

func TestPublishedFilesHaveTheirCounts(t *testing.T) {
	for _, c := range []struct {
		file                       string
		users, items, interactions int
		described                  int
	}{{"Beauty", 22363, 12101, 198502, 12101}, {"LastFM", 1090, 3646, 52551, 3646}} {
		d := configured(t, map[string]any{"file": evaltest.Shared(t, "s3rec", c.file+".txt"), "attributes": evaltest.Shared(t, "s3rec", c.file+"_item2attributes.json")})
		s, err := data.Load(t.Context(), d, data.Options{Name: c.file, Attributes: true, Split: data.SplitSpec{Method: data.MethodLeaveOneOut}})
		if err != nil {
			t.Fatal(err)
		}
		a := s.Audit
		if a.Users != c.users || a.Items != c.items || a.Interactions != c.interactions || a.TiedUsers != 0 || a.Attributes[0].Known != c.described {
			t.Errorf("%s: audit %+v", c.file, a)
		}
	}
	gowalla := func(part string) string { return evaltest.Shared(t, "gowalla", part+".txt") }
	d := configured(t, map[string]any{"train": gowalla("train"), "validation": gowalla("valid"), "test": gowalla("test")})
	s, err := data.Load(t.Context(), d, data.Options{Name: "Gowalla", Split: data.SplitSpec{Method: data.MethodGiven}})
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Audit; a.Users != 29858 || a.Items != 40981 || a.Interactions != 1027370 || a.Leak != nil {
		t.Errorf("audit %+v", a)
	}
}

// The golden rows of leave-one-out were computed with splits that evaltest makes by
// itself; those of the plugin's rows must be the same, interaction by interaction.
func TestLeaveOneOutGivesTheSplitOfTheGoldenRows(t *testing.T) {
	for _, file := range []string{"Beauty.txt", "LastFM.txt"} {
		d := configured(t, map[string]any{"file": evaltest.Shared(t, "s3rec", file)})
		got, err := data.Load(t.Context(), d, data.Options{Name: file, Split: data.SplitSpec{Method: data.MethodLeaveOneOut}})
		if err != nil {
			t.Fatal(err)
		}
		want := evaltest.LeaveOneOut(t, file)
		if !slices.Equal(got.Users.IDs(), want.Users.IDs()) || !slices.Equal(got.Items.IDs(), want.Items.IDs()) {
			t.Fatalf("%s: other users or items", file)
		}
		for part, pair := range map[string][2]*data.Interactions{
			"train": {got.Training.Interactions, want.Training.Interactions}, "validation": {got.Validation, want.Validation}, "test": {got.Test, want.Test},
		} {
			if !slices.Equal(pair[0].Ptr, pair[1].Ptr) || !slices.Equal(pair[0].Item, pair[1].Item) {
				t.Errorf("%s: the %s part differs", file, part)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for line := range strings.Lines(histories) {
		f.Add([]byte(line))
	}
	f.Add([]byte("3 \xff"))
	f.Fuzz(func(t *testing.T, line []byte) {
		path := formatstest.File(t, "file.txt", string(line)+"\n")
		got, err := interactions(t, configured(t, map[string]any{"file": path}))
		if err != nil && (!errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":")) {
			t.Fatal(err)
		}
		if err != nil || len(got) == 0 {
			return
		}
		fields := strings.Fields(strings.TrimPrefix(string(line), "\ufeff"))
		if !strings.Contains(string(line), "\n") && len(got) != len(fields)-1 {
			t.Fatalf("%q gives %q", line, got)
		}
	})
}

func FuzzAttributes(f *testing.F) {
	f.Add([]byte(attributes))
	f.Add([]byte(`{"1": [1, {"2": null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := formatstest.File(t, "file.txt", string(text))
		_, err := sets(t, configured(t, map[string]any{"file": path, "attributes": path}))
		if err != nil && (!errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+":")) {
			t.Fatal(err)
		}
	})
}
