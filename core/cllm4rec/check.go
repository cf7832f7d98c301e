package cllm4rec

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cllm4rec/core/prompt"
	"cllm4rec/core/schema"
)

// Check lists all that is wrong with the config: values out of range, faulty
// templates, settings that contradict each other. Paths start at the config.
func (c Config) Check() []schema.Problem {
	raw, err := json.Marshal(c)
	if err != nil { // a NaN or an infinity, which no YAML that passed the schema holds
		return []schema.Problem{{Message: err.Error()}}
	}
	problems := schema.Check(schema.Of[Config](), json.RawMessage(raw))
	problems = append(problems, c.checkTemplates()...)
	return append(problems, c.checkTogether()...)
}

func (c Config) checkTemplates() []schema.Problem {
	var problems []schema.Problem
	for _, name := range slices.Sorted(maps.Keys(c.Templates)) {
		path := []string{"templates", string(name)}
		if !slices.Contains(prompt.Names(), name) {
			problems = append(problems, schema.Problem{Path: path, Message: unknownTemplate(name)})
		} else if _, err := prompt.Parse(name, c.Templates[name]); err != nil {
			problems = append(problems, schema.Problem{Path: path, Message: err.Error()})
		}
	}
	return problems
}

func unknownTemplate(name prompt.Name) string {
	var known []string
	for _, n := range prompt.Names() {
		known = append(known, string(n))
	}
	if near := schema.Nearest(string(name), known); near != "" {
		return fmt.Sprintf("unknown template; did you mean %q?", near)
	}
	return fmt.Sprintf("unknown template; known are %v", known)
}

func (c Config) checkTogether() []schema.Problem {
	problems := slices.Concat(c.Train.check(), c.Tokens.check(), c.Linear.check(), c.checkCold(), c.checkRank(), c.checkJoint(), c.checkHead())
	if or(c.Pretrain.Epochs, 1) == 0 && or(c.Finetune.Epochs, 1) == 0 {
		problems = append(problems, schema.Problem{Path: []string{"finetune", "epochs"},
			Message: "must not be 0 when pretrain.epochs is 0: nothing would learn to rank"})
	}
	if c.Pretrain.Select != nil && c.Pretrain.Select.Rule != Last && either(c.CollaborativeStart, c.Fidelity.column().CollaborativeStart) == Best {
		problems = append(problems, schema.Problem{Path: []string{"pretrain", "select"},
			Message: "has no effect with collaborative_start best, which puts the tower of least training loss in its place: say collaborative_start: last"})
	}
	if low, high := or(c.Finetune.Mask, defaultMask), or(c.Finetune.MaskTo, 1); high < low {
		problems = append(problems, schema.Problem{Path: []string{"finetune", "mask_to"},
			Message: fmt.Sprintf("must be at least mask, which is %v, got %v", low, high)})
	}
	if d := or(c.Dropout, -1); d < 0 && d != -1 {
		problems = append(problems, schema.Problem{Path: []string{"dropout"},
			Message: fmt.Sprintf("must be -1 (the language model's own rates) or at least 0, got %v", d)})
	}
	return problems
}
