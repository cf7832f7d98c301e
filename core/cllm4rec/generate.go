package cllm4rec

import (
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Rank says how items are ranked once the towers are trained.
type Rank struct {
	By    RankBy `json:"by,omitempty" jsonschema:"enum=one_pass,enum=generation" jsonschema_description:"one_pass (default, the paper): all items by one pass over the question; generation: a beam search writes a list of items behind it, one after another, and these come first, in their order"`
	Items *int   `json:"items,omitempty" jsonschema:"minimum=1,maximum=10000" jsonschema_description:"with by generation: how many items are written (default 20)"`
	Beams *int   `json:"beams,omitempty" jsonschema:"minimum=1,maximum=10000" jsonschema_description:"with by generation: how many lists the search follows (default 20)"`
}

// RankBy is a way of ranking.
type RankBy string

// The ways.
const (
	RankOnePass    RankBy = "one_pass"
	RankGeneration RankBy = "generation"
)

// RankSettings are a Rank, decided; zero where one pass ranks.
type RankSettings struct {
	By    RankBy `json:"by,omitempty"`
	Items int    `json:"items,omitzero"`
	Beams int    `json:"beams,omitzero"`
}

func (r Rank) decide() RankSettings {
	if r.By != RankGeneration {
		return RankSettings{}
	}
	return RankSettings{By: r.By, Items: or(r.Items, 20), Beams: or(r.Beams, 20)}
}

// generation is the same in the words of the contract.
func (s RankSettings) generation() contract.Generation {
	return contract.Generation{Items: int32(s.Items), Beams: int32(s.Beams)}
}

// checkRank refuses what has no effect.
func (c Config) checkRank() []schema.Problem {
	switch {
	case c.Rank.By != RankGeneration && (c.Rank.Items != nil || c.Rank.Beams != nil):
		return []schema.Problem{{Path: []string{"rank"}, Message: "items and beams have no effect without by: generation"}}
	case c.Rank.By == RankGeneration && or(c.Prompts, 1) > 1:
		return []schema.Problem{{Path: []string{"prompts"}, Message: "several prompts have one ranking by the mean of their logits, and rank.by generation writes behind one"}}
	}
	return nil
}

// Generated counts what is wrong with generated lists.
type Generated struct {
	Lists    int `json:"lists"`
	Items    int `json:"items"`    // of all lists
	Repeated int `json:"repeated"` // that their list had before
	Known    int `json:"known"`    // of the history of the question, each once
}

// count notes what is wrong with some answers, where these were generated; an answer that
// is shorter than its list does not tell.
func (m *Model) count(queries []contract.Query, answers []contract.Ranking) {
	length := m.settings.Rank.Items
	if length == 0 {
		return
	}
	if m.report.Generated == nil {
		m.report.Generated = &Generated{}
	}
	g := m.report.Generated
	for i, answer := range answers {
		if len(answer.Items) < length {
			continue
		}
		distinct := 0
		for at, item := range answer.Items {
			if answer.Scores[at] <= 0 {
				break
			}
			distinct++
			if slices.Contains(queries[i].History, item) {
				g.Known++
			}
		}
		g.Lists, g.Items, g.Repeated = g.Lists+1, g.Items+length, g.Repeated+length-distinct
	}
}
