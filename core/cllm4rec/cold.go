package cllm4rec

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
	"cllm4rec/core/train"
)

// Cold says how users and items without a training interaction are served. The paper has
// no answer: its prompts begin with the trained token of a user, and its item head has
// the trained token of each item. Training is the same whatever it says.
type Cold struct {
	User  ColdUser `json:"user,omitempty" jsonschema:"enum=none,enum=mean,enum=fitted" jsonschema_description:"a user without a training interaction: none asks without a user token; mean asks with the mean of the trained user tokens; fitted begins there and fits the token to the user's history, with everything else frozen (default: the token as it was drawn, and no answer for a user who is held out whole)"`
	Item  ColdItem `json:"item,omitempty" jsonschema:"enum=features,enum=content" jsonschema_description:"an item without a training interaction: features takes W g_j without a residual (with tokens.from features); content takes its token of the content tower, which is the mean of its prior (default: the token as training left it, whose every softmax pushed it away)"`
	Steps *int     `json:"steps,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"with user fitted: steps of Adam; each masks the history anew, as finetuning does (default 20)"`
	Rate  *float64 `json:"lr,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"with user fitted: Adam's learning rate (default 0.01)"`
}

// ColdUser is how a user without a training interaction is served.
type ColdUser string

// ColdItem is how an item without a training interaction is served.
type ColdItem string

// The values of Cold.
const (
	ColdUserNone   ColdUser = "none"
	ColdUserMean   ColdUser = "mean"
	ColdUserFitted ColdUser = "fitted"

	ColdItemFeatures ColdItem = "features"
	ColdItemContent  ColdItem = "content"
)

// ColdSettings are Cold, decided; zero where nobody is served in a way of their own.
type ColdSettings struct {
	User  ColdUser `json:"user,omitempty"`
	Item  ColdItem `json:"item,omitempty"`
	Steps int      `json:"steps,omitzero"`
	Rate  float64  `json:"lr,omitzero"`
}

// FoldsIn reports whether a history without a user has an answer (contract.NoUser).
func (s ColdSettings) FoldsIn() bool { return s.User != "" }

// NeedsNewcomers reports whether the backbone must have contract.CapabilityNewcomers.
func (s ColdSettings) NeedsNewcomers() bool {
	return s.Item != "" || s.User == ColdUserMean || s.User == ColdUserFitted
}

// start is what the backbone makes of items that it was not trained on.
func (s ColdSettings) start() (start contract.ItemStart, from string) {
	switch s.Item {
	case ColdItemFeatures:
		return contract.ItemsOfMap, ""
	case ColdItemContent:
		return contract.ItemsOfTower, towerContent
	}
	return contract.ItemsAsTheyAre, ""
}

// decide fills in the defaults.
func (c Cold) decide() ColdSettings {
	s := ColdSettings{User: c.User, Item: c.Item}
	if s.User == ColdUserFitted {
		s.Steps, s.Rate = or(c.Steps, 20), or(c.Rate, 0.01)
	}
	return s
}

// checkCold refuses ways that the rest of the config does not provide for.
func (c Config) checkCold() []schema.Problem {
	var problems []schema.Problem
	add := func(key, message string) {
		problems = append(problems, schema.Problem{Path: []string{"cold", key}, Message: message})
	}
	if c.Cold.User != ColdUserFitted && c.Cold.Steps != nil {
		add("steps", "has no effect without user: fitted")
	}
	if c.Cold.User != ColdUserFitted && c.Cold.Rate != nil {
		add("lr", "has no effect without user: fitted")
	}
	switch {
	case c.Cold.Item == ColdItemFeatures && c.Tokens.From != TokensFeatures:
		add("item", "features are what item tokens are made of: it needs tokens: {from: features}")
	case c.Cold.Item == ColdItemContent && !or(c.Content, true):
		add("item", "content takes the token of the content tower, and there is none (content: false)")
	case c.Cold.Item == ColdItemContent && or(c.Finetune.Epochs, 1) == 0 && c.Select.Rule != train.Last:
		add("item", "content needs the content tower of the epoch that ranks, and a selection in pretraining keeps the collaborative one alone: say select: {rule: last}")
	}
	return problems
}
