package regular

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

func TestAFileThatChangesWhileItIsReadIsRefused(t *testing.T) {
	later := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		change func(path string) error
		want   string
	}{
		"longer": {func(path string) error { return os.WriteFile(path, []byte("text and more"), 0o600) }, "changed while it was read, from 4 to 13 bytes"},
		"cut":    {func(path string) error { return os.Truncate(path, 1) }, "changed while it was read, from 4 to 1 bytes"},
		"later":  {func(path string) error { return os.Chtimes(path, later, later) }, "was written to while it was read"},
	} {
		path := write(t, "text")
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Unchanged(), c.change(path)); err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(f)
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+": "+c.want) {
			t.Errorf("%s: error %v", name, err)
		}
		own := errors.New("own")
		if got := f.Explain(own); got != own {
			t.Errorf("%s: an error that has another cause became %v", name, got)
		}
		if got := f.Explain(contract.Errorf(contract.ErrBadData, "damaged")); !strings.Contains(got.Error(), c.want) {
			t.Errorf("%s: damage became %v", name, got)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAFileThatIsReplacedStaysWhole(t *testing.T) {
	path, other := write(t, "text"), write(t, "other")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
}
