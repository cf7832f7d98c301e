package export_test

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cllm4rec/core/export"
)

//go:embed testdata/peers.py
var peers string

// Python's pickle, SciPy and pandas read what is written in their forms.
func TestPeersReadTheirForms(t *testing.T) {
	python := os.Getenv("PEER_PYTHON")
	if python == "" || exec.Command(python, "-c", "import scipy, pandas, pyarrow").Run() != nil {
		t.Skip("NOT PROVED HERE: that SciPy and pandas read exports. Set PEER_PYTHON to a Python with scipy, pandas and pyarrow")
	}
	script := filepath.Join(t.TempDir(), "peers.py")
	if err := os.WriteFile(script, []byte(peers), 0o644); err != nil {
		t.Fatal(err)
	}
	layout, _ := written(t, small(), export.CLLM4Rec)
	tables, _ := written(t, small(), export.Parquet)
	if out, err := exec.CommandContext(t.Context(), python, script, layout, tables).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
