package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/train"
	"cllm4rec/core/yamltree"
)

// checkRecommender checks what a recommender's plugin must be able to do for the
// rest of its section. path leads to the method.
func (c *checker) checkRecommender(ctx context.Context, n *yamltree.Node, path []string) {
	at := yamltree.Extend(path, "recommender")
	u, ok := c.uses[strings.Join(at, ".")]
	if !ok || c.broken[strings.Join(path, ".")] {
		return
	}
	var r Recommender
	if err := json.Unmarshal(n.Marshal(), &r); err != nil {
		c.at(err.Error(), at...)
		return
	}
	if len(r.Features) > 0 && !u.plugin.Can(contract.CapabilityFeatures) {
		c.at(lacks(u.plugin, "takes no features", contract.CapabilityFeatures), yamltree.Extend(at, "features")...)
	}
	c.checkFeatures(ctx, n, at)
	c.checkTextRows(ctx, n, u.plugin, at)
	if r.Train != nil && !u.plugin.Can(contract.CapabilityEpochs) {
		c.at(lacks(u.plugin, "does not learn in epochs", contract.CapabilityEpochs), yamltree.Extend(at, "train")...)
		return
	}
	if s := trainSettings(u.plugin, r.Train); s != nil {
		c.checkTrain(u.plugin, *s, at)
	}
}

func lacks(p Plugin, what string, capability contract.Capability) string {
	return fmt.Sprintf("recommender plugin %s %s: it lacks the capability %q", p.Name, what, capability)
}

// trainSettings are those of a plugin that learns in epochs; nil for any other.
func trainSettings(p Plugin, c *train.Config) *train.Settings {
	if !p.Can(contract.CapabilityEpochs) {
		return nil
	}
	if c == nil {
		c = &train.Config{}
	}
	s := c.Decide()
	return &s
}

// checkTrain checks whether the best epoch can be found and kept.
func (c *checker) checkTrain(p Plugin, s train.Settings, path []string) {
	const instead = "train: {rule: last}"
	c.checkSelecting(s.Metrics, append(slices.Clip(path), "train", "metrics"))
	if s.Rule == train.Best && !p.Can(contract.CapabilityState) {
		c.at(lacks(p, "cannot keep its best epoch in a file", contract.CapabilityState)+"; say "+instead, path...)
	}
	for i, d := range c.root.Get("datasets").Elements() {
		c.checkValidation(s.Selection, d, i, path, instead)
	}
}

// checkVectors refuses features of a method that has no vectors. It comes when
// every plugin is known.
func (c *checker) checkVectors() {
	methods := c.root.Get("methods").Elements()
	for i, n := range methods {
		if c.bases[i] {
			continue
		}
		for _, in := range inputs(n, []string{"methods", strconv.Itoa(i)}) {
			if !slices.Contains(in.path, "features") {
				continue
			}
			for source, m := range methods {
				if !c.bases[source] && in.name != "" && m.Get("name").Text() == in.name {
					c.checkSource(m, source, in.path)
				}
			}
		}
	}
}

// checkSource checks the method whose vectors are asked for at path.
func (c *checker) checkSource(m *yamltree.Node, place int, path []string) {
	at := "methods." + strconv.Itoa(place)
	if m.Get("ensemble") != nil {
		c.at(fmt.Sprintf("method %q is an ensemble, which has no vectors", m.Get("name").Text()), path...)
		return
	}
	for _, section := range []string{at + ".recommender", at + ".cllm4rec.backbone"} {
		if u, ok := c.uses[section]; ok && !u.plugin.Can(contract.CapabilityVectors) {
			c.at(fmt.Sprintf("method %q gives no vectors: %s plugin %s lacks the capability %q", m.Get("name").Text(), u.kind, u.plugin.Name, contract.CapabilityVectors), path...)
		}
	}
}
