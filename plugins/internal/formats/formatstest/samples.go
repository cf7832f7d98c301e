package formatstest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// Testdata is the absolute path of a file or folder under the testdata of a test.
func Testdata(t testing.TB, names ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(append([]string{"testdata"}, names...)...))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Params are parameters as a plugin takes them.
func Params(t testing.TB, params map[string]any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Above is a new folder in which a copy of another one lies, further down where the name
// has several parts.
func Above(t testing.TB, of string, name ...string) string {
	t.Helper()
	top := t.TempDir()
	if err := os.CopyFS(filepath.Join(append([]string{top}, name...)...), os.DirFS(of)); err != nil {
		t.Fatal(err)
	}
	return top
}

// NoTreeIsWalked checks that a dataset does not look for its folder below the next one: a
// user may name a folder above everything.
func NoTreeIsWalked[D interface {
	contract.Dataset
	contract.Sniffer
}](t *testing.T, d D, folder string) {
	t.Helper()
	top := Above(t, folder, "a", "b")
	_, err := d.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"path":%q}`, top)))
	if guesses, fault := d.Sniff(t.Context(), top); err == nil || strings.Contains(err.Error(), "lies in") || len(guesses) > 0 || fault != nil {
		t.Errorf("error %v; %+v, %v", err, guesses, fault)
	}
}
