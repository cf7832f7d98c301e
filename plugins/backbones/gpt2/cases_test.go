package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/sharedtest"
	"cllm4rec/plugins/internal/lm/lmtest"
)

func TestWhatIsNoFileOfAModelIsRefusedAtOnce(t *testing.T) { suite.Stray(t, "small-c") }

func TestLayersThatTheWeightsCannotHoldAreRefused(t *testing.T) {
	suite.Overstated(t, "small-c", "n_layer")
}

// shared is a folder of the cases beside the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	return sharedtest.Path(t, "cases/"+name)
}

func TestTheSharedPointerOfGitLFSIsNamed(t *testing.T) {
	_, err := New().Configure(t.Context(), lmtest.Params(t, shared(t, "lfspointer"), nil))
	lmtest.Expect(t, err, contract.ErrBadData, "model.safetensors", "git lfs pull")
}

// TestTheSharedModelWithAWordHeadOfItsOwnLoads: the numbers of such a head are held
// against transformers in small-g.
func TestTheSharedModelWithAWordHeadOfItsOwnLoads(t *testing.T) {
	b, err := suite.Load(t, shared(t, "untiedgpt2"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, logits, err := b.States([][]int32{{1, 2, 3}}, nil); err != nil || len(logits) != 3*64 {
		t.Errorf("%d logits, %v", len(logits), err)
	}
}

func TestResourcesOfTheHostWinOverParameters(t *testing.T) { suite.Resources(t, "small-b", 53) }
