package conformance_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
)

func TestTheFilesOfACheckLieWhereItsParametersSay(t *testing.T) {
	folder := t.TempDir()
	check := contract.Check{
		Params: []byte(`{"path": "./tiny/a.csv", "inner": {"list": ["./b", "c", ".", 12345678901234567890]}}`),
		Files:  map[string][]byte{"tiny/a.csv": []byte("1,2\n")}, Sniff: "./tiny", Model: "./model",
	}
	got, err := conformance.Lay(check, folder)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"inner":{"list":["` + folder + `/b","c",".",12345678901234567890]},"path":"` + folder + `/tiny/a.csv"}`
	if string(got.Params) != want || got.Sniff != filepath.Join(folder, "tiny") || got.Model != filepath.Join(folder, "model") {
		t.Errorf("%s, %s, %s, want %s", got.Params, got.Sniff, got.Model, want)
	}
	if content, err := os.ReadFile(filepath.Join(folder, "tiny", "a.csv")); err != nil || string(content) != "1,2\n" {
		t.Errorf("the file holds %q, error %v", content, err)
	}
}

// A plugin's word is not trusted: no file lies outside the check's folder.
func TestAFileOfACheckThatWouldLieElsewhereIsRefused(t *testing.T) {
	for _, name := range []string{"../out", "/tmp/out", "a/../../out", ""} {
		_, err := conformance.Lay(contract.Check{Files: map[string][]byte{name: nil}}, t.TempDir())
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "expected a path below the folder of the check") {
			t.Errorf("%q: error %v", name, err)
		}
	}
	if _, err := conformance.Lay(contract.Check{Params: []byte("{")}, t.TempDir()); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "are no JSON") {
		t.Errorf("parameters that are no JSON: error %v", err)
	}
}
