package prepared

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/data"
)

// FuzzFile changes the header, whose checksum is made right, and the columns: a
// file is refused or read, and never reaches outside.
func FuzzFile(f *testing.F) {
	raw := sample(f)
	h, err := headerOf(raw)
	if err != nil {
		f.Fatal(err)
	}
	columns := bytes.Clone(raw[preambleBytes : len(raw)-len(h)])
	f.Add(bytes.Clone(h), columns)
	f.Fuzz(func(t *testing.T, h, columns []byte) {
		raw := append(preamble(int64(preambleBytes+len(columns)), h), columns...)
		file, err := parse(append(raw, h...))
		if err != nil {
			return
		}
		for _, p := range parts(file.split) {
			if x := *p.at; x != nil {
				for u := range x.Users {
					_ = x.Row(u)
				}
			}
		}
		_ = file.verify()
	})
}

// sample is a small prepared file.
func sample(f *testing.F) []byte {
	f.Helper()
	d := contracttest.NewFakeDataset()
	if _, err := d.Configure(context.Background(), json.RawMessage(`{"users": 4}`)); err != nil {
		f.Fatal(err)
	}
	o := data.Options{Name: "few", Texts: true, Attributes: true, Split: data.SplitSpec{Method: data.MethodRatio, Validation: 0.2, Test: 0.2}}
	s, err := data.Load(context.Background(), d, o)
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "few")
	out, err := os.Create(path)
	if err != nil {
		f.Fatal(err)
	}
	if err := write(out, "k", json.RawMessage(`{}`), s); err != nil {
		f.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return raw
}
