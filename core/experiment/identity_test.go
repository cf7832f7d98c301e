package experiment

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// places of the example's trials of seed 1.
const (
	popularity = 0
	ease       = 1
	pipeline   = 2
)

// loadWith plans the example with other plugins.
func loadWith(t *testing.T, known catalogue, exact bool) *Plan {
	t.Helper()
	file, dataDir := project(t, example)
	p, err := Load(t.Context(), file, Options{Data: dataDir, Plugins: known, ExactBinaries: exact})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func changed(t *testing.T, old, new string) *Plan {
	t.Helper()
	if !strings.Contains(example, old) {
		t.Fatalf("the example does not hold %q", old)
	}
	return mustLoad(t, strings.Replace(example, old, new, 1))
}

func TestAMetricThatIsOnlyReportedChangesNoKey(t *testing.T) {
	before, after := mustLoad(t, example), changed(t, "[recall_min@20, ndcg@100]", "[recall_min@20, ndcg@100, recall@10]")
	if !slices.EqualFunc(before.Trials, after.Trials, func(a, b Trial) bool { return a.Key == b.Key && a.TrainKey == b.TrainKey }) {
		t.Error("recall@10 changed a key")
	}
}

func TestADeeperCutOffChangesTheEvaluationKeyAlone(t *testing.T) {
	before, after := mustLoad(t, example), changed(t, "ndcg@100", "ndcg@150")
	if before.Depth != 100 || after.Depth != 150 {
		t.Errorf("depths %d and %d, want 100 and 150", before.Depth, after.Depth)
	}
	for i := range before.Trials {
		if before.Trials[i].TrainKey != after.Trials[i].TrainKey || before.Trials[i].Key == after.Trials[i].Key {
			t.Errorf("trial %d: %+v, then %+v", i, before.Trials[i], after.Trials[i])
		}
	}
}

func TestTheProtocolIsInTheTrainKeyOnlyWhereItSelects(t *testing.T) {
	before := mustLoad(t, example)
	for _, c := range []struct {
		old, new string
		retrains bool // the pipeline, which selects its best epoch
	}{
		{"mask: train", "mask: train+validation", false}, // at validation the training items are masked, whatever is masked at test
		{"mask: train", "history: train+validation", false},
		{"ties: hashed", "ties: index", true},
	} {
		after := changed(t, c.old, c.new)
		for _, trial := range []int{popularity, pipeline} {
			if before.Trials[trial].Key == after.Trials[trial].Key {
				t.Errorf("%s: the key of trial %d did not change", c.new, trial)
			}
		}
		if before.Trials[popularity].TrainKey != after.Trials[popularity].TrainKey {
			t.Errorf("%s: Popularity, which selects nothing, would be trained again", c.new)
		}
		if got := before.Trials[pipeline].TrainKey != after.Trials[pipeline].TrainKey; got != c.retrains {
			t.Errorf("%s: the pipeline would be trained again: %v, want %v", c.new, got, c.retrains)
		}
	}
}

func TestARaisedSemanticsNumberChangesExactlyItsTrials(t *testing.T) {
	before := mustLoad(t, example)
	for _, c := range []struct {
		kind    contract.Kind
		place   int
		changes []string
	}{
		{contract.KindDataset, 0, []string{"Popularity", "EASE", "CLLM4Rec", "LLM-CF"}},
		{contract.KindRecommender, 1, []string{"EASE"}},
		{contract.KindBackbone, 0, []string{"CLLM4Rec", "LLM-CF"}},
	} {
		raised := plugins()
		raised[c.kind][c.place].Semantics = 2
		after := loadWith(t, raised, false)
		var changes []string
		for i, trial := range before.Trials[:len(before.Methods)] {
			if trial.TrainKey != after.Trials[i].TrainKey && trial.Key != after.Trials[i].Key {
				changes = append(changes, before.Methods[trial.Method].Name)
			}
		}
		if !slices.Equal(changes, c.changes) {
			t.Errorf("semantics of a %s: new keys of %v, want %v", c.kind, changes, c.changes)
		}
	}
	none := plugins()
	none[contract.KindRecommender][1].Semantics = 0
	file, dataDir := project(t, example)
	if _, err := Load(t.Context(), file, Options{Data: dataDir, Plugins: none}); !contract.IsBadInput(err) || !strings.Contains(err.Error(), "its semantics is 0; expected a number from 1") {
		t.Errorf("a plugin without semantics: %v", err)
	}
}

func TestAnotherBuildIsAnotherTrialOnlyWithExactBinaries(t *testing.T) {
	rebuilt := plugins()
	for _, list := range rebuilt {
		for i := range list {
			list[i].Checksum += "-rebuilt"
		}
	}
	if loadWith(t, plugins(), false).Trials[ease].Key != loadWith(t, rebuilt, false).Trials[ease].Key {
		t.Error("another build of the same plugins changed a key")
	}
	if loadWith(t, plugins(), true).Trials[ease].Key == loadWith(t, rebuilt, true).Trials[ease].Key {
		t.Error("with exact binaries another build has the same key")
	}
}

type resourceParams struct {
	Weights string `json:"weights" jsonschema:"required,format=path"`
	Device  string `json:"device" jsonschema:"default=auto,enum=auto,enum=cpu,enum=cuda:1" jsonschema_extras:"x-resource=true"`
	Threads int    `json:"threads" jsonschema:"default=0,minimum=0" jsonschema_extras:"x-resource=true"`
	DType   string `json:"dtype" jsonschema:"default=float32,enum=float32,enum=bfloat16"`
}

func TestResourcesAreInNoKeyButTheClassOfTheDeviceIs(t *testing.T) {
	known := plugins()
	known[contract.KindBackbone] = []Plugin{plugin[resourceParams](contract.KindBackbone, "gpt2")}
	seesGPU := plugins()
	seesGPU[contract.KindBackbone] = []Plugin{plugin[resourceParams](contract.KindBackbone, "gpt2", contract.CapabilityCUDA)}
	key := func(known catalogue, params string) string {
		t.Helper()
		file, dataDir := project(t, strings.Replace(example, "{weights: models/tiny}", "{weights: models/tiny, "+params+"}", 1))
		p, err := Load(t.Context(), file, Options{Data: dataDir, Plugins: known})
		if err != nil {
			t.Fatal(err)
		}
		return p.Trials[pipeline].TrainKey
	}
	base := key(known, "threads: 0")
	for params, equal := range map[string]bool{"threads: 3": true, "device: cpu": true, "device: auto": true, "device: cuda:1": false, "dtype: bfloat16": false} {
		if got := key(known, params) == base; got != equal {
			t.Errorf("%s: the same key: %v, want %v", params, got, equal)
		}
	}
	given := func(device string) string {
		t.Helper()
		file, dataDir := project(t, strings.Replace(example, "{weights: models/tiny}", "{weights: models/tiny, threads: 0}", 1))
		p, err := Load(t.Context(), file, Options{Data: dataDir, Plugins: known, Device: device})
		if err != nil {
			t.Fatal(err)
		}
		if p.Methods[1].Plugin.TakesDevice() || !p.Methods[2].Plugin.TakesDevice() || p.Methods[1].Plugin.Device != "cpu" {
			t.Errorf("with --device %s: %+v", device, p.Methods[1].Plugin)
		}
		return p.Trials[pipeline].TrainKey
	}
	if given("cpu") != base || given("cuda:0") != key(known, "device: cuda:1") {
		t.Error("the device of the run is not that of the key")
	}
	onGPU := key(seesGPU, "device: auto")
	if onGPU == base || onGPU != key(known, "device: cuda:1") || key(seesGPU, "device: cpu") != base {
		t.Error("auto is not the class of the device that the plugin takes")
	}
}

func TestDataOfEqualSizeNeverShareAKey(t *testing.T) {
	file, dataDir := project(t, example)
	o := Options{Data: dataDir, Plugins: plugins()}
	before, err := Load(t.Context(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dataDir, "reviews.json.gz"), "reVIews")
	after, err := Load(t.Context(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range before.Trials {
		if before.Trials[i].TrainKey == after.Trials[i].TrainKey || before.Trials[i].Key == after.Trials[i].Key {
			t.Errorf("trial %d has the same key on other data of the same size", i)
		}
	}
}

func TestAPlanOfTheFirstSchemaIsStillRead(t *testing.T) {
	var trial Trial
	if err := json.Unmarshal([]byte(`{"hash": "abc", "dataset": 1, "method": 2, "seed": 3}`), &trial); err != nil || trial.Key != "abc" || trial.Method != 2 || trial.Seed != 3 {
		t.Errorf("got %+v, error %v", trial, err)
	}
	var selection Selection
	if err := json.Unmarshal([]byte(`{"keep": {"k_core": 5}, "split": {"method": "given"}}`), &selection); err != nil || selection.Filter.KCore != 5 || selection.Split.Method != "given" {
		t.Errorf("got %+v, error %v", selection, err)
	}
	if err := json.Unmarshal([]byte(`{"key": "abc", "sede": 3}`), &trial); err == nil {
		t.Error("an unknown key is accepted")
	}
}

func TestFilterAndItsOldNameAreOneKey(t *testing.T) {
	if changed(t, "    keep: {min", "    filter: {min").Trials[0].Key != mustLoad(t, example).Trials[0].Key {
		t.Error("filter and keep of the same content have two keys")
	}
}
