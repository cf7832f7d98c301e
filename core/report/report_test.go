package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

var update = flag.Bool("update", false, "rewrite the golden tables")

// records is a Source in memory.
type records map[string]stored

type stored struct {
	rec      *record.Record
	users    *record.Users
	rankings *eval.Rankings
	data     *record.SplitData

	attributes []contract.TrainAttributes
}

func (r records) Load(hash string) (*record.Record, error) {
	s, ok := r[hash]
	if !ok {
		return nil, contract.Errorf(contract.ErrNotFound, "no record")
	}
	return s.rec, nil
}

func (r records) Heads(keys []string) (*record.Heads, error) {
	heads := &record.Heads{ByKey: map[string]record.Head{}}
	for _, key := range keys {
		if s, there := r[key]; there {
			heads.ByKey[key] = s.rec.Head()
		}
	}
	return heads, nil
}

func (r records) Users(rec *record.Record, _ string) (*record.Users, error) {
	return r[rec.Key].users, nil
}

func (r records) Rankings(rec *record.Record, _ string) (*eval.Rankings, error) {
	if r[rec.Key].rankings == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "no rankings")
	}
	return r[rec.Key].rankings, nil
}

func (r records) Lists(rec *record.Record, part string, users []int32) ([]contract.Ranking, error) {
	all, err := r.Rankings(rec, part)
	if err != nil {
		return nil, err
	}
	var some []contract.Ranking
	for _, u := range users {
		some = append(some, all.Lists[slices.Index(all.Users, u)])
	}
	return some, nil
}

func (r records) UserAttributes(rec *record.Record) ([]contract.TrainAttributes, error) {
	return r[rec.Key].attributes, nil
}

func (r records) SplitData(rec *record.Record) (*record.SplitData, error) {
	if r[rec.Key].data == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "no data")
	}
	return r[rec.Key].data, nil
}

// sample is an experiment in which B_2 beats A & co by a lot, C equals B_2 up
// to noise, D failed once and E has not run.
func sample() (*experiment.Plan, records) {
	p := &experiment.Plan{
		Schema: experiment.PlanSchema, Name: "sample", Seeds: []uint64{1, 2},
		Datasets: []experiment.DatasetPlan{{Name: "Music & more"}, {Name: "Empty"}},
		Evaluate: experiment.Evaluate{Candidates: "all", Mask: "train", History: "train", Metrics: []string{"recall@20", "ndcg@100"}, Ties: "hashed"},
		Table: experiment.Table{Against: "A & co", Published: []experiment.Published{
			{Dataset: "Music & more", Method: "Multi-VAE", Metric: "recall@20", Value: 0.1295, Source: "arXiv 2402.09617"},
		}},
	}
	names := []string{"A & co", "B_2", "C|c", "D", "E"}
	from := records{}
	for m, name := range names {
		p.Methods = append(p.Methods, experiment.MethodPlan{Name: name})
		for _, seed := range p.Seeds {
			t := experiment.Trial{Key: fmt.Sprintf("hash-%d-%d", m, seed), Method: m, Seed: seed}
			p.Trials = append(p.Trials, t)
			if name != "E" {
				from[t.Key] = trial(t, m, name == "D" && seed == 2)
			}
		}
	}
	return p, from
}

func trial(t experiment.Trial, method int, failed bool) stored {
	audit, _ := json.Marshal(data.Audit{Train: data.PartCounts{Interactions: 90}, Test: data.PartCounts{Interactions: 10}, Density: 0.01, Gini: 0.5, ColdTestItems: 2, ColdTest: 3, Leak: &data.Leak{OwnFuture: 0.2, AnyFuture: 0.4}})
	rec := &record.Record{
		Started: time.Unix(0, 0), Finished: time.Unix(int64(20+method), 0),
		Key: t.Key, Status: record.Done, Seed: t.Seed, Times: record.Times{Train: 12.3 * float64(method+1), Rank: 0.25},
		Data:        record.Data{Fingerprint: strings.Repeat("f", 64), Users: 60, Items: 30, Interactions: 90, Texts: 7, Audit: audit},
		Environment: record.Environment{CPU: "Test CPU", Cores: 2},
		Plugins:     []record.Plugin{{Kind: "recommender", PeakRSS: int64(method+1) << 25}},
		Results:     []record.Result{{Part: "test", Users: 50, Skipped: 10}},
	}
	if failed {
		rec.Status, rec.Error = record.Failed, "plugin died: exit status 2; the end of its stderr:\n  oh no"
		return stored{rec: rec}
	}
	users := &record.Users{Metrics: []string{"recall@20", "ndcg@100"}, Values: make([][]float64, 2)}
	level := []float64{0.1, 0.3, 0.3, 0.2, 0}[method]
	for u := range 50 {
		users.Users = append(users.Users, fmt.Sprintf("u%d", u))
		noise := 0.05 * math.Sin(float64(u*7+method*13)+float64(t.Seed))
		users.Values[0] = append(users.Values[0], level+noise)
		users.Values[1] = append(users.Values[1], level/2+0.3*float64(method)*0.1*math.Cos(float64(u)))
	}
	return stored{rec: rec, users: users}
}

func TestTablesEqualTheGoldenFiles(t *testing.T) {
	plan, from := sample()
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		for _, color := range []bool{false, true} {
			var b bytes.Buffer
			if err := r.Write(&b, Format(f), Screen{Color: color, AllNotes: true}); err != nil {
				t.Fatal(err)
			}
			name := f
			if color && f == string(Terminal) {
				name += "-color"
			} else if color {
				continue
			}
			golden(t, name, b.Bytes())
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from %s (go test -update rewrites it):\n%s", name, path, got)
	}
}

func TestMemoryOfADeviceStandsBehindThatOfTheProcess(t *testing.T) {
	plan, from := sample()
	for hash, s := range from {
		if strings.HasPrefix(hash, "hash-1-") {
			s.rec.Plugins[0].PeakDevice = 3 << 30
		}
	}
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Write(&b, Markdown, Screen{AllNotes: true}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"| 64 + 3072 |", "own process + peak memory of its device in training;"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("the table lacks %q:\n%s", part, b.String())
		}
	}
}

func TestChosenWeightsAreTold(t *testing.T) {
	plan, from := sample()
	from["hash-1-2"].rec.Ensemble = &record.Ensemble{Weights: []float64{1, 0.15}, Tried: 7, Score: 0.5}
	from["hash-0-1"].rec.Ensemble = &record.Ensemble{Weights: []float64{1, 2}}
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(r.Tables[0].Notes, "\n"); !strings.Contains(notes, "B_2, seed 2: weights [1 0.15], the best of 7 combinations on validation.") || strings.Contains(notes, "[1 2]") {
		t.Errorf("notes:\n%s", notes)
	}
}

func TestOnlyASignificantBestIsBold(t *testing.T) {
	plan, from := sample()
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Tables[0].Rows {
		if row.Cells[0].Best {
			t.Errorf("%s is bold, though B_2 and C differ by noise only", row.Method)
		}
	}
	for hash := range from {
		if strings.HasPrefix(hash, "hash-2-") { // without C
			delete(from, hash)
		}
	}
	if r, err = Build(plan, from, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Tables[0].Rows {
		if row.Cells[0].Best != (row.Method == "B_2") {
			t.Errorf("%s: bold is %v", row.Method, row.Cells[0].Best)
		}
	}
}

func TestCSVHasTheAgreedHeader(t *testing.T) {
	plan, from := sample()
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Write(&b, CSV, Screen{AllNotes: true}); err != nil {
		t.Fatal(err)
	}
	if header, _, _ := strings.Cut(b.String(), "\n"); header != "dataset,method,metric,mean,ci_low,ci_high,seeds" {
		t.Errorf("got %s", header)
	}
}

func TestUnknownFormatNamesTheNearest(t *testing.T) {
	if _, err := ParseFormat("latx"); !contract.IsBadInput(err) || !strings.Contains(err.Error(), `"latex"`) {
		t.Errorf("got %v", err)
	}
}

func TestMarksOfPublishedNumbersStandBehindTheSource(t *testing.T) {
	plan, from := sample()
	quote := func(method, metric, mark string) experiment.Published {
		return experiment.Published{Dataset: "Music & more", Method: method, Metric: metric, Value: 0.1, Source: "a paper", Mark: mark}
	}
	plan.Table.Published = []experiment.Published{
		quote("plain", "recall@20", ""), quote("all", "recall@20", "unverified"), quote("all", "ndcg@100", "unverified"), quote("one", "recall@20", ""), quote("one", "ndcg@100", "recalled"),
		quote("other", "recall@20", "x"), quote("other", "ndcg@10", "not shown"),
	}
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range r.Tables[0].Rows[5:] {
		got = append(got, row.Source)
	}
	if want := []string{"a paper", "a paper; unverified", "a paper; ndcg@100 recalled", "a paper; x"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
