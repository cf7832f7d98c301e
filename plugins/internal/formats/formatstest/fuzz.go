package formatstest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// Sample is a file of a folder under testdata.
type Sample struct{ Folder, File string }

// FuzzSamples puts any content in the place of each sample, in a copy of its folder, and
// has it read: check gets the sample, the folder and a choice, of which it makes parameters.
func FuzzSamples(f *testing.F, samples []Sample, check func(t *testing.T, s Sample, folder string, choice bool)) {
	folders := make([]string, len(samples))
	for i, s := range samples {
		folders[i] = Copy(f, Testdata(f, s.Folder), nil)
		content, err := os.ReadFile(filepath.Join(folders[i], s.File))
		if err != nil {
			f.Fatal(err)
		}
		for _, choice := range []bool{false, true} {
			f.Add(uint8(i), choice, content)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, choice bool, content []byte) {
		i := int(kind) % len(samples)
		if err := os.WriteFile(filepath.Join(folders[i], samples[i].File), content, 0o600); err != nil {
			t.Fatal(err)
		}
		check(t, samples[i], folders[i], choice)
	})
}

// AddLines adds every line of files to what is fuzzed.
func AddLines(f *testing.F, paths ...string) {
	f.Helper()
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f.Add([]byte(line))
		}
	}
}

// Errors are those of reading all that a dataset has.
func Errors[D interface {
	contract.Dataset
	contract.AttributeSource
}](d D) []error {
	_, interactions := Interactions(d)
	_, texts := Texts(d)
	_, attributes := Attributes(d)
	return []error{interactions, texts, attributes}
}

// OnlyDamage checks that each error is nil, or an ErrBadData that begins with a place.
func OnlyDamage(t *testing.T, place string, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil && (!errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), place)) {
			t.Fatal(err)
		}
	}
}
