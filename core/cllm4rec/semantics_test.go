package cllm4rec

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// semantics are digests of the golden files, by Semantics: they hold every pass,
// with what it trains on, of every row of the paper. A change of them that is meant
// needs a new Semantics and its line here; a line that stands is never changed.
var semantics = map[int]string{
	1: "272e840fe37081535aa5b488e5b1b096ef27d2676dd8498592ceb01dfd20521d",
}

func TestOtherPassesNeedAnotherSemantics(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d golden files, error %v", len(files), err)
	}
	digest := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(digest, "%s %d\n%s", filepath.Base(file), len(text), text)
	}
	got := fmt.Sprintf("%x", digest.Sum(nil))
	if want, known := semantics[Semantics]; !known || got != want {
		t.Errorf("Semantics %d has the golden files %s, want %q: where a change of numbers is meant, raise Semantics and add their digest here", Semantics, got, want)
	}
}
