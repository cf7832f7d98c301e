package charset

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestAConvertedFileIsToldFromOneInLatin1(t *testing.T) {
	long := strings.Repeat("a line of text\n", 1<<16)
	for name, c := range map[string]struct {
		content string
		want    bool
	}{
		"ASCII": {long, true}, "UTF-8": {long + "é\n", true}, "Latin-1 at the end": {long + "\xe9", false}, "Latin-1 at the start": {"\xe9\n" + long, false},
		"gzip": {formatstest.Zipped(long + "\xe9\n"), false}, "empty": {"", true}, "cut within a character": {"\xc3", false},
	} {
		if got, err := IsUTF8(t.Context(), formatstest.File(t, "file", c.content)); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	if _, err := IsUTF8(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
	whole := formatstest.Zipped(strings.Repeat("text", 1000))
	path := formatstest.File(t, "file", whole[:len(whole)-9])
	if _, err := IsUTF8(t.Context(), path); !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("truncated: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := IsUTF8(ctx, formatstest.File(t, "file", "text")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
