package run

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"
	"cllm4rec/core/stage"
	"cllm4rec/core/train"
)

// execution is one trial under way.
type execution struct {
	*runner
	event Event
	input
	device   string // of the trial's place; "" leaves it to the plugin
	rec      *record.Record
	progress contract.OnProgress
	tracker  *progress.Tracker // of all that the trial does
	parts    map[string]*record.Part
	plugin   host.Life    // the method's process; nil before it started
	work     stage.Folder // of checkpoints
	// validations are those that have begun.
	validations int
	spared      float64 // seconds in which others made what this trial would have made before it trains
}

// run starts the method's plugin, trains it, measures it and stops it.
func (x *execution) run(ctx context.Context) (err error) {
	if err := x.openWork(); err != nil {
		return err
	}
	x.follow()
	m, err := x.start(ctx)
	if err != nil {
		return err
	}
	if err = x.trainAndRank(ctx, m); err == nil {
		err = x.keep(ctx, m)
	}
	if x.plugin == nil {
		return err
	}
	x.usage(m)
	stop(ctx, x.plugin)
	return err
}

// start launches the method's plugin and, for a backbone, loads its weights.
func (x *execution) start(ctx context.Context) (method, error) {
	begin := time.Now()
	defer func() { x.rec.Times.Start = time.Since(begin).Seconds() }()
	plan := x.plan.MethodOf(x.event.Trial)
	if plan.Ensemble != nil {
		return &ensemble{x: x, fusion: *plan.Ensemble}, nil
	}
	x.rec.Plugins = append(x.rec.Plugins, recordPlugin(plan.Plugin))
	if err := planned(plan.Plugin); err != nil {
		return nil, err
	}
	if plan.Pipeline == nil {
		return x.startRecommender(ctx, plan)
	}
	return x.startPipeline(ctx, plan)
}

func (x *execution) trainAndRank(ctx context.Context, m method) error {
	begin := time.Now()
	if err := m.fit(ctx); err != nil {
		return err
	}
	before, resumed := m.earlier()
	x.rec.Times.Train, x.rec.Resumed, x.rec.Log = before+x.spared+time.Since(begin).Seconds(), resumed, m.entries()
	var err error
	if x.rec.Pipeline, err = m.report(); err != nil {
		return err
	}
	x.parts = map[string]*record.Part{}
	x.tracker.CompleteBut(workRank)
	ranked := 0
	for _, part := range x.measuredParts() {
		if err := x.measure(ctx, m, part, ranked); err != nil {
			return err
		}
		ranked += x.asked(part)
	}
	x.rec.Pipeline, err = m.report() // which counts what was wrong with generated answers
	return err
}

// measuredParts are the parts of the split that the plan measures.
func (x *execution) measuredParts() []contract.Part {
	parts := x.plan.Parts
	if parts == nil {
		parts = []contract.Part{contract.PartValidation, contract.PartTest}
	}
	return slices.DeleteFunc(slices.Clone(parts), func(p contract.Part) bool {
		return p == contract.PartValidation && x.split.Validation == nil
	})
}

// measure evaluates one part for the record, after so many users of others.
func (x *execution) measure(ctx context.Context, m method, part contract.Part, ranked int) error {
	o, err := x.evalOptions(x.plan.Evaluate.Metrics)
	if err != nil {
		return err
	}
	o.Depth, o.OnProgress = x.plan.DepthOf(x.event.Trial.Method), x.ranking(workRank, ranked)
	result, err := m.evaluate(ctx, part, o)
	if err != nil {
		return err
	}
	if part == contract.PartTest {
		x.rec.Times.Rank = result.RankTime.Seconds()
	}
	means := map[string]float64{}
	columns := &record.Users{}
	for _, u := range result.Users {
		columns.Users = append(columns.Users, x.split.Users.ID(u))
	}
	for _, metric := range x.plan.Evaluate.Metrics {
		if values, perUser := result.PerUser[metric]; perUser {
			means[metric], _ = result.Mean(metric)
			columns.Metrics, columns.Values = append(columns.Metrics, metric), append(columns.Values, values)
		}
	}
	x.parts[string(part)] = &record.Part{Users: columns, Rankings: &result.Rankings}
	x.rec.Results = append(x.rec.Results, record.Result{
		Part: string(part), Means: means, Overall: result.Overall, Users: len(result.Users), Skipped: result.Skipped,
	})
	return nil
}

// evalOptions are the plan's protocol with the given metrics. Ties are broken
// by the trial's seed, so that several seeds average over their order.
func (x *execution) evalOptions(metrics []string) (eval.Options, error) {
	e := x.plan.Evaluate
	parsed, err := eval.ParseMetrics(metrics)
	return eval.Options{
		Metrics: parsed, Mask: eval.Rule(e.Mask), History: eval.Rule(e.History), Candidates: e.Candidates,
		Ties:  contract.Ties{Rule: contract.TieRule(e.Ties), Seed: x.event.Trial.Seed},
		Batch: e.Batch, Threads: x.Threads,
	}, err
}

// resources are what the trial's plugin may use of the machine.
func (x *execution) resources() contract.Resources {
	return contract.Resources{Threads: x.Threads, Device: x.deviceOf(x.plan.MethodOf(x.event.Trial).Plugin)}
}

// deviceOf is the device that a plugin is given; "" leaves it to the plugin. A process that
// does one task may run on another machine than the one that planned it, where a plugin's own
// choice could be of another class than the trial's key says.
func (x *execution) deviceOf(plugin experiment.PluginPlan) string {
	switch {
	case !plugin.TakesDevice():
		return ""
	case x.task != nil:
		return plugin.Device
	}
	return x.device
}

// score is the sum of metrics on the validation part, by the plan's protocol. It is
// all that a selection sees.
func (x *execution) score(ctx context.Context, r eval.Ranker, metrics []string) (float64, error) {
	o, err := x.evalOptions(metrics)
	if err != nil {
		return 0, err
	}
	result, err := x.validated(ctx, r, o)
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, name := range metrics {
		mean, _ := result.Mean(name)
		sum += mean
	}
	return sum, nil
}

// usage notes what the method's process took.
func (x *execution) usage(m method) {
	p := &x.rec.Plugins[len(x.rec.Plugins)-1]
	took(p, x.plugin.Usage())
	p.PeakRSS, p.PeakDevice = max(p.PeakRSS, m.peakRSS()), m.peakDevice()
}

// fail turns the record into that of a failure.
func (x *execution) fail(err error) {
	x.rec.Status, x.rec.Error, x.rec.Results, x.parts = record.Failed, err.Error(), nil, nil
	x.rec.Died = errors.Is(err, contract.ErrDied)
	x.rec.Model, x.rec.Vectors, x.rec.Ensemble = nil, nil, nil
	if x.plugin != nil && !contract.IsBadInput(err) {
		x.rec.StderrTail = x.plugin.StderrTail()
	}
	x.countFailure(x.event, err)
}

// method is what the kinds of method have in common.
type method interface {
	fit(ctx context.Context) error
	// evaluate measures a part.
	evaluate(ctx context.Context, part contract.Part, o eval.Options) (*eval.Result, error)
	// vectors streams the vectors of users or items, after fit.
	vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error
	// save keeps the trained model in a folder; it may keep nothing.
	save(ctx context.Context, dir string) error
	// report is the stage report of a pipeline, else nil.
	report() (json.RawMessage, error)
	// entries are the training log; none when it does not learn in epochs.
	entries() []train.Entry
	// earlier is how long earlier processes trained from whose checkpoints it went on,
	// and how many they were.
	earlier() (seconds float64, processes int)
	peakDevice() int64 // bytes; 0: none or unknown
	// peakRSS is of the process in which a model was trained that was taken; 0: of none.
	peakRSS() int64
}

func (x *execution) startRecommender(ctx context.Context, plan experiment.MethodPlan) (method, error) {
	p, err := x.Plugins.Recommender(ctx, plan.Plugin.Name, plan.Plugin.Params)
	if err != nil {
		return nil, err
	}
	x.plugin = p
	if err := sameBinary(plan.Plugin, p.Checksum); err != nil {
		stop(ctx, p)
		return nil, err
	}
	return &recommender{plugin: p.Plugin, info: p.Info, x: x, settings: plan.Train}, nil
}

func (x *execution) startPipeline(ctx context.Context, plan experiment.MethodPlan) (method, error) {
	p, err := x.Plugins.Backbone(ctx, plan.Plugin.Name, plan.Plugin.Params)
	if err != nil {
		return nil, err
	}
	x.plugin = p
	m := &pipeline{backbone: p.Plugin, can: p.Info, x: x, settings: *plan.Pipeline}
	if err = sameBinary(plan.Plugin, p.Checksum); err == nil {
		m.info, err = p.Plugin.Load(ctx, x.resources(), x.progress)
	}
	if err != nil {
		stop(ctx, p)
		return nil, err
	}
	x.rec.Environment = x.rec.Environment.WithModel(m.info)
	return m, nil
}
