package cllm4rec

import (
	"context"

	"cllm4rec/core/contract"
)

// scheduled reports whether the learning rate changes within a stage.
func (s OptimiserSettings) scheduled() bool { return s.Schedule != "" || s.WarmUp > 0 }

// planPasses lists what there is to do before any work starts. A cosine must know
// its end to the step: examples are then made once to be counted.
func (f *fitter) planPasses(context.Context) error {
	users, texts := int64(len(f.users)), int64(f.texts.len())
	sizes := Sizes{contract.NextItem: {Examples: users}, contract.Multinomial: {Examples: users}, contract.NextWord: {Examples: texts}}
	f.passes = Passes(f.settings, sizes)
	if !f.settings.Optimiser.scheduled() {
		return nil
	}
	exact := Sizes{}
	for _, p := range f.passes {
		if _, known := exact[p.Spec.Objective]; !known {
			exact[p.Spec.Objective] = Size{Examples: int64(f.examples(p).count())}
		}
	}
	f.passes = Passes(f.settings, exact)
	return f.checkWarmUp()
}

// checkWarmUp refuses a warm-up that outlasts a stage.
func (f *fitter) checkWarmUp() error {
	warmUp := f.settings.Optimiser.WarmUp
	for _, p := range f.passes {
		if total := stageSteps(f.passes, p); total > 0 && warmUp >= total {
			return contract.Errorf(contract.ErrInvalid, "optimiser.warmup_steps is %d, but the %s tower has %d steps in the stage %s: choose fewer", warmUp, p.Spec.Tower, total, p.Stage)
		}
	}
	return nil
}

// stageSteps is the steps of a pass's tower in its stage, over which one schedule
// runs.
func stageSteps(passes []Pass, of Pass) (total int64) {
	for _, p := range passes {
		if p.Stage == of.Stage && p.Spec.Tower == of.Spec.Tower {
			total += p.Steps()
		}
	}
	return total
}

// count is the number of documents that are trained on.
func (s source) count() int {
	var t Tally
	for _, k := range s.order {
		t.add(s.build(k))
	}
	return t.Built
}

// schedule goes on where the tower's last pass of the stage ended.
func (f *fitter) schedule(p Pass) contract.Schedule {
	s, total := f.settings.Optimiser, stageSteps(f.passes, p)
	if !s.scheduled() || total == 0 {
		return contract.Schedule{}
	}
	return contract.Schedule{Kind: s.Schedule, WarmUp: s.WarmUp, Total: total, Start: f.state.Steps[p.Stage][p.Spec.Tower]}
}
