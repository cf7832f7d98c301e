package cllm4rec

import (
	"context"
	"math/rand/v2"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
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
	stage        Stage              // that is under way, or whose tower ranks
	trained      *data.Interactions // whom it was trained on
}

// Rank answers queries in their order: the finetuning question after the whole
// history (paper: prediction), or, without finetuning, the next item of the
// collaborative document (LLM-PreRec). A history is put into the order in which
// it was trained; "shuffled" is a shuffle seeded by (seed, user), so that an
// answer depends neither on the queries beside it nor on how often it was asked
// (src/libs/data.py shuffles anew each time).
func (m *Model) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	rankings := make([]contract.Ranking, 0, len(queries))
	for batch := range slices.Chunk(queries, m.settings.perCall()) {
		tower, prompts, err := m.prompts(ctx, batch)
		if err != nil {
			return nil, err
		}
		answers, err := m.backbone.Rank(ctx, tower, spec, prompts)
		if err != nil {
			return nil, err
		}
		if len(answers) != len(batch) {
			return nil, contract.Errorf(contract.ErrBadData, "the backbone ranked %d prompts into %d answers", len(batch), len(answers))
		}
		m.count(batch, answers)
		rankings = append(rankings, answers...)
	}
	return rankings, nil
}

// perCall is how many queries are asked at once: as many as a training step has
// documents, where tokens are fitted to them.
func (s Settings) perCall() int {
	if s.Cold.User == ColdUserFitted {
		return s.Batch
	}
	return s.RankBatch
}

// prompts are queries as tokens, and the tower that is to be asked.
func (m *Model) prompts(ctx context.Context, queries []contract.Query) (string, []contract.RankPrompt, error) {
	for _, q := range queries {
		if err := m.checkQuery(q); err != nil {
			return "", nil, err
		}
	}
	a, err := m.asking(ctx, queries)
	if err != nil {
		return "", nil, err
	}
	prompts := make([]contract.RankPrompt, len(queries))
	for i, q := range queries {
		prompts[i] = m.prompt(a.build, a.users[i], q)
	}
	return a.tower, prompts, nil
}

// prompt is a query as tokens, with the token of a user, asked as often as the settings say.
func (m *Model) prompt(build *prompt.Builder, user int32, q contract.Query) contract.RankPrompt {
	rng := stream(m.seed, forRanking, uint64(q.User))
	first := m.text(build, user, q.History, rng)
	p := contract.RankPrompt{K: q.K, Prompt: first.Prompt, Main: first.Main, Generate: m.settings.Rank.generation()}
	for range m.settings.Prompts - 1 {
		p.Others = append(p.Others, m.text(build, user, q.History, rng))
	}
	return p
}

// text asks the question of the stage once.
func (m *Model) text(build *prompt.Builder, user int32, history []int32, rng *rand.Rand) (t contract.PromptText) {
	if m.stage == StagePretrain {
		t.Prompt, t.Main, _ = build.NextItem(user, arrange(m.settings.ItemOrder, history, rng))
	} else {
		t.Prompt, _ = build.Ranking(user, arrange(m.settings.FinetuneOrder, history, rng))
	}
	return t
}

// checkQuery refuses indices that would name other tokens, and nobody where the settings
// do not say what stands for the token of a user.
func (m *Model) checkQuery(q contract.Query) error {
	known := q.User >= 0 && int(q.User) < m.users
	if !known && !(q.User == contract.NoUser && m.settings.Cold.FoldsIn()) {
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
