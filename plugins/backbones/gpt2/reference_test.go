package main

import (
	"testing"

	"cllm4rec/plugins/internal/lm/lmtest"
)

var suite = lmtest.Suite{New: New}

// folders are those of testdata.
func folders() []string {
	return []string{"small-a", "small-b", "small-c", "small-d", "small-e", "small-f", "small-g"}
}

func TestHiddenStatesLogitsAndLossesEqualTransformers(t *testing.T) {
	suite.Forward(t, folders()...)
}

// small-a and small-b are left out: their weights are so large that PyTorch's own
// bfloat16 is far from float64.
func TestBFloat16FollowsTransformers(t *testing.T) {
	suite.ForwardBFloat16(t, "small-c", "small-d", "small-e", "small-f", "small-g")
	suite.Training(t, "steps_gpt2_more_bf16")
}

func TestTrainingStepsEqualPyTorch(t *testing.T) {
	suite.Training(t, "steps", "steps_gpt2_more", "steps_gpt2_more_trainable", "plusr_gpt2", "joint_gpt2", "extended_gpt2", "extended_gpt2_trainable")
	suite.Newcomers(t, "newcomers_gpt2")
}

func TestTenThousandStepsKeepMemoryFlat(t *testing.T) { suite.Leaks(t, "small-b", 53) }

func TestDropoutDoesNotDependOnHowABatchIsComputed(t *testing.T) { suite.Dropout(t, "small-b", 53) }

func TestVectorsOfTextsEqualTransformers(t *testing.T) { suite.Embedding(t, "small-c", "small-g") }
