package experiment

import (
	"fmt"
	"strconv"

	"cllm4rec/core/contract"
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
			if !c.broken["datasets."+strconv.Itoa(d)] && splitOf(set).HoldsOutUsers() {
				c.checkFoldIn(m, i, set)
			}
		}
	}
}

// checkFoldIn refuses a method that ranks for users whom it was trained on alone.
func (c *checker) checkFoldIn(m *yamltree.Node, place int, set *yamltree.Node) {
	path := []string{"methods", strconv.Itoa(place)}
	asks := fmt.Sprintf("data set %q (split %s) asks for users who are held out whole, by their history alone", set.Get("name").Text(), splitOf(set).Method)
	if m.Get("cllm4rec") != nil {
		c.at("CLLM4Rec asks its question with the trained token of a user, and "+asks+": take the row out, or a split that trains on every user, such as ratio", append(path, "cllm4rec")...)
		return
	}
	if u, ok := c.uses["methods."+strconv.Itoa(place)+".recommender"]; ok && !u.plugin.Can(contract.CapabilityFoldIn) {
		c.at(lacks(u.plugin, "ranks for users that it was trained on alone", contract.CapabilityFoldIn)+", and "+asks+
			": take a plugin that has it (cllm4rec plugins NAME tells), or a split that trains on every user, such as ratio", append(path, "recommender", "plugin")...)
	}
}
