package host_test

import (
	"os"
	"sync"
	"testing"

	"cllm4rec/core/host"
)

// Each host removes the folders of those that have died, and must not take one that is
// being made for such a folder.
func TestHostsThatOpenTogetherKeepTheirFolders(t *testing.T) {
	tmp, err := os.MkdirTemp("", "v")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	t.Setenv("TMPDIR", tmp)
	var hosts sync.WaitGroup
	for range 16 {
		hosts.Go(func() {
			for range 100 {
				h, err := host.Open(host.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				if entries, err := os.ReadDir(tmp); err != nil || len(entries) == 0 {
					t.Errorf("%d folders stand while a host is open, error %v", len(entries), err)
				}
				if err := h.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	hosts.Wait()
}
