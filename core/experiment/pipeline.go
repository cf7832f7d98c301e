package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/train"
	"cllm4rec/core/yamltree"
)

// checkPipeline asks core/cllm4rec whether the settings make sense together,
// and whether every data set has what they need. path leads to the method.
func (c *checker) checkPipeline(ctx context.Context, n *yamltree.Node, path []string) {
	if c.broken[strings.Join(path, ".")] {
		return
	}
	path = append(slices.Clip(path), "cllm4rec")
	c.checkTowers(ctx, path)
	var p Pipeline
	if err := json.Unmarshal(n.Marshal(), &p); err != nil {
		c.at(err.Error(), path...)
		return
	}
	problems := p.Check()
	for _, problem := range problems {
		c.at(problem.Message, append(slices.Clip(path), problem.Path...)...)
	}
	if len(problems) > 0 {
		return
	}
	settings, err := p.Resolve()
	if err != nil {
		c.at(err.Error(), path...)
		return
	}
	c.checkTrainable(settings, path)
	c.checkHead(settings, path)
	c.checkTokens(ctx, settings, n, path)
	c.checkLinear(settings, path)
	c.checkJoint(settings, path)
	if s := settings.Pretrain.Select; s != nil {
		c.checkSelecting(s.Metrics, append(slices.Clip(path), "pretrain", "select", "metrics"))
	}
	c.checkSelecting(settings.Select.Metrics, append(slices.Clip(path), "select", "metrics"))
	for i, d := range c.root.Get("datasets").Elements() {
		c.checkNeeds(settings, d, i, path)
	}
}

// checkTowers refuses a backbone that reads texts alone.
func (c *checker) checkTowers(ctx context.Context, path []string) {
	at := yamltree.Extend(path, "backbone")
	u, ok := c.uses[strings.Join(at, ".")]
	if !ok || !u.plugin.Can(contract.CapabilityReadsOnly) {
		return
	}
	var others []string
	for _, name := range c.plugins.Names(contract.KindBackbone) {
		if p, err := c.plugins.Describe(ctx, contract.KindBackbone, name); err == nil && !p.Can(contract.CapabilityReadsOnly) {
			others = append(others, name)
		}
	}
	have := "none that was found has any"
	if len(others) > 0 {
		have = "these have them: " + strings.Join(others, ", ")
	}
	c.at(fmt.Sprintf("backbone plugin %s reads texts alone (features: [{embed: ...}], cllm4rec score) and has no towers to train; %s", u.plugin.Name, have), yamltree.Extend(at, "plugin")...)
}

// checkTrainable refuses a mode of training that the backbone lacks.
func (c *checker) checkTrainable(s cllm4rec.Settings, path []string) {
	u, ok := c.uses[strings.Join(append(slices.Clip(path), "backbone"), ".")]
	if !ok {
		return
	}
	if err := u.plugin.Supports(s.Train.Trainable()); err != nil {
		c.at(err.Error(), append(slices.Clip(path), "train", "mode")...)
	}
}

// checkNeeds refuses selection without a validation part and texts that a data
// set does not have.
func (c *checker) checkNeeds(s cllm4rec.Settings, d *yamltree.Node, index int, path []string) {
	c.checkValidation(s.Select, d, index, path, "select: {rule: last}")
	if p := s.Pretrain.Select; p != nil && s.Select.Rule != train.Best {
		c.checkValidation(*p, d, index, path, "no pretrain.select")
	}
	at := "datasets." + strconv.Itoa(index)
	if u, ok := c.uses[at]; ok && !c.broken[at] && s.Content && !u.plugin.Can(contract.CapabilityTexts) {
		c.at(fmt.Sprintf("the content tower needs texts, and data set %q has none (plugin %s): say content: false", d.Get("name").Text(), u.plugin.Name), path...)
	}
}

// checkValidation refuses to select on a data set without a validation part; instead
// is what to say to select nothing.
func (c *checker) checkValidation(s train.Selection, d *yamltree.Node, index int, path []string, instead string) {
	if s.Rule == train.Best && !c.broken["datasets."+strconv.Itoa(index)] && !hasValidation(d) {
		c.at(fmt.Sprintf("the best epoch is selected on validation, and data set %q has no validation part: give its split a validation share, or say %s", d.Get("name").Text(), instead), path...)
	}
}

// hasValidation reports whether a split makes a validation part; a given one may.
func hasValidation(d *yamltree.Node) bool {
	return splitOf(d).HasValidation()
}

// splitOf is the split of a data set; empty where the schema found it broken.
func splitOf(d *yamltree.Node) (s data.SplitSpec) {
	split := d.Get("split")
	if split == nil || json.Unmarshal(split.Marshal(), &s) != nil {
		return data.SplitSpec{}
	}
	return s
}
