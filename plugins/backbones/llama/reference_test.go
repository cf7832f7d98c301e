package main

import (
	"testing"

	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/lm/lmtest"
)

var suite = lmtest.Suite{New: New}

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

// folders are those of testdata.
func folders() []string {
	return []string{"small-a", "small-b", "small-c", "qwen2", "rope-linear", "rope-dynamic", "rope-llama3", "rope-yarn", "rope-yarn-b"}
}

func TestHiddenStatesLogitsAndLossesEqualTransformers(t *testing.T) { suite.Forward(t, folders()...) }

func TestBFloat16FollowsFloat64(t *testing.T) { suite.ForwardBFloat16(t, folders()...) }

func TestTrainingStepsEqualPyTorch(t *testing.T) {
	suite.Training(t, "steps_llama", "steps_llama_trainable", "steps_llama_bf16", "plusr_llama", "joint_llama", "extended_llama", "extended_llama_trainable")
	suite.Newcomers(t, "newcomers_llama")
}

func TestTenThousandStepsKeepMemoryFlat(t *testing.T) { suite.Leaks(t, "small-b", 41) }

func TestDropoutDoesNotDependOnHowABatchIsComputed(t *testing.T) { suite.Dropout(t, "small-b", 41) }

// TestDynamicScalingFollowsEachText packs texts on both sides of the length of
// pretraining, twice the same one among them: each is as if it were alone.
func TestDynamicScalingFollowsEachText(t *testing.T) {
	b := suite.Loaded(t, "rope-dynamic", nil)
	text := func(n int) (ids []int32) {
		for i := range n {
			ids = append(ids, int32(7*i%41))
		}
		return ids
	}
	all := [][]int32{text(40), text(5), text(17), text(40), text(16), text(64)}
	together, _, err := b.States(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, ids := range all {
		alone, _, err := b.States([][]int32{ids}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, len(alone))
		for i, x := range alone {
			want[i] = float64(x)
		}
		if d := lmtest.Distance(together[at:at+len(alone)], want); !(d < 1e-5) {
			t.Errorf("a text of %d tokens is %.3g from itself alone", len(ids), d)
		}
		at += len(alone)
	}
}

func TestVectorsOfTextsEqualTransformers(t *testing.T) { suite.Embedding(t, "small-b", "qwen2") }
