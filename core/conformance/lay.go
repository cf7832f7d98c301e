package conformance

import (
	"errors"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
)

// Laid is a check whose files lie in a folder of the test, with paths that lead there.
func Laid(t TB, check contract.Check) contract.Check {
	t.Helper()
	laid, err := Lay(check, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return laid
}

// Lay writes the files of a check into a folder and makes its paths lead there. ErrInvalid
// names a file that would lie elsewhere.
func Lay(check contract.Check, folder string) (contract.Check, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return check, err
	}
	defer func() { _ = root.Close() }()
	for name, content := range check.Files {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return check, contract.Errorf(contract.ErrInvalid, "the check names its file %q; expected a path below the folder of the check, with slashes", name)
		}
		if err := errors.Join(root.MkdirAll(path.Dir(name), 0o700), root.WriteFile(name, content, 0o600)); err != nil {
			return check, err
		}
	}
	check.Files = nil
	return check.Below(folder)
}

// makeModel has a backbone write the random model of its check, with a vocabulary.
func makeModel(t TB, b contract.Backbone, check contract.Check) {
	t.Helper()
	trainer, ok := b.(contract.Pretrainer)
	if !ok || !info(t, b).Can(contract.CapabilityPretrain) {
		t.Fatalf("the check asks for a model in %s, which takes the capability %q", check.Model, contract.CapabilityPretrain)
	}
	configure(t, b, check.Params)
	spec := contract.PretrainSpec{Out: check.Model, Shape: check.Shape, Steps: 1, Batch: 4, LearningRate: 3e-3, Seed: 11, HoldOut: 0.1}
	if _, err := trainer.Pretrain(t.Context(), spec, Sentences(400), nil); err != nil {
		t.Fatalf("the model of the check cannot be made: %v", err)
	}
}

// Sentences are n of a small grammar: something to learn, and words for a vocabulary.
func Sentences(n int) iter.Seq2[[]string, error] {
	colours, things := strings.Fields("red blue green shiny"), strings.Fields("brush cream soap towel")
	return func(yield func([]string, error) bool) {
		for i := range n {
			text := "the " + colours[i%4] + " " + things[i/4%4] + " is good for my " + things[(i*7+i/16)%4] + "."
			if !yield([]string{text}, nil) {
				return
			}
		}
	}
}
