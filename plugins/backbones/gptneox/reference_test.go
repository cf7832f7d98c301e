package main

import (
	"testing"

	"cllm4rec/plugins/internal/lm/lmtest"
)

var suite = lmtest.Suite{New: New}

// folders are those of testdata.
func folders() []string {
	return []string{"parallel", "sequential", "float16", "bfloat16", "pythia", "yarn", "dynamic"}
}

func TestHiddenStatesLogitsAndLossesEqualTransformers(t *testing.T) {
	suite.Forward(t, folders()...)
}

func TestTrainingStepsEqualPyTorch(t *testing.T) {
	suite.Training(t, "steps_gptneox", "steps_gptneox_trainable")
}

func TestBFloat16FollowsTransformers(t *testing.T) {
	suite.ForwardBFloat16(t, folders()...)
	suite.Training(t, "steps_gptneox_bf16")
}

func TestTenThousandStepsKeepMemoryFlat(t *testing.T) { suite.Leaks(t, "sequential", 37) }

func TestDropoutDoesNotDependOnHowABatchIsComputed(t *testing.T) {
	suite.Dropout(t, "parallel", 31)
	suite.Dropout(t, "sequential", 37)
}

func TestVectorsOfTextsEqualTransformers(t *testing.T) { suite.Embedding(t, "sequential", "parallel") }
