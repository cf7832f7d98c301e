package disk

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkSum digests a file of 256 MB that lies in memory. Floor: reading it. Peer:
// sha256sum of the GNU coreutils.
func BenchmarkSum(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a.tower")
	if err := os.WriteFile(path, make([]byte, 256e6), 0o600); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if _, err := os.ReadFile(path); err != nil {
		b.Fatal(err)
	}
	floor := time.Since(start)
	for _, c := range []struct {
		name string
		sum  func() error
	}{
		{"Sum", func() error { _, _, err := Sum(path); return err }},
		{"sha256sum", func() error { return exec.Command("sha256sum", path).Run() }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(256e6)
			for b.Loop() {
				if err := c.sum(); err != nil {
					b.Skipf("%s: %v", c.name, err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/floor.Seconds(), "x-floor")
		})
	}
}
