package results

import (
	"bytes"
	_ "embed"
	"testing"
	"time"
)

//go:embed testdata/events.bin
var events []byte

// testdata/events.py wrote the same events by TensorBoard's own writer.
func TestEventFilesAreThoseOfTensorBoard(t *testing.T) {
	start := time.Unix(1767225600, 0)
	var w eventWriter
	w.version(start)
	w.scalar(start.Add(1500*time.Millisecond), 1, "loss/pretrain", 5.1)
	w.scalar(start.Add(2*time.Second), 300, "test/recall@20", 0.25)
	w.scalar(start.Add(2*time.Second), 0, "é", 0)
	if !bytes.Equal(w.Bytes(), events) {
		t.Errorf("got\n%x\nwant\n%x", w.Bytes(), events)
	}
}

func TestFoldersHaveSafeNamesEachItsOwn(t *testing.T) {
	f := newFolders()
	for _, c := range [][2]string{{"A/B", "A_B"}, {"A_B", "A_B-2"}, {"A/B", "A_B"}, {"..", "_.."}, {"", "_"}, {"x\x00\u202ey", "x__y"}, {"Beauty (paper's split)", "Beauty (paper's split)"}} {
		if got := f.name(c[0]); got != c[1] {
			t.Errorf("%q: got %q, want %q", c[0], got, c[1])
		}
	}
}
