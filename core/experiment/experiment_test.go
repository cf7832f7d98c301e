package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// catalogue is a set of plugins that never run.
type catalogue map[contract.Kind][]Plugin

func (c catalogue) Names(kind contract.Kind) []string {
	var names []string
	for _, p := range c[kind] {
		names = append(names, p.Name)
	}
	return names
}

func (c catalogue) Describe(_ context.Context, kind contract.Kind, name string) (Plugin, error) {
	for _, p := range c[kind] {
		if p.Name == name {
			return p, nil
		}
	}
	return Plugin{}, errors.New("not listed")
}

func (c catalogue) Resolve(ctx context.Context, kind contract.Kind, name string, params json.RawMessage) (json.RawMessage, error) {
	p, err := c.Describe(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(params), `"lambda":13`) {
		return nil, contract.Errorf(contract.ErrInvalid, "plugin %s: lambda 13 brings bad luck", name)
	}
	return schema.Resolve(p.Schema, params)
}

func plugin[P any](kind contract.Kind, name string, capabilities ...contract.Capability) Plugin {
	return Plugin{
		Info:     contract.Info{Kind: kind, Name: name, Version: "1.0.0", ContractVersion: 1, Semantics: 1, Capabilities: capabilities, Schema: schema.Of[P]()},
		Checksum: "c0ffee-" + name,
	}
}

type pathParams struct {
	Path string `json:"path" jsonschema:"required,minLength=1,format=path"`
}

type easeParams struct {
	Lambda float64 `json:"lambda" jsonschema:"default=500,minimum=0"`
}

type gptParams struct {
	Weights string `json:"weights" jsonschema:"required,format=path"`
	Device  string `json:"device" jsonschema:"default=auto,enum=auto,enum=cpu"`
}

func plugins() catalogue {
	return catalogue{
		contract.KindDataset: {
			plugin[pathParams](contract.KindDataset, "amazon", contract.CapabilityTexts),
			plugin[struct{}](contract.KindDataset, "synthetic"),
		},
		contract.KindRecommender: {
			plugin[struct{}](contract.KindRecommender, "popularity"),
			plugin[easeParams](contract.KindRecommender, "ease", contract.CapabilityFeatures, contract.CapabilityVectors, contract.CapabilityLeaveOut),
			plugin[easeParams](contract.KindRecommender, "sasrec", contract.CapabilityEpochs, contract.CapabilityState, contract.CapabilityFoldIn),
			plugin[struct{}](contract.KindRecommender, "forgetful", contract.CapabilityEpochs),
			plugin[struct{}](contract.KindRecommender, "ials", contract.CapabilitySide),
		},
		contract.KindBackbone: {
			plugin[gptParams](contract.KindBackbone, "gpt2", contract.CapabilityVectors),
			plugin[gptParams](contract.KindBackbone, "onlyreader", contract.CapabilityEmbed, contract.CapabilityReadsOnly),
			plugin[gptParams](contract.KindBackbone, "reader", contract.CapabilityEmbed, contract.CapabilityItemMap, contract.CapabilityOffsets),
		},
	}
}

const example = `# Question
name: example
seeds: [1, 2]
datasets:
  - name: Instruments
    plugin: amazon
    params: {path: "${DATA}/reviews.json.gz"}
    keep: {min_value: 4, k_core: 5}
    split: {method: ratio, by: user, validation: 0.1, test: 0.1, order: random}
evaluate:
  candidates: all
  mask: train
  metrics: [recall_min@20, ndcg@100]
  ties: hashed
methods:
  - {name: Popularity, recommender: {plugin: popularity}}
  - {name: EASE, recommender: {plugin: ease, params: {lambda: 100}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: gpt2, params: {weights: models/tiny}}
      fidelity: paper
      warmup: {epochs: 10, lr: 1.0e-3}
      pretrain: {epochs: 100, lr: 1.0e-3, lambda_c: 1.0, lambda_l: 1.0e-4}
      finetune: {epochs: 150, lr: 1.0e-4, mask: 0.2}
      batch: 20
  - {name: LLM-CF, base: CLLM4Rec, cllm4rec: {content: false}}
table: {against: EASE}
`

// project makes a folder with a data file, a model and the experiment file.
func project(t testing.TB, text string) (file, dataDir string) {
	t.Helper()
	dir := t.TempDir()
	dataDir = filepath.Join(dir, "elsewhere")
	write(t, filepath.Join(dataDir, "reviews.json.gz"), "reviews")
	write(t, filepath.Join(dir, "models", "tiny", "config.json"), "{}")
	file = filepath.Join(dir, "example.yaml")
	write(t, file, text)
	return file, dataDir
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, text string) (*Plan, error) {
	t.Helper()
	file, dataDir := project(t, text)
	return Load(t.Context(), file, Options{Data: dataDir, Plugins: plugins()})
}

func mustLoad(t testing.TB, text string) *Plan {
	t.Helper()
	p, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlanHasEveryTrialOnce(t *testing.T) {
	p := mustLoad(t, example)
	if len(p.Trials) != 8 {
		t.Fatalf("%d trials, want 1 data set x 4 methods x 2 seeds", len(p.Trials))
	}
	seen := map[string]bool{}
	for _, trial := range p.Trials {
		if seen[trial.Key] {
			t.Errorf("hash %s occurs twice", trial.Key)
		}
		seen[trial.Key] = true
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}

func TestPlanIsResolved(t *testing.T) {
	p := mustLoad(t, example)
	llmcf := p.Methods[3].Pipeline
	if llmcf == nil || llmcf.Content || llmcf.Finetune.Epochs != 150 || llmcf.Finetune.Mask != 0.2 {
		t.Errorf("LLM-CF did not inherit from CLLM4Rec: %+v", llmcf)
	}
	if want := `"device":"auto"`; !strings.Contains(string(p.Methods[2].Plugin.Params), want) {
		t.Errorf("backbone parameters %s lack the default %s", p.Methods[2].Plugin.Params, want)
	}
	if got := p.Datasets[0].Selection.Split.Seed; got != 98765 {
		t.Errorf("split seed %d, want the default 98765", got)
	}
	if !p.Datasets[0].Documents {
		t.Error("texts of a data set that has them are not asked for")
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again Plan
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	if err := again.fillTrials(); err != nil || again.Trials[8].Key != p.Trials[0].Key {
		t.Error("a plan that was read back has other keys")
	}
}

func TestDefaultsAreWrittenIntoThePlan(t *testing.T) {
	p := mustLoad(t, `
name: small
datasets: [{name: S, plugin: synthetic, split: {method: leave_one_out}}]
methods: [{name: P, recommender: {plugin: popularity}}]
`)
	if !slices.Equal(p.Seeds, []uint64{1}) || len(p.Evaluate.Metrics) != 3 || p.Evaluate.Mask != "train" ||
		p.Evaluate.Ties != "hashed" || p.Evaluate.Candidates != "all" || p.Evaluate.Batch != 256 {
		t.Errorf("defaults are missing: %+v %+v", p.Seeds, p.Evaluate)
	}
}

func TestAnUnsetVariableOfAPluginIsToldOnce(t *testing.T) {
	_, err := load(t, strings.Replace(example, "lambda: 100", `lambda: "${NOT_SET_ANYWHERE}"`, 1))
	if err == nil || strings.Count(err.Error(), ":17:") != 1 || !strings.Contains(err.Error(), "${NOT_SET_ANYWHERE} is not set") {
		t.Errorf("got %v", err)
	}
}

func TestHashDependsOnContentAndNotOnPlacesOrNames(t *testing.T) {
	base := mustLoad(t, example)
	same := map[string]string{
		"another folder": example,
		"renamed":        strings.ReplaceAll(strings.Replace(example, "name: example", "name: other", 1), "Instruments", "Other"),
		"batch":          strings.Replace(example, "ties: hashed", "batch: 7", 1),
		"spelling":       strings.Replace(example, "lr: 1.0e-3", "lr: 0.001", 1),
	}
	for name, text := range same {
		if got := mustLoad(t, text).Trials; got[3].Key != base.Trials[3].Key {
			t.Errorf("%s: the hash changed", name)
		}
	}
	differ := map[string]string{
		"seed": strings.Replace(example, "[1, 2]", "[3, 2]", 1),
		"keep": strings.Replace(example, "k_core: 5", "k_core: 4", 1),
		"mask": strings.Replace(example, "mask: train", "mask: train+validation", 1),
		"lr":   strings.Replace(example, "lr: 1.0e-4", "lr: 1.0e-5", 1),
	}
	for name, text := range differ {
		if got := mustLoad(t, text).Trials; got[3].Key == base.Trials[3].Key {
			t.Errorf("%s: the hash did not change", name)
		}
	}
}

func TestHashFollowsTheFilesThatParametersName(t *testing.T) {
	file, dataDir := project(t, example)
	o := Options{Data: dataDir, Plugins: plugins()}
	before, err := Load(t.Context(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(filepath.Dir(file), "models", "tiny", "config.json"), `{"n_layer": 2}`)
	after, err := Load(t.Context(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	if before.Trials[0].Key != after.Trials[0].Key {
		t.Error("Popularity does not use the model, yet its hash changed")
	}
	if before.Trials[2].Key == after.Trials[2].Key {
		t.Error("the model changed and the hash of CLLM4Rec did not")
	}
}

// TestEveryMistakeIsToldWithItsPlace changes one line of the example at a time.
func TestEveryMistakeIsToldWithItsPlace(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		place, words   string
	}{
		{"key at the top", "seeds: [1, 2]", "sedes: [1, 2]", ":3:1:", `did you mean "seeds"`},
		{"key of a data set", "    keep: {min", "    kepe: {min", ":8:5:", `did you mean "keep"`},
		{"key of a split", "by: user", "bye: user", ":9:28:", `did you mean "by"`},
		{"key in plugin parameters", "{lambda: 100}", "{lamdba: 100}", ":17:55:", `did you mean "lambda"`},
		{"key in backbone parameters", "{weights: models/tiny}", "{weights: models/tiny, devize: cpu}", ":20:63:", `did you mean "device"`},
		{"key of a stage", "mask: 0.2", "maks: 0.2", ":24:43:", `did you mean "mask"`},
		{"type", "epochs: 150", "epochs: many", ":24:18:", "expected integer, got string"},
		{"range in plugin parameters", "lambda: 100", "lambda: -1", ":17:55:", "at least 0"},
		{"what only the plugin knows", "lambda: 100", "lambda: 13", ":17:46:", "brings bad luck"},
		{"range of a stage", "mask: 0.2", "mask: 1.2", ":24:43:", "at most 1"},
		{"filter twice", "keep: {min", "filter: {k_core: 3}\n    keep: {min", ":9:5: datasets[0].keep:", "which is its old name"},
		{"key of a filter", "keep: {min_value", "filter: {min_valeu", ":8:14: datasets[0].filter.min_valeu:", `did you mean "min_value"`},
		{"split method", "method: ratio", "method: ration", ":9:13:", `did you mean "ratio"`},
		{"split shares", "validation: 0.1", "validation: 0.95", ":9:5:", "leave nothing for training"},
		{"splits of one", "random}\n", "random}\n    repeat: {splits: 1}\n", ":10:14: datasets[0].repeat.splits:", "at least 2"},
		{"key of a repetition", "random}\n", "random}\n    repeat: {split: 5}\n", ":10:14: datasets[0].repeat.split:", `did you mean "splits"`},
		{"repetition without chance", "order: random}\n", "order: time}\n    repeat: {splits: 5}\n", ":10:5: datasets[0].repeat:", "method ratio with order time draws nothing at random"},
		{"statistics", "{against: EASE}", "{statistics: {test: wilcoxn}}", ":27:22: table.statistics.test:", `did you mean "wilcoxon"`},
		{"level of statistics", "{against: EASE}", "{statistics: {level: 95}}", ":27:22: table.statistics.level:", "at most 0.9999"},
		{"metric", "ndcg@100", "ngcd@100", ":13:28:", `did you mean "ndcg@100"`},
		{"metric twice", "ndcg@100", "recall_min@20", ":13:28:", "given twice"},
		{"ties", "ties: hashed", "ties: hash", ":14:3:", "must be one of hashed, index"},
		{"dataset plugin", "plugin: amazon", "plugin: amazone", ":6:5:", `did you mean "amazon"`},
		{"recommender plugin", "plugin: popularity", "plugin: popularty", ":16:38:", `did you mean "popularity"`},
		{"missing file", "reviews.json.gz", "reviews.json", ":7:14:", "does not exist; --data DIR"},
		{"missing folder", "models/tiny", "models/tinny", ":20:41:", `did you mean "tiny"`},
		{"variable", "${DATA}", "${DATE}", ":7:20:", `did you mean "DATA"`},
		{"variable of models", "${DATA}", "${MODLES}", ":7:20:", `did you mean "MODELS"`},
		{"unknown base", "base: CLLM4Rec", "base: CLLM5Rec", ":26:20: methods[3].base:", `did you mean "CLLM4Rec"`},
		{"base of itself", "base: CLLM4Rec", "base: LLM-CF", ":26:20:", "in a circle: LLM-CF -> LLM-CF"},
		{"against", "against: EASE", "against: EAES", ":27:9:", `did you mean "EASE"`},
		{"two of one name", "name: EASE,", "name: Popularity,", ":17:6:", "taken already, on line 16"},
		{"both kinds", "base: CLLM4Rec,", "base: CLLM4Rec, recommender: {plugin: ease},", ":26:5:", "not both"},
		{"neither kind", ", recommender: {plugin: popularity}}", "}", ":16:5:", "needs one of"},
		{"mode of training", "batch: 20", "train: {mode: lorra}", ":25:15:", "must be one of tokens, all, lora"},
		{"mode that the backbone lacks", "batch: 20", "train: {mode: lora}", ":25:15: methods[2].cllm4rec.train.mode", `cannot train in the mode "lora"`},
		{"scratch without all", "batch: 20", "train: {scratch: true}", ":25:7: methods[2].cllm4rec.train", `needs the mode "all"`},
		{"rank of LoRA", "batch: 20", "train: {mode: lora, lora: {rank: 0}}", ":25:34:", "at least 1"},
		{"schedule", "batch: 20", "optimiser: {schedule: cosin}", ":25:19:", "must be one of constant, cosine"},
		{"no validation", "validation: 0.1, ", "", ":19:5:", "no validation part"},
		{"control character in a name", "name: EASE,", `name: "EA\u001b[2JSE",`, ":17:6: methods[1].name:", `the name "EA\x1b[2JSE" has the control character U+001B`},
		{"direction in a name", "name: Instruments", `name: "x\u202ey"`, ":5:5: datasets[0].name:", "the control character U+202E"},
		{"limit", "table: ", "limits: {trial: 2}\ntable: ", ":27:10: limits.trial:", "expected string, got number"},
		{"form of a limit", "table: ", "limits: {silence: 2 hours}\ntable: ", ":27:10: limits.silence:", "such as 2h, 90m or 1h30m"},
		{"limit of nothing", "table: ", "limits: {trial: 0s}\ntable: ", ":27:10: limits.trial:", "no time from 1s"},
		{"repeated key", "name: example", "name: example\nname: again", ":3:1:", "key repeated; first on line 2"},
		{"tab", "  candidates: all", "\tcandidates: all", ":11:", "not YAML"},
		{"infinite number", "mask: 0.2", "mask: .inf", ":24:49:", "not a finite number"},
		{"number of epochs beyond reason", "epochs: 150", "epochs: 1.0e+30", ":24:18:", "at most 1e+09"},
		{"seed beyond 64 bits", "seeds: [1, 2]", "seeds: [18446744073709551616]", ":3:9:", "does not fit into 64 bits"},
		{"no parameters", "plugin: gpt2, params: {weights: models/tiny}", "plugin: gpt2", ":20:7:", "params.weights: is missing"},
		{"null parameters", "params: {lambda: 100}", "params: null", ":17:46:", "expected object, got null"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(example, c.old) == 0 {
				t.Fatalf("the example does not hold %q", c.old)
			}
			_, err := load(t, strings.Replace(example, c.old, c.new, 1))
			if err == nil {
				t.Fatal("no error")
			}
			if !contract.IsBadInput(err) {
				t.Errorf("not bad input: %v", err)
			}
			if !hasLine(err.Error(), "example.yaml"+c.place, c.words) {
				t.Errorf("want %q and %q in\n%v", c.place, c.words, err)
			}
		})
	}
}

func hasLine(text, place, words string) bool {
	for line := range strings.Lines(text) {
		if strings.Contains(line, place) && strings.Contains(line, words) {
			return true
		}
	}
	return false
}

func TestAllProblemsAreToldTogetherInTheOrderOfTheFile(t *testing.T) {
	text := strings.NewReplacer("seeds: [1, 2]", "sedes: [1, 2]", "{lambda: 100}", "{lamdba: 100}", "ndcg@100", "ndgc@100",
		"mask: 0.2", "mask: yes please", "against: EASE", "against: Nothing").Replace(example)
	_, err := load(t, text)
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	var at []int
	for _, p := range problems {
		at = append(at, p.Line)
	}
	if want := []int{3, 13, 17, 24, 27}; !slices.Equal(at, want) {
		t.Errorf("problems on lines %v, want %v:\n%v", at, want, err)
	}
	if strings.Contains(err.Error(), "panic") || strings.Contains(err.Error(), "goroutine") {
		t.Errorf("a stack trace: %v", err)
	}
}

func TestContentNeedsTexts(t *testing.T) {
	text := strings.Replace(example, "    plugin: amazon\n    params: {path: \"${DATA}/reviews.json.gz\"}\n", "    plugin: synthetic\n", 1)
	_, err := load(t, text)
	if err == nil || !strings.Contains(err.Error(), "say content: false") {
		t.Errorf("got %v", err)
	}
}

func TestEveryMissingKeyIsTold(t *testing.T) {
	_, err := load(t, "seeds: [1]\n")
	for _, key := range []string{"name", "datasets", "methods"} {
		if !hasLine(fmt.Sprint(err), "example.yaml:1:1: "+key+":", "is missing") {
			t.Errorf("%s is not told:\n%v", key, err)
		}
	}
}

func TestAProblemOfABaseIsToldOnce(t *testing.T) {
	_, err := load(t, strings.Replace(example, "mask: 0.2", "mask: 1.2", 1))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestAFolderADeviceOrAHugeFileIsBadInput(t *testing.T) {
	huge := filepath.Join(t.TempDir(), "huge.yaml")
	write(t, huge, "# "+strings.Repeat("x", 4<<20))
	for file, want := range map[string]string{t.TempDir(): "is a folder; expected a file", "/dev/zero": "is a device; expected a file", huge: "more than the 4194304 bytes"} {
		_, err := Load(t.Context(), file, Options{Plugins: plugins()})
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

func TestMissingFileIsBadInput(t *testing.T) {
	_, err := Load(t.Context(), filepath.Join(t.TempDir(), "none.yaml"), Options{Plugins: plugins()})
	if !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
