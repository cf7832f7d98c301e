package main

import (
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// Training interactions must agree with what the attributes say: users mostly
// have items of a topic that they like, and rarely where topics are shuffled.
func TestAttributesTellWhatUsersLike(t *testing.T) {
	o := data.Options{Name: "synthetic", Attributes: true, Split: data.SplitSpec{Method: data.MethodRatio, Validation: 0.1, Test: 0.1}}
	s, err := data.Load(t.Context(), configured(t, `{"users": 200, "items": 150, "topics": 10, "noise": 0.1}`), o)
	if err != nil {
		t.Fatal(err)
	}
	topics := map[contract.Entity][][]string{}
	for _, a := range s.Training.Attributes {
		if a.Name == "topics" {
			topics[a.Entity] = a.Sets
		}
	}
	users, items := topics[contract.EntityUser], topics[contract.EntityItem]
	if len(users) != s.Users.Len() || len(items) != s.Items.Len() || len(s.Training.Attributes) != 4 {
		t.Fatalf("%d users and %d items with topics, %d attributes", len(users), len(items), len(s.Training.Attributes))
	}
	share := func(shift int) float64 {
		x, liked := s.Training.Interactions, 0
		for u := range x.Users {
			for _, item := range x.Row(u) {
				if slices.ContainsFunc(items[item], func(topic string) bool { return slices.Contains(users[(u+shift)%len(users)], topic) }) {
					liked++
				}
			}
		}
		return float64(liked) / float64(x.Len())
	}
	if own, other := share(0), share(7); own < 0.85 || other > 0.6 {
		t.Errorf("%.2f of the interactions are with liked topics, %.2f with those of another user", own, other)
	}
}
