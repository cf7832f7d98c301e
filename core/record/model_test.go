package record

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestVectorsReadBackAsTheyWereWritten(t *testing.T) {
	s := open(t)
	rec, _ := sample()
	m := &Matrix{Rows: 2, Width: 3, Values: []float32{1, -2.5, 0, 3, 4, 1e-20}}
	v, err := s.SaveVectors(rec.Key, contract.EntityItem, m)
	if err != nil {
		t.Fatal(err)
	}
	rec.Vectors = []Vectors{v}
	got, err := s.Vectors(rec, contract.EntityItem)
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("got %+v, error %v", got, err)
	}
	if _, err := s.Vectors(rec, contract.EntityUser); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("user vectors: %v", err)
	}
	path := filepath.Join(s.Folder(rec.Key), "vectors-item.npy")
	raw, err := os.ReadFile(path)
	if err != nil || (len(raw)-4*len(m.Values))%64 != 0 || !strings.Contains(string(raw), "'shape': (2, 3), }") {
		t.Errorf("header %q, error %v", raw[:80], err)
	}
	if err := os.WriteFile(path, raw[:len(raw)-4], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Vectors(rec, contract.EntityItem); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) {
		t.Errorf("cut short: %v", err)
	}
}

func FuzzMatrix(f *testing.F) {
	f.Add((&Matrix{Rows: 1, Width: 2, Values: []float32{1, 2}}).encode())
	f.Add([]byte(npyMagic + "\xff\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := decodeMatrix(raw)
		if err == nil && (m.Rows*m.Width != len(m.Values) || len(m.Values)*4 > len(raw)) {
			t.Errorf("%d bytes became %d x %d", len(raw), m.Rows, m.Width)
		}
	})
}

func TestAKeptModelIsHeldAgainstItsChecksums(t *testing.T) {
	s := open(t)
	rec, _ := sample()
	if _, err := s.Model(rec); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "--keep models") {
		t.Errorf("nothing kept: %v", err)
	}
	dir, err := s.ModelDir(rec.Key)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "state"), []byte("abc"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if rec.Model, err = s.KeptModel(rec.Key); err != nil || len(rec.Model.Files) != 1 || rec.Model.Files[0].SHA256[:8] != "ba7816bf" {
		t.Fatalf("model %+v, error %v", rec.Model, err)
	}
	if got, err := s.Model(rec); err != nil || got != dir {
		t.Errorf("folder %s, error %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "state"), []byte("abd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Model(rec); !errors.Is(err, contract.ErrBadData) {
		t.Errorf("changed: %v", err)
	}
	rec.Model.Files[0].Name = "../record.json"
	if err := rec.checkFiles(); err == nil {
		t.Error("a file outside of the folder is listed")
	}
	rec.Model.Files = nil
	if _, err := s.Model(rec); !errors.Is(err, contract.ErrUnsupported) {
		t.Errorf("nothing to keep: %v", err)
	}
}
