package cllm4rec

import (
	"context"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/prompt"
)

// towerNewcomers serves users and items that the collaborative tower was not trained on.
const towerNewcomers = "newcomers"

// asking is how one batch of queries is asked.
type asking struct {
	tower string
	build *prompt.Builder
	users []int32 // whose token each query has; prompt.Nobody: none
}

// asking chooses the tower of a batch of queries and whose tokens they have. A tower for
// newcomers is opened anew each time: it is small beside what is ranked with it, and the
// collaborative tower may have trained on.
func (m *Model) asking(ctx context.Context, queries []contract.Query) (asking, error) {
	a := asking{tower: towerCollaborative, build: m.build, users: make([]int32, len(queries))}
	var cold []int // places of the queries by users who were not trained on
	for i, q := range queries {
		a.users[i] = q.User
		if m.settings.Cold.User == "" || q.User != contract.NoUser && m.trainedOn(q.User) {
			continue
		}
		cold, a.users[i] = append(cold, i), prompt.Nobody
	}
	further := 0
	switch {
	case m.settings.Cold.User == ColdUserMean:
		further = min(1, len(cold))
	case m.settings.Cold.User == ColdUserFitted:
		further = len(cold)
	}
	if m.settings.Cold.Item == "" && further == 0 {
		return a, nil
	}
	if err := m.openNewcomers(ctx, further); err != nil {
		return a, err
	}
	a.tower, a.build = towerNewcomers, m.build.ForUsers(m.users+further)
	if further > 0 {
		for n, i := range cold {
			a.users[i] = int32(m.users + min(n, further-1))
		}
	}
	if m.settings.Cold.User == ColdUserFitted && further > 0 {
		return a, m.fitUsers(ctx, a, queries, cold)
	}
	return a, nil
}

// trainedOn reports whether a user has training interactions.
func (m *Model) trainedOn(user int32) bool { return len(m.trained.Row(int(user))) > 0 }

// openNewcomers opens the tower for newcomers with so many users who were not trained on.
func (m *Model) openNewcomers(ctx context.Context, users int) error {
	opener, ok := m.backbone.(contract.Newcomers)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "the backbone does not serve users and items that it was not trained on: it lacks the capability %q", contract.CapabilityNewcomers)
	}
	start, from := m.settings.Cold.start()
	return opener.OpenNewcomers(ctx, contract.NewcomerSpec{Name: towerNewcomers, Of: towerCollaborative, Users: users, Items: start, From: from})
}

// fitUsers fits the tokens of new users to their histories: each step of Adam is on one
// document of each of them, as the stage that ranks has documents, and the loss is a sum,
// so that no user's token depends on the users beside it. There is no dropout. A user
// without a history keeps the mean.
func (m *Model) fitUsers(ctx context.Context, a asking, queries []contract.Query, cold []int) error {
	cold = slices.DeleteFunc(slices.Clone(cold), func(i int) bool { return len(queries[i].History) == 0 })
	p := m.settings.fitting(m.stage)
	for step := range m.settings.Cold.Steps {
		var docs []contract.Example
		for _, i := range cold {
			rng := stream(m.seed, forFitting, uint64(step))
			if d := m.settings.document(m.stage, a.build, a.users[i], queries[i].History, rng); !d.Empty {
				docs = append(docs, d.Example)
			}
		}
		if len(docs) == 0 {
			return nil
		}
		p.Batch, p.FreshOptimiser = len(docs), step == 0
		if _, err := m.backbone.TrainTower(ctx, p, oneChunk(docs), nil); err != nil {
			return err
		}
	}
	return nil
}

// fitting is a step on the documents of the stage that ranks, in which the tokens of new
// users have the prior of users without texts alone.
func (s Settings) fitting(name Stage) contract.TrainSpec {
	p, lambda := s.pass(name, 1, 1, towerNewcomers, contract.Multinomial, s.Cold.Rate), s.Finetune.LambdaL
	if name == StagePretrain {
		p, lambda = s.pass(name, 1, 1, towerNewcomers, contract.NextItem, s.Cold.Rate), s.Pretrain.LambdaL
	}
	p.Spec.Reduction, p.Spec.Dropout, p.Spec.MaxGradNorm, p.Spec.WeightDecay = contract.BatchSum, 0, 0, 0
	p.Spec.Priors = s.toward("", lambda)
	for i := range p.Spec.Priors {
		p.Spec.Priors[i].Reduction = contract.BatchSum
	}
	return p.Spec
}

// oneChunk streams examples in one chunk.
func oneChunk(docs []contract.Example) contract.Examples {
	return func(yield func([]contract.Example, error) bool) { yield(docs, nil) }
}
