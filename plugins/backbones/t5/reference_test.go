package main

import (
	"testing"

	"cllm4rec/plugins/internal/lm/lmtest"
)

var suite = lmtest.Suite{New: New, Separate: true}

// folders are those of testdata.
func folders() []string { return []string{"small-a", "small-b", "small-c", "small-d", "small-e"} }

func TestHiddenStatesLogitsAndLossesEqualTransformers(t *testing.T) {
	suite.Forward(t, folders()...)
}

func TestBFloat16IsAsNearAsPyTorchs(t *testing.T) {
	suite.ForwardBFloat16(t, folders()...)
}

func TestTrainingStepsEqualPyTorch(t *testing.T) {
	suite.Training(t, "steps_t5", "steps_t5_trainable", "steps_t5_bf16", "plusr_t5", "joint_t5", "extended_t5", "extended_t5_trainable")
	suite.Newcomers(t, "newcomers_t5")
}

func TestTenThousandStepsKeepMemoryFlat(t *testing.T) { suite.Leaks(t, "small-e", 37) }

func TestDropoutDoesNotDependOnHowABatchIsComputed(t *testing.T) { suite.Dropout(t, "small-b", 47) }

func TestVectorsOfTextsEqualTransformers(t *testing.T) { suite.Embedding(t, "small-a", "small-b") }
