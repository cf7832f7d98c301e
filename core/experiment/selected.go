package experiment

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Select leaves to a run of the plan the methods of these names and those that they need; the
// plan itself, its keys and its table stay whole. No name is all methods. ErrInvalid names a
// method that the plan does not have.
func (p *Plan) Select(names []string) error {
	if len(names) == 0 {
		return nil
	}
	selected := map[int]bool{}
	for _, name := range names {
		m := p.place(name)
		if m < 0 {
			var known []string
			for _, m := range p.Methods {
				known = append(known, m.Name)
			}
			return contract.Errorf(contract.ErrInvalid, "%s has no method %q%s", p.Name, name, schema.Hint(name, known))
		}
		p.withNeeds(m, selected)
	}
	p.selected = selected
	return nil
}

// withNeeds adds a method and those that it needs.
func (p *Plan) withNeeds(method int, selected map[int]bool) {
	selected[method] = true
	for _, need := range p.Methods[method].Needs {
		if !selected[need] {
			p.withNeeds(need, selected)
		}
	}
}

// Selected reports whether a method is to be run.
func (p *Plan) Selected(method int) bool { return p.selected == nil || p.selected[method] }
