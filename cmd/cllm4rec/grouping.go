package main

import (
	"slices"
	"strings"

	"cllm4rec/core/contract"
)

// listed is a plugin as a row of `cllm4rec plugins`.
type listed struct {
	group                                       int // place of the group among all
	kind, name, version, takes, offers, summary string
}

// group is a kind of plugin, or some of the recommenders.
type group struct {
	name string
	fits func(contract.Info) bool
}

// groups are what the rows are sorted by; the first that fits a plugin is its own.
var groups = []group{
	{"dataset", func(i contract.Info) bool { return i.Kind == contract.KindDataset }},
	{"recommender, sequential", func(i contract.Info) bool {
		return i.Kind == contract.KindRecommender && i.Can(contract.CapabilityOrder)
	}},
	{"recommender with contents", func(i contract.Info) bool {
		return i.Kind == contract.KindRecommender && (i.Can(contract.CapabilityFeatures) || i.Can(contract.CapabilityTexts) || i.Can(contract.CapabilityAttributes))
	}},
	{"recommender", func(i contract.Info) bool { return i.Kind == contract.KindRecommender }},
	{"backbone", func(i contract.Info) bool { return i.Kind == contract.KindBackbone }},
}

// takenNames say what a recommender takes in training beside who has which item.
var takenNames = map[contract.Capability]string{
	contract.CapabilityOrder: "order or times", contract.CapabilityTexts: "texts", contract.CapabilityAttributes: "attributes",
	contract.CapabilityFeatures: "features", contract.CapabilitySide: "text rows",
}

// list makes a row of what a plugin says of itself.
func list(i contract.Info) listed {
	at := slices.IndexFunc(groups, func(g group) bool { return g.fits(i) })
	var takes, offers []string
	for _, can := range i.Capabilities {
		if name, taken := takenNames[can]; taken && i.Kind == contract.KindRecommender {
			takes = append(takes, name)
		} else {
			offers = append(offers, strings.ReplaceAll(string(can), "_", " "))
		}
	}
	slices.Sort(takes)
	return listed{
		group: at, kind: groups[at].name, name: i.Name, version: i.Version,
		takes: strings.Join(takes, ", "), offers: strings.Join(offers, ", "), summary: i.Summary,
	}
}
