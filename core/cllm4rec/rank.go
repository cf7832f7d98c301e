package cllm4rec

import (
	"context"
	"math/rand/v2"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/prompt"
	"cllm4rec/core/train"
)

// Model ranks with a backbone's collaborative tower. It lives as long as the
// backbone does.
type Model struct {
	backbone     contract.Backbone
	build        *prompt.Builder
	settings     Settings
	seed         uint64
	users, items int
	report       *Report
	state        *State
	stage        Stage // that is under way, or whose tower ranks
}

// Rank answers queries in their order: the finetuning question after the whole
// history (paper: prediction), or, without finetuning, the next item of the
// collaborative document (LLM-PreRec). A history is put into the order in which
// it was trained; "shuffled" is a shuffle seeded by (seed, user), so that an
// answer depends neither on the queries beside it nor on how often it was asked
// (src/libs/data.py shuffles anew each time).
func (m *Model) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	rankings := make([]contract.Ranking, 0, len(queries))
	for batch := range slices.Chunk(queries, m.settings.RankBatch) {
		prompts, err := m.prompts(batch)
		if err != nil {
			return nil, err
		}
		answers, err := m.backbone.Rank(ctx, towerCollaborative, spec, prompts)
		if err != nil {
			return nil, err
		}
		if len(answers) != len(batch) {
			return nil, contract.Errorf(contract.ErrBadData, "the backbone ranked %d prompts into %d answers", len(batch), len(answers))
		}
		rankings = append(rankings, answers...)
	}
	return rankings, nil
}

func (m *Model) prompts(queries []contract.Query) ([]contract.RankPrompt, error) {
	prompts := make([]contract.RankPrompt, len(queries))
	for i, q := range queries {
		if err := m.checkQuery(q); err != nil {
			return nil, err
		}
		prompts[i] = m.prompt(q)
	}
	return prompts, nil
}

// prompt is a query as tokens, asked as often as the settings say.
func (m *Model) prompt(q contract.Query) contract.RankPrompt {
	rng := stream(m.seed, forRanking, uint64(q.User))
	first := m.text(q, rng)
	p := contract.RankPrompt{K: q.K, Prompt: first.Prompt, Main: first.Main}
	for range m.settings.Prompts - 1 {
		p.Others = append(p.Others, m.text(q, rng))
	}
	return p
}

// text asks the question of the stage once.
func (m *Model) text(q contract.Query, rng *rand.Rand) (t contract.PromptText) {
	if m.stage == StagePretrain {
		t.Prompt, t.Main, _ = m.build.NextItem(q.User, arrange(m.settings.ItemOrder, q.History, rng))
	} else {
		t.Prompt, _ = m.build.Ranking(q.User, arrange(m.settings.FinetuneOrder, q.History, rng))
	}
	return t
}

// checkQuery refuses indices that would name other tokens.
func (m *Model) checkQuery(q contract.Query) error {
	if q.User < 0 || int(q.User) >= m.users {
		return contract.Errorf(contract.ErrInvalid, "query for user %d, outside 0..%d", q.User, m.users-1)
	}
	for _, j := range q.History {
		if j < 0 || int(j) >= m.items {
			return contract.Errorf(contract.ErrInvalid, "query for user %d has item %d in its history, outside 0..%d", q.User, j, m.items-1)
		}
	}
	return nil
}

// Report says how the model was trained.
func (m *Model) Report() Report { return *m.report }

// Log is the training log.
func (m *Model) Log() []train.Entry { return m.state.Log }
