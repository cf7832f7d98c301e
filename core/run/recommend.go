package run

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/schema"
)

// Question is whom a kept model is to recommend for: a user of the data, or a
// history of items without a user.
type Question struct {
	User    string   // raw id; "" asks for the history
	History []string // raw ids, oldest first
	K       int      // how many items, > 0
}

// Recommendation is one recommended item.
type Recommendation struct {
	Item  string // raw id
	Title string // "" where the data have none
	Score float32
}

// Recommend loads the kept model of a trial into a new process of its plugin and
// asks for a ranking as at test: with the history and the mask of the record. Nothing
// that the question's history holds is recommended. Errors: ErrNotFound without a
// kept model or for an unknown user or item, with the nearest; ErrUnsupported where a
// history needs a user, and for a row that fuses the lists of others, with those to ask.
func Recommend(ctx context.Context, store *record.Store, rec *record.Record, plugins Launcher, resources contract.Resources, q Question) ([]Recommendation, error) {
	a, err := ask(store, rec, resources)
	if err != nil {
		return nil, err
	}
	query, masked, err := a.query(q)
	if err != nil {
		return nil, err
	}
	ranking, err := a.rank(ctx, plugins, query)
	if err != nil {
		return nil, err
	}
	return a.named(ranking, masked, q.K), nil
}

// asking is one question to the kept model of a record.
type asking struct {
	rec       *record.Record
	content   experiment.Content
	data      *record.SplitData
	dir       string // of the model
	resources contract.Resources
}

// ask opens the kept model of a record for questions.
func ask(store *record.Store, rec *record.Record, resources contract.Resources) (*asking, error) {
	if rec.Ensemble != nil {
		return nil, ofOthers(store, rec)
	}
	dir, err := store.Model(rec)
	if err != nil {
		return nil, err
	}
	a := &asking{rec: rec, dir: dir, resources: resources}
	if err := json.Unmarshal(rec.Trial, &a.content); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "trial %s: its content cannot be read: %v", rec.Key, err)
	}
	a.data, err = store.SplitData(rec)
	return a, err
}

// query is the question as indices; masked are the items that are dropped from the
// answer.
func (a *asking) query(q Question) (query contract.Query, masked []int32, err error) {
	query.User = contract.NoUser
	if q.User != "" {
		user := slices.Index(a.data.Users, q.User)
		if user < 0 {
			return query, nil, unknown("user", q.User, a.data.Users)
		}
		query.History = a.known(user, a.content.Evaluate.History)
		if !a.data.HeldOut(user) {
			query.User = int32(user)
		}
		masked = a.known(user, a.content.Evaluate.Mask)
	}
	for _, id := range q.History {
		item := slices.Index(a.data.Items, id)
		if item < 0 {
			return query, nil, unknown("item", id, a.data.Items)
		}
		query.History, masked = append(query.History, int32(item)), append(masked, int32(item))
	}
	query.K = int32(min(q.K+len(masked), len(a.data.Items)))
	return query, masked, nil
}

// known are the items of a user under one of the record's rules.
func (a *asking) known(user int, rule string) []int32 {
	items := slices.Clone(a.data.History(user))
	if rule == string(eval.RuleTrainValidation) && a.data.Validation != nil {
		items = append(items, a.data.Validation.Row(user)...)
	}
	return items
}

func unknown(what, id string, all []string) error {
	return contract.Errorf(contract.ErrNotFound, "the data have no %s %q%s", what, id, schema.Hint(id, all))
}

// rank starts the plugin, loads the model and asks.
func (a *asking) rank(ctx context.Context, plugins Launcher, q contract.Query) (contract.Ranking, error) {
	ranker, life, err := a.start(ctx, plugins, q)
	if life != nil {
		defer func() { _ = life.Stop(context.WithoutCancel(ctx)) }() // it has answered
	}
	if err != nil {
		return contract.Ranking{}, err
	}
	ties := contract.Ties{Rule: contract.TieRule(a.content.Evaluate.Ties), Seed: a.rec.Seed}
	answers, err := ranker.Rank(ctx, contract.RankSpec{Ties: ties}, []contract.Query{q})
	if err != nil {
		return contract.Ranking{}, err
	}
	if len(answers) != 1 {
		return contract.Ranking{}, contract.Errorf(contract.ErrBadData, "the plugin answered one query with %d rankings", len(answers))
	}
	return answers[0], answers[0].Check(q, len(a.data.Items))
}

// start starts the plugin of the record's method with its kept model.
func (a *asking) start(ctx context.Context, plugins Launcher, q contract.Query) (eval.Ranker, host.Life, error) {
	p := a.rec.Plugins[len(a.rec.Plugins)-1] // behind the data set's
	if a.content.Train.Method.Pipeline != nil {
		return a.startPipeline(ctx, plugins, p, q)
	}
	running, err := plugins.Recommender(ctx, p.Name, p.Params)
	if err != nil {
		return nil, nil, err
	}
	if err := a.same(running.Info); err != nil {
		return nil, running, err
	}
	state, ok := running.Plugin.(contract.Stateful)
	if !ok || !running.Info.Can(contract.CapabilityState) {
		return nil, running, contract.Errorf(contract.ErrUnsupported, "recommender plugin %s does not load a model: it lacks the capability %q", p.Name, contract.CapabilityState)
	}
	if q.User == contract.NoUser && !running.Info.Can(contract.CapabilityFoldIn) {
		return nil, running, contract.Errorf(contract.ErrUnsupported, "recommender plugin %s ranks for users that it was trained on alone: it lacks the capability %q; give --user", p.Name, contract.CapabilityFoldIn)
	}
	return running.Plugin, running, state.Load(ctx, filepath.Join(a.dir, recommenderFile))
}

func (a *asking) startPipeline(ctx context.Context, plugins Launcher, p record.Plugin, q contract.Query) (eval.Ranker, host.Life, error) {
	if q.User == contract.NoUser && !a.content.Train.Method.Pipeline.Cold.FoldsIn() {
		return nil, nil, contract.Errorf(contract.ErrUnsupported, "CLLM4Rec asks its question with the token of a user, so that a history alone has no answer unless its settings say what stands for the token (cold: {user: ...}); give --user")
	}
	kept, err := a.loadPipeline(ctx, plugins, p)
	return kept.model, kept.life, err
}

// keptPipeline is a trained pipeline in a new process of its backbone.
type keptPipeline struct {
	life     host.Life // nil before the process started
	backbone contract.Backbone
	plugin   contract.Info
	info     contract.ModelInfo
	model    *cllm4rec.Model
}

func (a *asking) loadPipeline(ctx context.Context, plugins Launcher, p record.Plugin) (k keptPipeline, err error) {
	running, err := plugins.Backbone(ctx, p.Name, p.Params)
	if err != nil {
		return k, err
	}
	k.life, k.backbone, k.plugin = running, running.Plugin, running.Info
	if err := a.same(running.Info); err != nil {
		return k, err
	}
	if k.info, err = k.backbone.Load(ctx, a.resources, nil); err != nil {
		return k, err
	}
	settings := *a.content.Train.Method.Pipeline
	settings.RankBatch = 1 // one question; a content has none
	k.model, err = cllm4rec.Load(ctx, k.backbone, settings, cllm4rec.Kept{
		Dir: a.dir, Users: len(a.data.Users), Items: len(a.data.Items), Interactions: a.data.Training, Seed: a.rec.Seed, Model: k.info,
	})
	return k, err
}

// same refuses a plugin whose numbers have changed since the model was trained.
func (a *asking) same(info contract.Info) error {
	if was := a.content.Train.Method.Plugin; was != nil && was.Semantics != max(1, info.Semantics) {
		return contract.Errorf(contract.ErrInvalid, "%s plugin %s has the semantics %d, and the model was trained with %d: run the experiment again", info.Kind, info.Name, info.Semantics, was.Semantics)
	}
	return nil
}

// named are the first k items that are not masked.
func (a *asking) named(r contract.Ranking, masked []int32, k int) []Recommendation {
	var all []Recommendation
	for i, item := range r.Items {
		if len(all) < k && !slices.Contains(masked, item) {
			all = append(all, Recommendation{Item: a.data.Items[item], Title: a.data.Titles[item], Score: r.Scores[i]})
		}
	}
	return all
}
