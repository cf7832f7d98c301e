package experiment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/yamltree"
)

// checkJoint checks the method that towers are trained jointly with: it is fitted again
// within the trial, and so must be a recommender that needs nothing but the data. at leads
// to the pipeline's section.
func (c *checker) checkJoint(s cllm4rec.Settings, at []string) {
	if s.Joint == nil {
		return
	}
	if u, ok := c.uses[strings.Join(yamltree.Extend(at, "backbone"), ".")]; ok && !u.plugin.Can(contract.CapabilityOffsets) {
		c.at(fmt.Sprintf("backbone plugin %s lacks the capability %q", u.plugin.Name, contract.CapabilityOffsets), yamltree.Extend(at, "joint")...)
	}
	path := yamltree.Extend(yamltree.Extend(at, "joint"), "with")
	for i, n := range c.root.Get("methods").Elements() {
		if n.Get("name").Text() != s.Joint.With {
			continue
		}
		if why := c.notBeside(i, n); why != "" {
			c.at(fmt.Sprintf("method %q cannot be trained with: %s", s.Joint.With, why), path...)
		}
	}
}

// notBeside says why method number i cannot be fitted within the trial of another; "" where
// it can.
func (c *checker) notBeside(i int, n *yamltree.Node) string {
	u, known := c.uses["methods."+strconv.Itoa(i)+".recommender"]
	switch {
	case n.Get("recommender") == nil:
		return "it is no recommender of its own; give one of those that it is made of"
	case n.Get("search") != nil:
		return "its settings are searched: give what was found"
	case slices.ContainsFunc(n.Get("recommender").Get("features").Elements(), func(f *yamltree.Node) bool { return f.Get("of") != nil }):
		return "its features are another row's vectors"
	case known && !u.plugin.Can(contract.CapabilityLeaveOut):
		return fmt.Sprintf("recommender plugin %s does not rank as if it did not know a user: it lacks the capability %q; ease and textease have it", u.plugin.Name, contract.CapabilityLeaveOut)
	case known && u.plugin.Can(contract.CapabilityEpochs):
		return fmt.Sprintf("recommender plugin %s learns in epochs", u.plugin.Name)
	}
	return ""
}

// addJoint finds the methods that pipelines are trained jointly with.
func (p *Plan) addJoint() {
	for i, m := range p.Methods {
		if m.Pipeline != nil && m.Pipeline.Joint != nil {
			with := p.Methods[p.place(m.Pipeline.Joint.With)]
			p.Methods[i].Joint = &with
		}
	}
}
