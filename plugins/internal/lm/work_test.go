package lm

import (
	"errors"
	"testing"

	"cllm4rec/core/contract"
)

// eight is a batch of eight examples of four tokens.
func eight(t *testing.T, limit int64) (*pass, *work) {
	t.Helper()
	p := &pass{engine: New(nil), layout: tenWords(contract.NextWord, true)}
	p.engine.micro.Store(limit)
	docs := make([]contract.Example, 8)
	for i := range docs {
		docs[i] = contract.Example{Prompt: []int32{10, 1}, Main: []int32{2, 3}}
	}
	w, err := p.pack(cut{docs: docs})
	if err != nil {
		t.Fatal(err)
	}
	return p, w
}

func TestPartsAddUpToTheBatch(t *testing.T) {
	_, w := eight(t, 9)
	equal(t, "parts", len(w.parts), 4)
	equal(t, "examples", w.examples, 8)
	equal(t, "tokens", w.tokens, int64(32))
	equal(t, "targets", w.targets, int64(16))
}

func TestABatchThatDoesNotFitIsCutUntilItDoes(t *testing.T) {
	p, w := eight(t, 0)
	var parts []int
	err := p.fit(w, func(w *work) error {
		if parts = append(parts, len(w.parts)); w.parts[0].tokens > 8 {
			return contract.Errorf(contract.ErrOutOfMemory, "full")
		}
		return nil
	})
	equal(t, "error", err, nil)
	equal(t, "parts of each attempt", parts, []int{1, 2, 4})
	equal(t, "tokens of later parts", p.engine.micro.Load(), int64(8))
}

func TestAnExampleThatDoesNotFitAloneIsAnError(t *testing.T) {
	p, w := eight(t, 0)
	attempts := 0
	err := p.fit(w, func(*work) error { attempts++; return contract.Errorf(contract.ErrOutOfMemory, "full") })
	if !errors.Is(err, contract.ErrOutOfMemory) || attempts != 4 {
		t.Errorf("error %v after %d attempts, expected ErrOutOfMemory after 4", err, attempts)
	}
}

func TestOnlyBfloat16WithoutItsInstructionsIsWarnedOf(t *testing.T) {
	half, whole := contract.ModelInfo{Device: "cpu", DType: "bfloat16"}, contract.ModelInfo{Device: "cpu", DType: "float32"}
	gpu := contract.ModelInfo{Device: "cuda:0", DType: "bfloat16"}
	for _, c := range []struct {
		info   contract.ModelInfo
		arch   string
		native bool
		want   bool
	}{{half, "amd64", false, true}, {half, "amd64", true, false}, {half, "arm64", false, false}, {whole, "amd64", false, false}, {gpu, "amd64", false, false}} {
		if got := lacksBFloat16(c.info, c.arch, c.native); got != c.want {
			t.Errorf("%+v on %s: %v, expected %v", c.info, c.arch, got, c.want)
		}
	}
}
