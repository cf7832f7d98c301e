// Package peertest times a Python package beside a baseline, in benchmarks.
package peertest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/plugins/internal/numerics/linalg"
)

// Seconds runs the script testdata/peer.py of the package under test with the
// interpreter PEER_PYTHON (or python3) and reads the seconds that it prints. Its first
// argument is a file with the lengths of the rows of x and then their columns, both
// int32 little-endian; the others follow. Not ok, with a line in the log, where the
// interpreter does not import module.
func Seconds(b *testing.B, module string, x *linalg.CSR, arguments ...any) (seconds float64, ok bool) {
	b.Helper()
	python := os.Getenv("PEER_PYTHON")
	if python == "" {
		python = "python3"
	}
	if exec.Command(python, "-c", "import "+module).Run() != nil {
		b.Logf("no peer: %s does not import %s", python, module)
		return 0, false
	}
	path := filepath.Join(b.TempDir(), "pairs")
	if err := os.WriteFile(path, pairs(x), 0o600); err != nil {
		b.Fatal(err)
	}
	words := []string{"testdata/peer.py", path}
	for _, a := range arguments {
		words = append(words, fmt.Sprint(a))
	}
	command := exec.Command(python, words...)
	command.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS=1")
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err == nil {
		_, err = fmt.Sscan(string(out), &seconds)
	}
	if err != nil {
		b.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, complaint.String())
	}
	return seconds, true
}

func pairs(x *linalg.CSR) []byte {
	out := make([]byte, 0, 4*(x.Rows+x.NNZ()))
	for r := range x.Rows {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(x.Row(r))))
	}
	for _, c := range x.Index {
		out = binary.LittleEndian.AppendUint32(out, uint32(c))
	}
	return out
}
