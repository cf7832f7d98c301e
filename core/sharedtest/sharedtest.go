// Package sharedtest finds the research data, models and cases that lie beside the
// repository, for tests. A clone alone does not have them: such a test is then
// skipped, loudly, unless the variable CLLM4REC_REQUIRE_DATA is 1.
package sharedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Required is the variable that makes absent data a failure.
const Required = "CLLM4REC_REQUIRE_DATA"

// Path is a file or folder of the folder shared beside the repository, such as
// "data/cllm4rec-beauty". Where it is absent the test is skipped, or fails.
func Path(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Repository(t), "..", "shared", filepath.FromSlash(name))
	_, err := os.Stat(path)
	switch {
	case err == nil:
		return path
	case os.Getenv(Required) == "1":
		t.Fatalf("../shared/%s is required (%s=1): %v", name, Required, err)
	default:
		t.Skipf("SKIPPED, NOT CHECKED: ../shared/%s beside the repository: %v", name, err)
	}
	return ""
}

// Repository is the folder at or above the test's own that holds go.mod. A binary
// that was built with -trimpath does not know where its sources lie.
func Repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			t.Fatalf("%s is in no folder with a go.mod", dir)
		}
	}
}
