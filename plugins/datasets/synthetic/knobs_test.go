package main

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/data"
)

const streamed = `{"users":40,"biographies":0.5,"stream":true,"skew":1.4,"order":0.5,"groups":3}`

func TestOtherStreamedRowsNeedOtherSemantics(t *testing.T) {
	contracttest.DatasetGolden(t, newDataset(), json.RawMessage(streamed), map[int]string{1: "775b4697455e3671526cffb780440bbddc1f42b7b822041c5127496f1ccb25fd"})
}

// histories are the items of every user in the order of the stream.
func histories(t *testing.T, params string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := configured(t, params).Interactions(context.Background(), func(c *contract.InteractionChunk) error {
		for i, user := range c.Users {
			all[user] = append(all[user], c.Items[i])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestStreamedHistoriesHaveNoItemTwiceAndNeedNoOtherUser(t *testing.T) {
	few, many := histories(t, `{"users":30,"stream":true}`), histories(t, `{"users":3000,"stream":true}`)
	for user, items := range many {
		if n := len(slices.Compact(slices.Sorted(slices.Values(items)))); n != len(items) {
			t.Errorf("user %s has %d items, %d of them different", user, len(items), n)
		}
	}
	for user, items := range few {
		if !slices.Equal(items, many[user]) {
			t.Errorf("user %s has %v among 30 users and %v among 3000", user, items, many[user])
		}
	}
	if w, err := configured(t, `{"users":3000,"stream":true}`).world("Interactions"); err != nil || w.users != nil || w.history != nil {
		t.Errorf("the world holds %d users and %d histories, error %v", len(w.users), len(w.history), err)
	}
}

func TestSkewMakesPopularityUnequal(t *testing.T) {
	gini := func(skew string) float64 {
		return loaded(t, `{"users":1000,"contents":0,"reviews":0,"topics":2,"cold":0,"skew":`+skew+`}`).Audit.Gini
	}
	flat, usual, steep := gini("0"), gini("1"), gini("2")
	t.Logf("Gini %.2f, %.2f, %.2f at a skew of 0, 1, 2", flat, usual, steep)
	if flat > 0.3 || usual < flat+0.2 || steep < usual+0.1 {
		t.Errorf("Gini %.2f, %.2f, %.2f at a skew of 0, 1, 2", flat, usual, steep)
	}
}

// Of an item the most frequent next items are its three followers: they take the share that order says.
func TestOrderIsTheShareThatFollows(t *testing.T) {
	share := func(params string) float64 {
		next := map[string]map[string]int{}
		for _, items := range histories(t, params) {
			for i := 1; i < len(items); i++ {
				if next[items[i-1]] == nil {
					next[items[i-1]] = map[string]int{}
				}
				next[items[i-1]][items[i]]++
			}
		}
		top, all := 0, 0
		for _, counts := range next {
			var each []int
			for _, n := range counts {
				each = append(each, n)
				all += n
			}
			slices.Sort(each)
			for _, n := range each[max(0, len(each)-followers):] {
				top += n
			}
		}
		return float64(top) / float64(all)
	}
	without, with := share(`{"users":20000,"items":64}`), share(`{"users":20000,"items":64,"order":0.6}`)
	t.Logf("the three most frequent next items take %.2f, with order 0.6 %.2f", without, with)
	if with < 0.55 || with > 0.85 || without > with-0.2 {
		t.Errorf("the three most frequent next items take %.2f, with order 0.6 %.2f", without, with)
	}
}

func TestGroupsShareTastesAndFallInSize(t *testing.T) {
	o := data.Options{Name: "synthetic", Attributes: true, Split: data.SplitSpec{Method: data.MethodRatio, Validation: 0.1, Test: 0.1}}
	s, err := data.Load(t.Context(), configured(t, `{"users":600,"groups":3}`), o)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]contract.TrainAttributes{}
	for _, a := range s.Training.Attributes {
		if a.Entity == contract.EntityUser {
			of[a.Name] = a
		}
	}
	size, style := map[string]int{}, map[string]string{}
	for u, group := range of["group"].Words {
		size[group]++
		if style[group] == "" {
			style[group] = of["style"].Words[u]
		}
		if style[group] != of["style"].Words[u] {
			t.Fatalf("group %s likes the styles %s and %s", group, style[group], of["style"].Words[u])
		}
	}
	if len(size) != 3 || size["1"] < size["2"]+60 || size["2"] < size["3"]+20 {
		t.Errorf("sizes %v, want about 327, 164, 109", size)
	}
}
