package cllm4rec

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

const jointly = `"content": false, "pretrain": {"epochs": 1}, "finetune": {"epochs": 2, "lr": 0.02}, "batch": 2, "joint": {"with": "EASE", "gamma": 2, "epochs": 2}`

// countdown answers every query with the items in falling order of index, item j scoring j.
func countdown(asked *[]contract.Query) WithoutUsers {
	return func(_ context.Context, queries []contract.Query) (all []contract.Ranking, err error) {
		*asked = append(*asked, queries...)
		for _, q := range queries {
			var r contract.Ranking
			for j := range q.K {
				r.Items, r.Scores = append(r.Items, 5-j), append(r.Scores, float32(5-j))
			}
			all = append(all, r)
		}
		return all, nil
	}
}

func fitJointly(t *testing.T, text string) (*double, []contract.Query, *Model) {
	t.Helper()
	var asked []contract.Query
	d := newDouble()
	in := input(t, d, tiny(), 7)
	in.Features, in.Without = described(), countdown(&asked)
	m, err := Fit(t.Context(), d, config(t, text), in)
	if err != nil {
		t.Fatal(err)
	}
	return d, asked, m
}

func TestCallsOfJointTrainingAreThoseOfItsGoldenFile(t *testing.T) {
	d, _, _ := fitJointly(t, jointly)
	golden(t, filepath.Join("testdata", "plusr", "joint.golden"), d.log.String())
}

// A history {1, 3, 5} of the six items leaves the list (4, 2, 0): mean 2, deviation
// sqrt(8/3), z = (1.2247, 0, -1.2247), and gamma 2.
func TestOffsetsAreStandardScoresOfItemsThatAreNotInTheHistory(t *testing.T) {
	list, _ := countdown(new([]contract.Query))(t.Context(), []contract.Query{{K: 6}})
	o := JointSettings{Gamma: 2, Depth: 1000}.offsets(list[0].Without([]int32{3, 1, 5}))
	z := 2 * math.Sqrt(1.5)
	for i, want := range []float64{z, 0, -z} {
		if math.Abs(float64(o.Values[i])-want) > 1e-6 || o.Items[i] != []int32{4, 2, 0}[i] {
			t.Errorf("item %d has %v, want %v", o.Items[i], o.Values[i], want)
		}
	}
	if math.Abs(float64(o.Else)+z) > 1e-6 {
		t.Errorf("another item has %v, want %v", o.Else, -z)
	}
	if cut := (JointSettings{Gamma: 2, Depth: 2}).offsets(list[0]); !slices.Equal(cut.Items, []int32{5, 4}) || cut.Else != -2 {
		t.Errorf("of a depth of 2 there is %+v", cut)
	}
}

// TestEveryUserIsAskedForTheHistoryOfTheirDocument: of the documents that joint training
// has, each user's masked history is asked about, with the user named, once an epoch.
func TestEveryUserIsAskedForTheHistoryOfTheirDocument(t *testing.T) {
	d, asked, m := fitJointly(t, jointly)
	var joint []contract.Example
	at := 0
	for _, p := range m.Report().Passes {
		if p.Stage == StageJoint {
			joint = append(joint, d.docs[at:at+p.Documents]...)
		}
		at += p.Documents
	}
	if len(joint) == 0 || len(joint) != len(asked) {
		t.Fatalf("%d documents and %d queries", len(joint), len(asked))
	}
	for i, doc := range joint {
		q, training := asked[i], tiny().Interactions.Row(int(asked[i].User))
		if len(doc.Offsets.Items) == 0 || len(doc.Offsets.Items) != len(doc.Offsets.Values) {
			t.Errorf("document %d has the offsets %+v", i, doc.Offsets)
		}
		for _, item := range q.History {
			if !slices.Contains(training, item) || slices.Contains(doc.Targets, item) || slices.Contains(doc.Offsets.Items, item) {
				t.Errorf("user %d was asked for with item %d, of training %v, targets %v, offsets of %v", q.User, item, training, doc.Targets, doc.Offsets.Items)
			}
		}
		if len(q.History)+len(doc.Targets) != len(training) {
			t.Errorf("user %d has %d items, %d were asked with and %d are targets", q.User, len(training), len(q.History), len(doc.Targets))
		}
	}
	for _, doc := range d.docs[:at-len(joint)] {
		if len(doc.Offsets.Items) > 0 {
			t.Error("a document before joint training has offsets")
		}
	}
}

func TestJointTrainingGoesOnFromTheBestEpochOfFinetuning(t *testing.T) {
	text := strings.Replace(jointly, `"epochs": 2, "lr": 0.02}`, `"epochs": 3, "lr": 0.02}, "select": {"every": 1}`, 1)
	d, _, m := fitJointly(t, text)
	saved, loaded := strings.LastIndex(d.log.String(), "load collaborative"), strings.LastIndex(d.log.String(), "train ")
	if s := m.Report().Selection; s == nil || s.Stage != StageFinetune || len(s.Curve) != 3 || s.Best == 0 {
		t.Errorf("selection %+v", m.Report().Selection)
	}
	if saved < 0 || loaded < saved {
		t.Errorf("the best tower is not in place before the last training:\n%s", d.log.String())
	}
}

func TestWhatIsWrongWithJointTrainingIsNamed(t *testing.T) {
	none := 0
	for part, c := range map[string]Config{
		"joint: goes on from finetuning": {Finetune: Finetune{Epochs: &none}, Joint: &Joint{With: "EASE", Gamma: 1}},
		"joint.gamma":                    {Joint: &Joint{With: "EASE"}},
		"joint.with":                     {Joint: &Joint{Gamma: 1}},
	} {
		if _, err := c.Resolve(); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
	in := input(t, newDouble(), tiny(), 7)
	if _, err := Fit(t.Context(), newDouble(), config(t, jointly), in); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("with nobody to ask: error %v", err)
	}
	for name, answer := range map[string]WithoutUsers{
		"none": func(context.Context, []contract.Query) ([]contract.Ranking, error) { return nil, nil },
		"short": func(_ context.Context, q []contract.Query) ([]contract.Ranking, error) {
			return make([]contract.Ranking, len(q)), nil
		},
	} {
		d := newDouble()
		in := input(t, d, tiny(), 7)
		in.Without = answer
		if _, err := Fit(t.Context(), d, config(t, jointly), in); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestJointTrainingReachesNoStageBeforeIt(t *testing.T) {
	with, without := config(t, jointly), config(t, strings.Split(jointly, `, "joint"`)[0])
	if with.Reaching(StagePretrain).Joint != nil || without.Joint != nil || with.Joint.Rate != 0.005 || with.Joint.Depth != 1000 {
		t.Errorf("settings %+v", with.Joint)
	}
}
