// Package reporttest makes folders of records of invented experiments, for tests and
// benchmarks of what reads them. Nothing is trained: lists are drawn, and the values of users
// are measured from them.
package reporttest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/search"
	"cllm4rec/core/train"
)

// Folder says how large a folder of records is.
type Folder struct {
	Datasets, Methods, Seeds int
	Users, Items, Depth      int
	// Names are those of the first methods; the others are numbered.
	Names []string
	// Epochs are of the log of every third method.
	Epochs int
	// Tried is how many configurations the search of the second method has; 0: none.
	Tried int
}

var metrics = []string{"recall@10", "ndcg@10", "coverage@10"}

// Write makes the folder with its plan. The same folder has the same numbers.
func (f Folder) Write(ctx context.Context, dir string) (plan *experiment.Plan, err error) {
	store, err := record.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closing := store.Close(); err == nil {
			err = closing
		}
	}()
	plan = f.plan()
	for d := range plan.Datasets {
		if err := f.dataset(ctx, store, plan, d); err != nil {
			return nil, err
		}
	}
	id, err := plan.ID()
	if err != nil {
		return nil, err
	}
	return plan, store.SavePlan(ctx, id, plan, func(record.PlanFile) bool { return false })
}

func (f Folder) plan() *experiment.Plan {
	p := &experiment.Plan{
		Schema: experiment.PlanSchema, Name: "invented", Depth: f.Depth,
		Evaluate: experiment.Evaluate{Candidates: "all", Mask: "train", History: "train", Metrics: metrics, Ties: "hashed"},
	}
	for s := range f.Seeds {
		p.Seeds = append(p.Seeds, uint64(s+1))
	}
	for d := range f.Datasets {
		p.Datasets = append(p.Datasets, experiment.DatasetPlan{Name: fmt.Sprintf("Data %d", d+1), Plugin: plugin(contract.KindDataset, "invented", `{}`)})
	}
	for m := range f.Methods {
		name := fmt.Sprintf("Method %d", m+1)
		if m < len(f.Names) {
			name = f.Names[m]
		}
		p.Methods = append(p.Methods, experiment.MethodPlan{Name: name, Plugin: plugin(contract.KindRecommender, fmt.Sprintf("family%d", m/4), fmt.Sprintf(`{"lambda": %d, "shared": true}`, 1+m%4))})
	}
	p.Table = experiment.Table{Against: p.Methods[0].Name, Published: []experiment.Published{{Dataset: "Data 1", Method: "Published", Metric: metrics[0], Value: 0.3, Source: "a paper"}}}
	f.search(p)
	return p
}

func plugin(kind contract.Kind, name, params string) experiment.PluginPlan {
	return experiment.PluginPlan{Kind: kind, Name: name, Version: "1", Params: json.RawMessage(params), Portable: json.RawMessage(params)}
}

func (f Folder) search(p *experiment.Plan) {
	if f.Tried == 0 || f.Methods < 2 {
		return
	}
	p.Methods[1].Search = &experiment.SearchPlan{Sampler: "random", Trials: f.Tried, Metrics: metrics[:1], Space: []search.Parameter{{Name: "params.lambda", Kind: search.Float, Low: 1, High: 100, Log: true}}}
	for d := range p.Datasets {
		draw := rand.New(rand.NewPCG(uint64(d), 5))
		c := experiment.Choice{Dataset: d, Method: 1, Plan: p.Methods[1]}
		for i := range f.Tried {
			score := 0.2 + 0.1*draw.Float64()
			c.Tried = append(c.Tried, experiment.Tried{Key: keyOf(fmt.Sprint(d, i)), Values: search.Assignment{"params.lambda": 1 + 99*draw.Float64()}, Score: &score, Seconds: 1})
			if score > *c.Tried[c.Best].Score {
				c.Best = i
			}
		}
		p.Choices = append(p.Choices, c)
	}
}

func keyOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// split draws who has which items: popular ones more often.
func (f Folder) split(d int) *data.Split {
	draw := rand.New(rand.NewPCG(uint64(d), 1))
	part := func() *data.Interactions { return &data.Interactions{Users: f.Users, Items: f.Items, Ptr: []int{0}} }
	s := &data.Split{Name: fmt.Sprintf("Data %d", d+1), Training: data.Training{Interactions: part()}, Test: part(), Fingerprint: keyOf(fmt.Sprint("data", d))}
	var users, items []string
	for i := range f.Items {
		items = append(items, fmt.Sprintf("i%d", i))
		s.Training.Texts = append(s.Training.Texts, data.Text{Kind: contract.TextTitle, User: -1, Item: int32(i), Text: fmt.Sprintf("Title <%d> & more", i)})
	}
	for u := range f.Users {
		users = append(users, fmt.Sprintf("user-%d", u))
		n := 3 + draw.IntN(8)
		seen := map[int32]bool{}
		for len(seen) < n {
			item := int32(float64(f.Items) * draw.Float64() * draw.Float64())
			if !seen[item] {
				seen[item] = true
				to := s.Training.Interactions
				if len(seen) > n-2 {
					to = s.Test
				}
				to.Item = append(to.Item, item)
			}
		}
		for _, x := range []*data.Interactions{s.Training.Interactions, s.Test} {
			x.Ptr = append(x.Ptr, len(x.Item))
		}
	}
	s.Users, s.Items = data.NewVocabulary(users), data.NewVocabulary(items)
	s.Audit = data.Audit{Users: f.Users, Items: f.Items, Interactions: s.Training.Interactions.Len() + s.Test.Len(),
		Train: data.PartCounts{Interactions: s.Training.Interactions.Len(), Users: f.Users, Items: f.Items}, Test: data.PartCounts{Interactions: s.Test.Len(), Users: f.Users, Items: f.Items}}
	return s
}

func (f Folder) dataset(ctx context.Context, store *record.Store, p *experiment.Plan, d int) error {
	s := f.split(d)
	files, err := store.SaveData(ctx, s)
	if err != nil {
		return err
	}
	for _, seed := range p.Seeds {
		for m := range p.Methods {
			rec, part, err := f.trial(s, d, m, seed)
			if err != nil {
				return err
			}
			rec.Method, rec.Data.Files = p.Methods[m].Name, &files
			if err := store.Save(rec, map[string]*record.Part{"test": part}); err != nil {
				return err
			}
			p.Trials = append(p.Trials, experiment.Trial{TrainKey: rec.TrainKey, Key: rec.Key, Dataset: d, Method: m, Seed: seed})
		}
	}
	return nil
}

func (f Folder) trial(s *data.Split, d, m int, seed uint64) (*record.Record, *record.Part, error) {
	trained := fmt.Sprintf(`{"dataset":{"name":"invented %d"},"method":{"number":%d,"plugin":{"name":"family%d","params":{"lambda":%d,"shared":true}}},"seed":%d}`, d, m, m/4, 1+m%4, seed)
	evaluate := fmt.Sprintf(`{"train":"%s"}`, keyOf(trained))
	audit, err := json.Marshal(s.Audit)
	if err != nil {
		return nil, nil, err
	}
	started := time.Date(2026, 1, 1+d, 0, m, int(seed), 0, time.UTC)
	seconds := 1 + 3*float64(m)
	rec := &record.Record{
		Schema: record.Schema, TrainKey: keyOf(trained), Key: keyOf(evaluate), Status: record.Done, Experiment: "invented", Dataset: s.Name, Seed: seed,
		Trial:    json.RawMessage(fmt.Sprintf(`{"train":%s,"evaluate":%s}`, trained, evaluate)),
		Plugins:  []record.Plugin{{Kind: "recommender", Name: fmt.Sprintf("family%d", m/4), Version: "1", Checksum: keyOf("binary"), Params: json.RawMessage(`{}`), PeakRSS: int64(20+10*m) << 20}},
		Data:     record.Data{Fingerprint: s.Fingerprint, Users: f.Users, Items: f.Items, Interactions: s.Training.Interactions.Len(), Audit: audit},
		Versions: record.Versions{Program: "test", Go: "go"}, Environment: record.Environment{OS: "linux", Arch: "amd64", CPU: "Test CPU", Cores: 2},
		Started: started, Finished: started.Add(time.Duration(seconds * float64(time.Second))), Times: record.Times{Train: seconds, Rank: 0.5},
	}
	if m%3 == 0 {
		rec.Log = log(f.Epochs, seed)
	}
	lists := f.lists(s, d, m, seed)
	parsed, err := eval.ParseMetrics(metrics)
	if err != nil {
		return nil, nil, err
	}
	values, err := eval.Measure(lists, s.Test, s.Training.Interactions, parsed, 2)
	if err != nil {
		return nil, nil, err
	}
	users := &record.Users{}
	result := record.Result{Part: "test", Means: map[string]float64{}, Overall: values.Overall, Users: f.Users}
	for u := range f.Users {
		users.Users = append(users.Users, s.Users.ID(int32(u)))
	}
	for _, name := range metrics {
		if column, per := values.PerUser[name]; per {
			users.Metrics, users.Values = append(users.Metrics, name), append(users.Values, column)
			sum := 0.0
			for _, v := range column {
				sum += v
			}
			result.Means[name] = sum / float64(len(column))
		}
	}
	rec.Results = []record.Result{result}
	return rec, &record.Part{Users: users, Rankings: &lists}, nil
}

// lists hold test items at a depth that a method's quality decides on.
func (f Folder) lists(s *data.Split, d, m int, seed uint64) eval.Rankings {
	draw := rand.New(rand.NewPCG(uint64(100*d+m), seed))
	quality := 0.25 + 0.02*float64((m*7+d)%f.Methods)
	r := eval.Rankings{Depth: f.Depth}
	for u := range f.Users {
		start, step := draw.IntN(f.Items), 1
		list := contract.Ranking{Items: make([]int32, f.Depth), Scores: make([]float32, f.Depth)}
		for i := range list.Items {
			list.Items[i], list.Scores[i] = int32((start+i*step)%f.Items), float32(f.Depth-i)
		}
		for _, item := range s.Test.Row(u) {
			if draw.Float64() < quality {
				place(list.Items, item, draw.IntN(f.Depth))
			}
		}
		r.Users, r.Lists = append(r.Users, int32(u)), append(r.Lists, list)
	}
	return r
}

// place puts an item at a place of a list; one that is in the list changes places.
func place(items []int32, item int32, at int) {
	for i := range items {
		if items[i] == item {
			items[i], items[at] = items[at], items[i]
			return
		}
	}
	items[at] = item
}

// log is a training whose loss falls and whose validation rises.
func log(epochs int, seed uint64) []train.Entry {
	var all []train.Entry
	for _, stage := range []string{"pretrain", "finetune"} {
		for e := 1; e <= epochs; e++ {
			loss, score := 5/float64(e)+float64(seed)/10, 0.5-0.3/float64(e)
			all = append(all, train.Entry{Stage: stage, Epoch: e, Tower: "collaborative", Loss: &loss, Seconds: 1, Steps: 10}, train.Entry{Stage: stage, Epoch: e, Validation: &score, Seconds: 1})
		}
	}
	return all
}

// HostileName is a name that is markup, ends scripts, turns the direction of writing and rings.
var HostileName = "</script><img src=x onerror=alert(1)>\"'&{{.}}\u202e\a" + strings.Repeat("long ", 12)
