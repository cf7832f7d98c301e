package cllm4rec

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
)

// double is a backbone that writes down every call and learns a little: a
// token's state is the mean of the soft tokens up to it, trained by plain
// gradient descent under the three objectives and the priors.
type double struct {
	contract.Backbone // what a pipeline never calls
	words             []string
	ids               map[string]int32
	towers            map[string]*doubleTower
	log               strings.Builder
	docs              []contract.Example
	specs             []contract.TrainSpec
	nanAt             string // a tower whose training fails
	left              int    // examples that it trains on before it dies; 0: it lives on
	separate          bool
	generated         []int32 // what it writes
}

type doubleTower struct {
	User, Item [][]float64
	Mentioned  map[int32]bool // token ids
	Mapped     bool
	Newcomers  bool // tokens of users alone train
}

const (
	doubleWidth = 8
	doubleWords = 64
)

func newDouble() *double {
	return &double{ids: map[string]int32{}, towers: map[string]*doubleTower{}}
}

func (d *double) note(format string, args ...any) { fmt.Fprintf(&d.log, format+"\n", args...) }

func (d *double) Load(context.Context, contract.Resources, contract.OnProgress) (contract.ModelInfo, error) {
	d.note("load")
	return contract.ModelInfo{Architecture: "double", VocabSize: doubleWords, Hidden: doubleWidth, MaxLength: 32, EncoderDecoder: d.separate}, nil
}

func (d *double) Encode(_ context.Context, texts []string) ([][]int32, error) {
	d.note("encode %q", texts)
	ids := make([][]int32, len(texts))
	for i, text := range texts {
		for _, word := range strings.Fields(text) {
			if _, ok := d.ids[word]; !ok {
				d.ids[word] = int32(len(d.words))
				d.words = append(d.words, word)
			}
			ids[i] = append(ids[i], d.ids[word])
		}
	}
	return ids, nil
}

func normal(rows int, std float64, rng *rand.Rand) [][]float64 {
	table := make([][]float64, rows)
	for i := range table {
		table[i] = make([]float64, doubleWidth)
		for k := range table[i] {
			table[i][k] = std * rng.NormFloat64()
		}
	}
	return table
}

func (d *double) OpenTower(_ context.Context, s contract.TowerSpec) error {
	d.note("open %s %dx%d std %v", s.Name, s.Users, s.Items, s.InitStd)
	if !s.Train.OnlyTokens() {
		d.note("  training %+v", s.Train)
	}
	if s.ItemBias {
		d.note("  with biases of items")
	}
	rng := rand.New(rand.NewPCG(s.Seed, 0))
	d.towers[s.Name] = &doubleTower{normal(s.Users, s.InitStd*10, rng), normal(s.Items, s.InitStd*10, rng), map[int32]bool{}, false, false}
	return nil
}

// MapItems writes down that a tower has a map; the double's tokens stay what they are.
func (d *double) MapItems(_ context.Context, s contract.ItemMapSpec, features iter.Seq2[*contract.FeatureChunk, error]) error {
	rows := 0
	for c, err := range features {
		if err != nil {
			return err
		}
		rows += len(c.Rows)
	}
	d.note("map items of %s: %d rows of width %d", s.Tower, rows, s.Width)
	if d.towers[s.Tower].Mapped {
		return contract.Errorf(contract.ErrInvalid, "the items of tower %q are a map already", s.Tower)
	}
	d.towers[s.Tower].Mapped = true
	return nil
}

// OpenNewcomers copies a tower; its items are those of the double's content tower where
// it has seen them and the other one has not.
func (d *double) OpenNewcomers(_ context.Context, s contract.NewcomerSpec) error {
	d.note("newcomers %s of %s, %d users, items %q from %q", s.Name, s.Of, s.Users, s.Items, s.From)
	of, mean := d.towers[s.Of], make([]float64, doubleWidth)
	for u, z := range of.User {
		for k := range z {
			if of.Mentioned[int32(doubleWords+u)] {
				mean[k] += z[k] / float64(len(of.User))
			}
		}
	}
	t := &doubleTower{copied(of.User), copied(of.Item), maps.Clone(of.Mentioned), of.Mapped, true}
	for range s.Users {
		t.User = append(t.User, slices.Clone(mean))
	}
	for j := range t.Item {
		if id := int32(doubleWords + len(of.User) + j); s.From != "" && !of.Mentioned[id] && d.towers[s.From].Mentioned[id] {
			copy(t.Item[j], d.towers[s.From].Item[j])
		}
	}
	d.towers[s.Name] = t
	return nil
}

func copied(table [][]float64) [][]float64 {
	out := make([][]float64, len(table))
	for i, row := range table {
		out[i] = slices.Clone(row)
	}
	return out
}

func (d *double) CloseTower(_ context.Context, name string) error {
	d.note("close %s", name)
	delete(d.towers, name)
	return nil
}

// fileName is the name of a tower's file without its number.
func fileName(path string) string {
	_, name, _ := strings.Cut(filepath.Base(path), "-")
	return name
}

func (d *double) SaveTower(_ context.Context, name, path string) error {
	d.note("save %s %s", name, fileName(path))
	raw, err := json.Marshal(d.towers[name])
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

func (d *double) LoadTower(_ context.Context, name, path string) error {
	d.note("load %s %s", name, fileName(path))
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	t := &doubleTower{}
	err = json.Unmarshal(raw, t)
	d.towers[name] = t
	return err
}

func (d *double) TrainTower(_ context.Context, s contract.TrainSpec, docs contract.Examples, progress contract.OnProgress) (contract.TrainResult, error) {
	d.note("train %s %s %s first=%v batch=%d rate=%v dropout=%v fresh=%v", s.Tower, s.Objective, s.Reduction, s.PredictFirst, s.Batch, s.LearningRate, s.Dropout, s.FreshOptimiser)
	if s.MaxGradNorm != 0 || s.WeightDecay != 0 || s.Schedule != (contract.Schedule{}) {
		d.note("  clip=%v decay=%v schedule=%+v", s.MaxGradNorm, s.WeightDecay, s.Schedule)
	}
	for _, p := range s.Priors {
		if p.Residual {
			d.note("  prior of residuals %v %s targets=%v", p.Coefficient, p.Reduction, p.Targets)
			continue
		}
		d.note("  prior toward %q %v %s targets=%v mentioned=%v", p.Toward, p.Coefficient, p.Reduction, p.Targets, p.MentionedOnly)
	}
	d.specs = append(d.specs, s)
	r := contract.TrainResult{PeakMemory: 1 << 20}
	for chunk, err := range docs {
		if err != nil {
			return r, err
		}
		for _, doc := range chunk {
			d.note("  %s", d.text(s.Tower, doc))
			if o := doc.Offsets; len(o.Items) > 0 {
				d.note("    offsets %v %.4f else %.4f", o.Items, o.Values, o.Else)
			}
			d.docs = append(d.docs, doc)
			r.Examples++
			progress.Report(contract.Progress{Done: r.Examples, Unit: "example"})
			r.Data += d.learn(s, doc, &r)
			if d.left--; d.left == 0 {
				return r, contract.Errorf(contract.ErrDied, "killed")
			}
		}
	}
	if s.Tower == d.nanAt {
		return r, contract.Errorf(contract.ErrNonFinite, "step 3, tower %s: the loss is NaN", s.Tower)
	}
	r.Steps = (r.Examples + int64(s.Batch) - 1) / int64(s.Batch)
	r.MicroBatches = 2 * r.Steps
	r.Data /= float64(max(r.Predicted, 1))
	r.Loss = r.Data
	return r, nil
}

// learn takes one step on a document and returns its loss.
func (d *double) learn(s contract.TrainSpec, doc contract.Example, r *contract.TrainResult) (loss float64) {
	t := d.towers[s.Tower]
	if t.Newcomers {
		items := copied(t.Item)
		defer func() { t.Item = items }()
	}
	r.Tokens += int64(len(doc.Prompt) + len(doc.Main))
	seen := d.soft(t, doc.Prompt)
	head := t.Item
	if s.Objective == contract.NextWord {
		head = normal(doubleWords, 1, rand.New(rand.NewPCG(1, 1)))
	}
	if s.Extended {
		head = slices.Concat(normal(doubleWords, 1, rand.New(rand.NewPCG(1, 1))), t.User, t.Item)
	}
	for _, j := range doc.Targets {
		loss += descend(head, seen, int(j), s.LearningRate, r)
	}
	for k, token := range doc.Main {
		target := int(token)
		if s.Objective == contract.NextItem && !s.Extended {
			target -= doubleWords + len(t.User)
		}
		if k > 0 || s.PredictFirst {
			loss += descend(head, seen, target, s.LearningRate, r)
		}
		seen = append(seen, d.soft(t, doc.Main[k:k+1])...)
	}
	d.regularise(s, append(doc.Prompt, doc.Main...))
	for _, id := range slices.Concat(doc.Prompt, doc.Main) {
		t.Mentioned[id] = true
	}
	for _, j := range doc.Targets {
		t.Mentioned[int32(doubleWords+len(t.User))+j] = true
	}
	return loss
}

// soft are the vectors of the soft tokens among ids.
func (d *double) soft(t *doubleTower, ids []int32) (vectors [][]float64) {
	for _, id := range ids {
		switch i := int(id) - doubleWords; {
		case i >= len(t.User):
			vectors = append(vectors, t.Item[i-len(t.User)])
		case i >= 0:
			vectors = append(vectors, t.User[i])
		}
	}
	return vectors
}

func (d *double) regularise(s contract.TrainSpec, ids []int32) {
	for _, p := range s.Priors {
		ids := ids
		if p.MentionedOnly {
			other := d.towers[p.Toward]
			ids = slices.DeleteFunc(slices.Clone(ids), func(id int32) bool { return !other.Mentioned[id] })
		}
		for i, z := range d.soft(d.towers[s.Tower], ids) {
			for k := range z {
				reference := 0.0
				if p.Toward != "" {
					reference = d.soft(d.towers[p.Toward], ids)[i][k]
				}
				z[k] -= min(1, 2*p.Coefficient*s.LearningRate) * (z[k] - reference)
			}
		}
	}
}

func mean(vectors [][]float64) []float64 {
	h := make([]float64, doubleWidth)
	for _, v := range vectors {
		for k := range h {
			h[k] += v[k] / float64(len(vectors))
		}
	}
	return h
}

func logits(head [][]float64, h []float64) []float64 {
	scores := make([]float64, len(head))
	for j, z := range head {
		for k := range h {
			scores[j] += z[k] * h[k]
		}
	}
	return scores
}

// descend is one step on -ln softmax(head h)[target]; the head's rows move too.
func descend(head, seen [][]float64, target int, rate float64, r *contract.TrainResult) float64 {
	h := mean(seen)
	p, total := logits(head, h), 0.0
	for j := range p {
		p[j] = math.Exp(p[j])
		total += p[j]
	}
	loss, up := math.Log(total)-math.Log(p[target]), make([]float64, doubleWidth)
	for j := range p {
		g := p[j] / total
		if j == target {
			g--
		}
		for k := range h {
			up[k] += g * head[j][k]
			head[j][k] -= rate * g * h[k]
		}
	}
	for _, v := range seen {
		for k := range v {
			v[k] -= rate * up[k] / float64(len(seen))
		}
	}
	r.Predicted++
	return loss
}

func (d *double) Rank(_ context.Context, tower string, s contract.RankSpec, prompts []contract.RankPrompt) ([]contract.Ranking, error) {
	rankings := make([]contract.Ranking, len(prompts))
	for i, p := range prompts {
		d.note("rank %s %d %s", tower, p.K, d.text(tower, contract.Example{Prompt: p.Prompt, Main: p.Main}))
		for _, o := range p.Others {
			d.note("  and %s", d.text(tower, contract.Example{Prompt: o.Prompt, Main: o.Main}))
		}
		t := d.towers[tower]
		var err error
		if g := p.Generate; g.Items > 0 {
			d.note("  generating %d by %d beams", g.Items, g.Beams)
			if rankings[i], err = contract.TopK(g.Scores(len(t.Item), d.generated), int(p.K), s.Ties); err != nil {
				return nil, err
			}
			continue
		}
		if rankings[i], err = contract.TopK(logits(t.Item, mean(d.soft(t, slices.Concat(p.Prompt, p.Main)))), int(p.K), s.Ties); err != nil {
			return nil, err
		}
	}
	return rankings, nil
}

// text spells a document.
func (d *double) text(tower string, doc contract.Example) string {
	users := len(d.towers[tower].User)
	spell := func(ids []int32) string {
		words := make([]string, len(ids))
		for i, id := range ids {
			switch n := int(id) - doubleWords; {
			case n >= users:
				words[i] = fmt.Sprintf("<item_%d>", n-users)
			case n >= 0:
				words[i] = fmt.Sprintf("<user_%d>", n)
			default:
				words[i] = d.words[id]
			}
		}
		return strings.Join(words, " ")
	}
	text := spell(doc.Prompt)
	if doc.Main != nil {
		text += " | " + spell(doc.Main)
	}
	if doc.Targets != nil {
		text += fmt.Sprintf(" -> %v", doc.Targets)
	}
	if doc.Excluded != nil {
		text += fmt.Sprintf(" without %v", doc.Excluded)
	}
	return text
}
