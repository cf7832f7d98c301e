package lmtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/models/hf"
)

// Keys are those of a config.json.
type Keys = map[string]any

// ReadConfig has an architecture read the configuration of a folder of its
// testdata with keys changed; nil deletes one. Messages call it config.json. C is
// the architecture's own type, zero beside an error.
func ReadConfig[C lm.Definition](t testing.TB, a lm.Architecture, folder string, change Keys) (c C, err error) {
	t.Helper()
	values := Keys{}
	if err := json.Unmarshal(configText(t, folder), &values); err != nil {
		t.Fatal(err)
	}
	maps.Copy(values, change)
	maps.DeleteFunc(values, func(_ string, v any) bool { return v == nil })
	f, err := hf.FieldsOf(hf.ConfigName, values)
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.Read(f)
	if err != nil {
		return c, err
	}
	return d.(C), nil
}

func configText(t testing.TB, folder string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", folder, hf.ConfigName))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Refusal is a change of a configuration, the kind of the error and words in it.
// The type has no name of its own, so that tables need not name its fields.
type Refusal = struct {
	Change   Keys
	Sentinel error
	Words    string
}

// Refuses reads the configuration of a folder of the testdata with each change:
// every one must be refused, with its words and the name of the file.
func (s Suite) Refuses(t *testing.T, folder string, all []Refusal) {
	t.Helper()
	for _, c := range all {
		_, err := ReadConfig[lm.Definition](t, s.New().Architecture(), folder, c.Change)
		if why := unlike(err, c.Sentinel, append(strings.Fields(c.Words), hf.ConfigName)...); why != nil {
			t.Errorf("%v: %v", c.Change, why)
		}
	}
}

// FuzzConfig feeds Read anything, from the configurations of some folders on. What
// it accepts must be sound.
func FuzzConfig[C lm.Definition](f *testing.F, a lm.Architecture, sound func(C) bool, folders ...string) {
	for _, folder := range folders {
		f.Add(configText(f, folder))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var values map[string]json.RawMessage
		if json.Unmarshal(text, &values) != nil || values == nil {
			return
		}
		d, err := a.Read(hf.NewFields(hf.ConfigName, values))
		if err == nil && !sound(d.(C)) {
			t.Fatalf("accepted %+v", d)
		}
	})
}

// Expect wants an error of a kind, with words in it.
func Expect(t testing.TB, err, sentinel error, words ...string) {
	t.Helper()
	if why := unlike(err, sentinel, words...); why != nil {
		t.Fatal(why)
	}
}

// unlike says what an error lacks; nil where that is nothing.
func unlike(err, sentinel error, words ...string) error {
	if !errors.Is(err, sentinel) {
		return fmt.Errorf("error %v, expected %v", err, sentinel)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			return fmt.Errorf("error %q does not mention %q", err, w)
		}
	}
	return nil
}
