package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm/lmtest"
)

func TestPretrainingLearnsAndItsFolderLoads(t *testing.T) { suite.Pretraining(t, tiny) }

func TestShapesThatCannotBeAreRefused(t *testing.T) {
	suite.RefusesShapes(t, map[string]string{`{"n_layers":2}`: "n_layers", `{"n_head":3}`: "divide"})
}

func TestPretrainingRefusesWhatCannotWork(t *testing.T) {
	p := New()
	if _, err := p.Configure(t.Context(), lmtest.Params(t, filepath.Join(t.TempDir(), "new"), nil)); err != nil {
		t.Fatal(err)
	}
	good := contract.PretrainSpec{Out: filepath.Join(t.TempDir(), "m"), Shape: json.RawMessage(tiny), Steps: 1, Batch: 1, LearningRate: 1e-3, HoldOut: 0.1}
	for word, change := range map[string]func(*contract.PretrainSpec){
		"steps":    func(s *contract.PretrainSpec) { s.Steps = 0 },
		"empty":    func(s *contract.PretrainSpec) { s.Out = "testdata" },
		"held out": func(s *contract.PretrainSpec) { s.HoldOut = 1 },
	} {
		spec := good
		change(&spec)
		_, err := p.Pretrain(t.Context(), spec, conformance.Sentences(20), nil)
		lmtest.Expect(t, err, contract.ErrInvalid, word)
	}
}
