package run

import (
	"context"
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
)

// beside is another method of the plan that is fitted within a trial, in a process of its
// own, to be asked what it would say of a user whom it did not know.
type beside struct {
	x       *execution
	plan    experiment.MethodPlan
	running *host.Running[contract.Recommender] // nil before the first question
	place   int                                 // of the plugin in the record
}

// try fits the method and asks one question, so that what it cannot do is known before
// hours of training.
func (b *beside) try(ctx context.Context) error {
	_, err := b.rank(ctx, []contract.Query{{User: 0, K: 1}})
	return err
}

// rank answers queries by users who are left out.
func (b *beside) rank(ctx context.Context, queries []contract.Query) ([]contract.Ranking, error) {
	if b.running == nil {
		if err := b.fit(ctx); err != nil {
			return nil, fmt.Errorf("%s, which is trained with: %w", b.plan.Name, err)
		}
	}
	// One rule whatever the protocol says, which is no part of what decides the training.
	spec := contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}
	rankings, err := b.running.Plugin.(contract.LeavesOut).RankWithout(ctx, spec, queries)
	if err != nil {
		return nil, fmt.Errorf("%s, which is trained with: %w", b.plan.Name, err)
	}
	return rankings, nil
}

// fit starts the plugin and fits it to the trial's data with the trial's seed, as the
// method's own trial does.
func (b *beside) fit(ctx context.Context) error {
	x := b.x
	if err := planned(b.plan.Plugin); err != nil {
		return err
	}
	p, err := x.Plugins.Recommender(ctx, b.plan.Plugin.Name, b.plan.Plugin.Params)
	if err != nil {
		return err
	}
	b.place, b.running = len(x.rec.Plugins)-1, p // before the method's own
	x.rec.Plugins = slices.Insert(x.rec.Plugins, b.place, recordPlugin(b.plan.Plugin))
	if err := sameBinary(b.plan.Plugin, p.Checksum); err != nil {
		return err
	}
	if _, ok := p.Plugin.(contract.LeavesOut); !ok || !p.Info.Can(contract.CapabilityLeaveOut) {
		return contract.Errorf(contract.ErrUnsupported, "recommender plugin %s lacks the capability %q", b.plan.Plugin.Name, contract.CapabilityLeaveOut)
	}
	chunks, err := x.trainingOf(ctx, b.plan, p.Info)
	if err != nil {
		return err
	}
	return p.Plugin.Fit(ctx, x.fitSpec(contract.Resources{Threads: x.Threads}), chunks, nil)
}

// stop ends the plugin's process, where there is one.
func (b *beside) stop(ctx context.Context) {
	if b.running == nil {
		return
	}
	took(&b.x.rec.Plugins[b.place], b.running.Usage())
	stop(ctx, b.running)
}
