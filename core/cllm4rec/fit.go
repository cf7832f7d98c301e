package cllm4rec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/prompt"
	"cllm4rec/core/stage"
)

// The towers' names in the backbone.
const (
	towerCollaborative = "collaborative"
	towerContent       = "content"
)

func towers() []string { return []string{towerCollaborative, towerContent} }

// Ranker answers queries, as a contract.Recommender does.
type Ranker interface {
	Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error)
}

// Validate measures a ranker on the validation part and returns the sum of metrics;
// higher is better. It never looks at test.
type Validate func(ctx context.Context, r Ranker, metrics []string) (float64, error)

// Input is what one Fit gets.
type Input struct {
	Users, Items int
	Training     data.Training
	Seed         uint64
	// Features describe items where tokens are made of them: one matrix, dense.
	Features []*contract.FeatureChunk
	// Without is needed where towers are trained jointly: it asks the method of joint.with.
	Without WithoutUsers
	// Validate is needed where something is selected (Settings.Selects).
	Validate Validate
	// Work is the folder of checkpoints and of towers that are kept for a while
	// (select.rule or a start is best); nil: one of the system's, without checkpoints.
	// Fit goes on from the checkpoint that is there, and leaves its last one.
	Work *stage.Folder
	// Pace says when there is a checkpoint; nil: never.
	Pace *stage.Pace
	// Cuts: the backbone takes a pass in several calls (contract.CapabilityFirstStep).
	Cuts bool
	// Sharing has the results of stages; nil: each Fit trains all of its own.
	Sharing *Sharing
	// Note is told of what somebody should know; nil: nobody wants to.
	Note func(string)
	// Model describes the backbone when it is loaded already; nil: Fit loads it.
	Model    *contract.ModelInfo
	Progress contract.OnProgress
	// Whole is told of each objective how many documents all passes of the Fit go over, and how
	// many of them are done; Scored of each score on validation, and of the best of its stage
	// so far. nil: nobody wants to know.
	Whole  func(o contract.Objective, done, total int64)
	Scored func(score, best float64)
	// PeakRSS is the most memory of the backbone's process so far, in bytes; nil: unknown.
	PeakRSS func() int64
}

// fitter is one Fit under way.
type fitter struct {
	in       Input
	settings Settings
	backbone contract.Backbone
	info     contract.ModelInfo
	build    *prompt.Builder
	asks     *prompt.Builder // of ranking: it leaves room for what is generated
	users    []int32         // those with training items, ascending
	texts    *corpus
	model    *Model
	report   *Report
	passes   []Pass
	state    *State

	folder  stage.Folder    // absolute: the backbone may run elsewhere
	changed map[string]bool // towers that are not as their file is
	perStep map[contract.Objective]time.Duration
	started time.Time // the Fit
	began   time.Time // what is counted of this process
	before  float64   // seconds of work that the state took before
}

// Fit trains from scratch and returns a model that ranks through the backbone,
// which must be configured, under settings that Config.Resolve decided. Same seed, input and backbone: same model. Errors:
// ErrInvalid for what the plan must mend, ErrNonFinite naming stage, epoch, step
// and tower, and whatever the backbone returns.
func Fit(ctx context.Context, b contract.Backbone, s Settings, in Input) (*Model, error) {
	f := &fitter{
		in: in, settings: s, backbone: b, state: newState(), changed: map[string]bool{},
		perStep: map[contract.Objective]time.Duration{}, started: time.Now(), began: time.Now(),
	}
	if err := f.run(ctx); err != nil {
		return nil, err
	}
	f.reportEnd()
	return f.model, nil
}

// run goes through the stages and removes the kept towers in the end, but for those
// of the last checkpoint.
func (f *fitter) run(ctx context.Context) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	folder, end, err := workFolder(ctx, f.in.Work)
	if err != nil {
		return err
	}
	f.folder = folder
	defer func() { err = errors.Join(err, end()) }()
	for _, step := range []func(context.Context) error{
		f.load, f.prepare, f.planPasses, f.reach, f.closeContent,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// check finds what is wrong with the input before any work starts.
func (f *fitter) check() error {
	x, s := f.in.Training.Interactions, f.settings
	switch {
	case s.Batch <= 0 || s.Select.Rule == "":
		return contract.Errorf(contract.ErrInvalid, "the settings are not decided: they come from Config.Resolve")
	case x == nil || x.Len() == 0:
		return contract.Errorf(contract.ErrInvalid, "there are no training interactions")
	case x.Users != f.in.Users || x.Items != f.in.Items:
		return contract.Errorf(contract.ErrInvalid, "training interactions are %d x %d, expected %d users x %d items", x.Users, x.Items, f.in.Users, f.in.Items)
	case s.Selects() && f.in.Validate == nil:
		return contract.Errorf(contract.ErrInvalid, "%s selects the best epoch, but there is no validation part: give the split one or set its rule: last", s.selecting())
	case s.Joint != nil && f.in.Without == nil:
		return contract.Errorf(contract.ErrInvalid, "there is joint training, and nobody to ask for the scores of another method")
	case s.Tokens.Mapped() && len(f.in.Features) == 0:
		return contract.Errorf(contract.ErrInvalid, "tokens.from is features, and there are no features")
	}
	return f.checkTexts()
}

func (f *fitter) load(ctx context.Context) (err error) {
	if f.in.Model != nil {
		f.info = *f.in.Model
		return nil
	}
	f.info, err = f.backbone.Load(ctx, contract.Resources{}, f.in.Progress)
	return err
}

// prepare encodes templates and texts, once.
func (f *fitter) prepare(ctx context.Context) error {
	if err := f.prepareBuilder(ctx); err != nil {
		return err
	}
	f.prepareStarts()
	f.users = usersWithItems(f.in.Training.Interactions)
	f.report = &Report{Settings: f.settings, Model: f.info, Seed: f.in.Seed, UsersSkipped: f.in.Users - len(f.users)}
	f.model = f.ranker()
	length, err := f.maxLength()
	if err != nil {
		return err
	}
	return f.encodeTexts(ctx, length)
}

// prepareBuilder encodes the templates.
func (f *fitter) prepareBuilder(ctx context.Context) error {
	s := f.settings
	set, err := prompt.NewSet(s.Wording, s.Templates, s.MaskText)
	if err != nil {
		return err
	}
	length, err := f.maxLength()
	if err != nil {
		return err
	}
	space := prompt.Space{VocabSize: f.info.VocabSize, Users: f.in.Users, Items: f.in.Items}
	f.build, err = prompt.NewBuilder(ctx, f.backbone, space, set, prompt.Options{
		MaxLength: length, EncoderDecoder: f.info.EncoderDecoder, MaskWord: s.MaskToken == MaskWord, PredictFirst: s.PredictFirst, Heterogeneous: s.MainText == MainHeterogeneous,
	})
	if err != nil {
		return err
	}
	if f.asks, err = f.build.Leaving(max(0, s.Rank.Items-1)); err != nil { // nothing reads the last one
		return err
	}
	return f.checkNobody()
}

// checkNobody refuses to ask without a user token by a template that has nothing else.
func (f *fitter) checkNobody() error {
	name, ids := prompt.Finetuning, []int32(nil)
	if f.settings.ranks() == StagePretrain {
		name = prompt.Collaborative
		ids, _, _ = f.build.NextItem(prompt.Nobody, nil)
	} else {
		ids, _ = f.build.Ranking(prompt.Nobody, nil)
	}
	if f.settings.Cold.User == ColdUserNone && len(ids) == 0 {
		return contract.Errorf(contract.ErrInvalid, "cold.user is none, and template %s has nothing beside {user}: a user without history would have an empty prompt", name)
	}
	return nil
}

// ranker is the model that ranks with the collaborative tower as it is.
func (f *fitter) ranker() *Model {
	return &Model{
		backbone: f.backbone, build: f.asks, settings: f.settings, seed: f.in.Seed, users: f.in.Users, items: f.in.Items, report: f.report, state: f.state,
		stage: f.settings.ranks(), trained: f.in.Training.Interactions,
	}
}

// maxLength is the plan's limit, which may not exceed the language model's.
func (f *fitter) maxLength() (int, error) {
	switch own, planned := f.info.MaxLength, f.settings.MaxLength; {
	case planned == 0:
		return own, nil
	case planned > own:
		return 0, contract.Errorf(contract.ErrInvalid, "max_length is %d, but the language model takes %d tokens", planned, own)
	default:
		return planned, nil
	}
}

func usersWithItems(x *data.Interactions) []int32 {
	var users []int32
	for u := range x.Users {
		if len(x.Row(u)) > 0 {
			users = append(users, int32(u))
		}
	}
	return users
}

// placeTowers loads the towers that have files in a folder, and draws the others:
// z ~ N(0, init_std^2), each with its own copy of what else trains.
func (f *fitter) placeTowers(ctx context.Context, from stage.Folder, files map[string]string) error {
	for i, name := range towers() {
		if name == towerContent && !f.settings.Content {
			continue
		}
		if err := f.placeTower(ctx, name, uint64(i), from, files[name]); err != nil {
			return fmt.Errorf("tower %s: %w", name, err)
		}
	}
	return nil
}

func (f *fitter) placeTower(ctx context.Context, name string, number uint64, from stage.Folder, file string) error {
	if file != "" {
		return f.backbone.LoadTower(ctx, name, from.Path(file))
	}
	err := f.backbone.OpenTower(ctx, contract.TowerSpec{Name: name, Users: f.in.Users, Items: f.in.Items, InitStd: f.settings.InitStd,
		Seed: contract.MixSeed(f.in.Seed, forTower, number), Train: f.settings.Train.Trainable(),
		ItemBias: f.settings.ItemBias && name == towerCollaborative})
	if err != nil || name != towerCollaborative || !f.settings.Tokens.Mapped() {
		return err
	}
	return f.mapItems(ctx)
}

// closeContent frees the content tower, which ranking does not need unless new items have
// its tokens.
func (f *fitter) closeContent(ctx context.Context) error {
	if !f.settings.Content || f.settings.Cold.Item == ColdItemContent {
		return nil
	}
	return f.backbone.CloseTower(ctx, towerContent)
}
