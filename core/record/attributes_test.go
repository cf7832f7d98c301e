package record

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// described are attributes of users of each type, and one of items.
func described() []contract.TrainAttributes {
	return []contract.TrainAttributes{
		{Name: "age", Entity: contract.EntityUser, Type: contract.AttributeNumber, Rows: []int32{0, 1}, Values: contract.Values{Numbers: []float64{30, 0.5}}},
		{Name: "style", Entity: contract.EntityUser, Type: contract.AttributeCategory, Rows: []int32{1}, Values: contract.Values{Words: []string{"calm"}}},
		{Name: "topics", Entity: contract.EntityUser, Type: contract.AttributeSet, Rows: []int32{0, 1}, Values: contract.Values{Sets: [][]string{{"x", "y"}, {"y"}}}},
		{Name: "brand", Entity: contract.EntityItem, Type: contract.AttributeCategory, Rows: []int32{0}, Values: contract.Values{Words: []string{"Hosa"}}},
	}
}

func TestAttributesOfUsersReadBackAndOthersLieBesideThem(t *testing.T) {
	s, rec := saved(t)
	if got, err := s.UserAttributes(rec); err != nil || got != nil {
		t.Errorf("without attributes: %+v, error %v", got, err)
	}
	known := split()
	known.Training.Attributes = described()
	files, err := s.SaveData(t.Context(), known)
	if err != nil || files.Attributes == nil {
		t.Fatalf("files %+v, error %v", files, err)
	}
	rec.Data.Files = &files
	if got, err := s.UserAttributes(rec); err != nil || !reflect.DeepEqual(got, described()[:3]) {
		t.Errorf("got %+v, error %v", got, err)
	}
	known.Training.Attributes[1].Words[0] = "loud"
	other, err := s.SaveData(t.Context(), known)
	if err != nil || other.Attributes.Name == files.Attributes.Name {
		t.Errorf("other attributes: %+v, error %v", other, err)
	}
	if got, err := s.UserAttributes(rec); err != nil || got[1].Words[0] != "calm" {
		t.Errorf("after other attributes: %+v, error %v", got, err)
	}
}

func TestDamagedAttributesAreNamed(t *testing.T) {
	s, rec := saved(t)
	known := split()
	known.Training.Attributes = described()
	files, err := s.SaveData(t.Context(), known)
	if err != nil {
		t.Fatal(err)
	}
	rec.Data.Files = &files
	path := filepath.Join(s.dataFolder(rec.Data.Fingerprint), files.Attributes.Name)
	for name, rows := range map[string][]attributeRow{
		"user 9 of":    {{Name: "style", Type: "category", User: 9, Words: []string{"x"}}},
		`type "shape"`: {{Name: "style", Type: "shape", User: 0, Words: []string{"x"}}},
		"no value":     {{Name: "age", Type: "number", User: 0}},
	} {
		raw, err := encodeRows(rows)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		f := fileOf(files.Attributes.Name, raw)
		rec.Data.Files.Attributes = &f
		if _, err := s.UserAttributes(rec); !contract.IsBadInput(err) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q", err, name)
		}
	}
}
