package sniffed

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestAFolderShowsItsNamesAndGivesItsRegularFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.csv.gz", "a.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "c.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := Look(dir)
	if err != nil || !s.Folder || !slices.Equal(s.Names, []string{"a.csv", "b.csv.gz", "c.csv"}) {
		t.Fatalf("%+v, error %v", s, err)
	}
	for name, want := range map[string]string{"a.csv": "a.csv", "b.csv": "b.csv.gz", "c.csv": "", "d.csv": ""} {
		got := s.File("nothing", name)
		if want != "" {
			want = filepath.Join(dir, want)
		}
		if got != want {
			t.Errorf("the file %s is %q, want %q", name, got, want)
		}
	}
}

func TestAFileShowsItself(t *testing.T) {
	path := formatstest.File(t, "u.data", "1\t2\n")
	s, err := Look(path)
	if err != nil || s.Folder || s.File("u.data") != path || s.File("v.data") != "" {
		t.Errorf("%+v, error %v", s, err)
	}
	if _, err := Look(path + ".none"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("nothing: error %v", err)
	}
}

func TestLinesAreTheFirstOfATextAndNoneOfOtherFiles(t *testing.T) {
	text := "\ufeffa\n\nb\nc\n"
	for what, c := range map[string]struct {
		content string
		want    []string
	}{
		"plain": {text, []string{"a", "b"}}, "gzip": {formatstest.Zipped(text), []string{"a", "b"}}, "latin": {"\xe9\n", []string{"\xe9"}},
		"empty": {"", nil}, "cut gzip": {"\x1f\x8b\x08\x00cut", nil}, "binary": {"a\nb\x00\n", nil},
	} {
		if got := Lines(t.Context(), formatstest.File(t, "f", c.content), 2); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	if got := Lines(t.Context(), t.TempDir(), 2); got != nil {
		t.Errorf("a folder: %q", got)
	}
}

func TestAPlainNameHasNoCompression(t *testing.T) {
	for name, want := range map[string]string{"a.csv": "a.csv", "a.csv.gz": "a.csv", "a.zst": "a"} {
		if got := Plain(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestAGuessHasTheParametersThatAreNotEmpty(t *testing.T) {
	for want, params := range map[string]any{`{"a":"x"}`: map[string]string{"a": "x", "b": ""}, `{"a":"","b":{}}`: map[string]any{"a": "", "b": map[string]string{}}} {
		got, err := Guess(params, contract.ConfidenceLikely, "why")
		if err != nil || len(got) != 1 || string(got[0].Params) != want || got[0].Confidence != contract.ConfidenceLikely || got[0].Why != "why" {
			t.Errorf("%+v, error %v, want %s", got, err, want)
		}
	}
}
