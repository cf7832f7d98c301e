package main

import (
	"testing"

	"cllm4rec/core/contract"
)

func TestPluginsAreGroupedByWhatTheyTake(t *testing.T) {
	for _, c := range []struct {
		kind                contract.Kind
		can                 []contract.Capability
		group, takes, gives string
	}{
		{contract.KindDataset, []contract.Capability{contract.CapabilityTexts, contract.CapabilityGivenSplit}, "dataset", "", "texts, given split"},
		{contract.KindRecommender, []contract.Capability{contract.CapabilityState, contract.CapabilityFoldIn}, "recommender", "", "state, fold in"},
		{contract.KindRecommender, []contract.Capability{contract.CapabilitySide}, "recommender", "text rows", ""},
		{contract.KindRecommender, []contract.Capability{contract.CapabilityTexts}, "recommender with contents", "texts", ""},
		{contract.KindRecommender, []contract.Capability{contract.CapabilityEpochs, contract.CapabilityOrder, contract.CapabilityFeatures}, "recommender, sequential", "features, order or times", "epochs"},
		{contract.KindBackbone, []contract.Capability{contract.CapabilityTrainAll}, "backbone", "", "train all"},
	} {
		r := list(contract.Info{Kind: c.kind, Capabilities: c.can})
		if r.kind != c.group || r.takes != c.takes || r.offers != c.gives || groups[r.group].name != r.kind {
			t.Errorf("%s with %v is %+v, want %q, takes %q, offers %q", c.kind, c.can, r, c.group, c.takes, c.gives)
		}
	}
}
