package experiment

import (
	"fmt"
	"slices"
	"strconv"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/yamltree"
)

// checkHeldOut refuses methods that cannot rank for whom, or what, a split holds out
// whole. It comes when every plugin is known.
func (c *checker) checkHeldOut() {
	for i, m := range c.root.Get("methods").Elements() {
		if c.bases[i] {
			continue
		}
		for d, set := range c.root.Get("datasets").Elements() {
			switch split := splitOf(set); {
			case c.broken["datasets."+strconv.Itoa(d)]:
			case split.HoldsOutUsers():
				c.checkFoldIn(m, i, set)
			case split.HoldsOutItems():
				c.checkKnowsItems(m, i, d)
			}
		}
	}
}

// checkFoldIn refuses a method that ranks for users whom it was trained on alone.
func (c *checker) checkFoldIn(m *yamltree.Node, place int, set *yamltree.Node) {
	path := []string{"methods", strconv.Itoa(place)}
	asks := fmt.Sprintf("data set %q (split %s) asks for users who are held out whole, by their history alone", set.Get("name").Text(), splitOf(set).Method)
	if p := m.Get("cllm4rec"); p != nil {
		if p.Get("cold").Get("user") == nil {
			c.at("CLLM4Rec asks its question with the trained token of a user, and "+asks+": say what stands for the token (cold: {user: none}, mean or fitted), or take a split that trains on every user, such as ratio", append(path, "cllm4rec")...)
		}
		return
	}
	if u, ok := c.uses["methods."+strconv.Itoa(place)+".recommender"]; ok && !u.plugin.Can(contract.CapabilityFoldIn) {
		c.at(lacks(u.plugin, "ranks for users that it was trained on alone", contract.CapabilityFoldIn)+", and "+asks+
			": take a plugin that has it (cllm4rec plugins NAME tells), or a split that trains on every user, such as ratio", append(path, "recommender", "plugin")...)
	}
}

// checkKnowsItems refuses a method that knows items by interactions alone.
func (c *checker) checkKnowsItems(m *yamltree.Node, place, dataset int) {
	if m.Get("ensemble") != nil || c.failures["methods."+strconv.Itoa(place)+".recommender"].Name != "" || c.knowsItems(m, place, dataset, nil) {
		return // what an ensemble takes is checked by itself
	}
	path, kind := []string{"methods", strconv.Itoa(place)}, "recommender"
	instead := "give it features of the items or text_rows, or take the row out"
	if m.Get("cllm4rec") != nil {
		kind, instead = "cllm4rec", "let it have the content tower (content: true) or tokens of features, or take the row out"
	}
	c.at(fmt.Sprintf("data set %q (split %s) asks for items without a training interaction, and this method uses nothing else that is known of items (no texts, attributes, features or text_rows), so that it cannot tell them apart: %s",
		c.root.Get("datasets").Elements()[dataset].Get("name").Text(), data.MethodColdItems, instead), append(path, kind)...)
}

// knowsItems reports whether a method uses something that is known of items beside
// interactions; seen are methods that were asked already.
func (c *checker) knowsItems(m *yamltree.Node, place, dataset int, seen []int) bool {
	if slices.Contains(seen, place) {
		return false
	}
	if p := m.Get("cllm4rec"); p != nil {
		return !p.Get("content").Is(false) || p.Get("tokens").Get("from").Text() == string(cllm4rec.TokensFeatures)
	}
	r, at := m.Get("recommender"), "methods."+strconv.Itoa(place)+".recommender"
	source := c.uses["datasets."+strconv.Itoa(dataset)].plugin
	for _, a := range []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes} {
		if c.uses[at].plugin.Can(a) && source.Can(a) {
			return true
		}
	}
	if len(r.Get("text_rows").Elements()) > 0 {
		return true
	}
	for _, f := range r.Get("features").Elements() {
		if f.Get("entity").Text() == string(contract.EntityUser) {
			continue
		}
		if f.Get("of") == nil {
			return true
		}
		for other, n := range c.root.Get("methods").Elements() {
			if n.Get("name").Text() == f.Get("of").Text() && c.knowsItems(n, other, dataset, append(seen, place)) {
				return true
			}
		}
	}
	return false
}
