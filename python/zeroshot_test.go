package python_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/sharedtest"
)

const zeroshotFolder = "../plugins/baselines/zeroshot"

// rankedTitles are what transformers itself says of titles behind prompts.
type rankedTitles struct {
	Titles    []string
	Histories [][]int32
	Cases     []struct {
		Model  string
		Params map[string]any
		Scores [][]*float64 // by history and item; null for an item without a title
	}
}

func (r rankedTitles) train(yield func(*contract.TrainChunk, error) bool) {
	rows, texts := &contract.TrainChunk{}, &contract.TrainChunk{}
	for u, history := range r.Histories {
		for _, item := range history {
			rows.Users, rows.Items = append(rows.Users, int32(u)), append(rows.Items, item)
		}
	}
	for i, title := range r.Titles {
		if title != "" {
			texts.Texts = append(texts.Texts, contract.TrainText{Kind: contract.TextTitle, User: -1, Item: int32(i), Text: title})
		}
	}
	_ = yield(rows, nil) && yield(texts, nil)
}

func (r rankedTitles) queries() []contract.Query {
	queries := make([]contract.Query, len(r.Histories))
	for u, history := range r.Histories {
		queries[u] = contract.Query{User: int32(u), History: history, K: int32(len(r.Titles))}
	}
	return queries
}

func references(t *testing.T) (r rankedTitles) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(zeroshotFolder, "testdata", "reference.json"))
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// zeroshot starts the plugin, not configured.
func zeroshot(t *testing.T, h *host.Host) contract.Recommender {
	t.Helper()
	running, _, err := h.Probed(t.Context(), contract.KindRecommender, "zeroshot")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Stop(context.Background()) })
	return running.Plugin.(contract.Recommender)
}

// fitted configures the plugin, with parameters beside the model, and fits it.
func (r rankedTitles) fitted(t *testing.T, plugin contract.Recommender, model string, more map[string]any) error {
	t.Helper()
	model, err := filepath.Abs(model)
	if err != nil {
		t.Fatal(err)
	}
	params := map[string]any{"model": model, "untitled": "last"}
	maps.Copy(params, more)
	raw, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plugin.Configure(t.Context(), raw); err != nil {
		return err
	}
	spec := contract.FitSpec{Users: len(r.Histories), Items: len(r.Titles), Seed: 1, Resources: contract.Resources{Threads: 1}}
	return plugin.Fit(t.Context(), spec, r.train, nil)
}

// The reference is transformers called plainly: in float64, a prompt and a title as one text, one at a time.
func TestZeroShotRanksAsTransformersDoesPlainly(t *testing.T) {
	plugin, r := zeroshot(t, built(t, zeroshotFolder)), references(t)
	for _, c := range r.Cases {
		folder := filepath.Join(zeroshotFolder, "testdata", "tiny")
		if c.Model != "tiny" {
			folder = sharedtest.Path(t, "models/"+c.Model)
		}
		// The one keeps to a title or two a pass, the other reads all titles together.
		var worst float64
		for _, most := range []int{64, 16384} {
			params := map[string]any{"micro_batch": most}
			maps.Copy(params, c.Params)
			if err := r.fitted(t, plugin, folder, params); err != nil {
				t.Fatalf("%s, %v: %v", c.Model, c.Params, err)
			}
			rankings, err := plugin.Rank(t.Context(), contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}, r.queries())
			if err != nil {
				t.Fatalf("%s, %v: %v", c.Model, c.Params, err)
			}
			for u, ranking := range rankings {
				worst = max(worst, apartFrom(t, ranking, c.Scores[u]))
			}
		}
		t.Logf("%s, %v: at most %.2g apart", c.Model, c.Params, worst)
		if !(worst < 1e-4) {
			t.Errorf("%s, %v: scores are %v apart; expected less than 1e-4", c.Model, c.Params, worst)
		}
	}
}

// apartFrom is how far the scores of a ranking are from those that are wanted, relative to
// their size; items that have none stand last, and those of one title have one score.
func apartFrom(t *testing.T, got contract.Ranking, want []*float64) (worst float64) {
	t.Helper()
	scores := map[int32]float32{}
	for i, item := range got.Items {
		scores[item] = got.Scores[i]
		if last := i >= len(got.Items)-count(want); last != (want[item] == nil) {
			t.Errorf("item %d stands at position %d of %v; its score should be %v", item, i, got.Items, want[item])
		}
		if want[item] != nil {
			worst = max(worst, math.Abs(float64(got.Scores[i])-*want[item])/max(1, math.Abs(*want[item])))
		}
	}
	if scores[1] != scores[6] {
		t.Errorf("two items of one title have the scores %v and %v", scores[1], scores[6])
	}
	return worst
}

func count(want []*float64) (n int) {
	for _, w := range want {
		if w == nil {
			n++
		}
	}
	return n
}

func TestWhatZeroShotCannotRankIsRefusedBeforeTheWork(t *testing.T) {
	plugin, r := zeroshot(t, built(t, zeroshotFolder)), references(t)
	tiny := filepath.Join(zeroshotFolder, "testdata", "tiny")
	long := r
	long.Titles = slices.Clone(r.Titles)
	long.Titles[5] = strings.Repeat("poems and pens ", 20)
	joined := r
	joined.Titles = slices.Clone(r.Titles)
	joined.Titles[7] = "ens"
	for words, c := range map[string]struct {
		sentinel error
		set      rankedTitles
		params   map[string]any
	}{
		"1 of 8 items have no title, such as the items number 3":   {contract.ErrBadData, r, map[string]any{"untitled": "error"}},
		"none of the 8 items has a brand":                          {contract.ErrBadData, r, map[string]any{"titles": []string{"brand"}}},
		"more than 100; rank fewer users (filter: {sample_users: ": {contract.ErrInvalid, r, map[string]any{"max_tokens": 100}},
		"max_length: the title of item 5 (":                        {contract.ErrInvalid, long, nil},
		"max_length: the model has 64 positions, got 65":           {contract.ErrInvalid, r, map[string]any{"max_length": 65}},
		`joins its end with the beginning of the title "ens"`:      {contract.ErrInvalid, joined, map[string]any{"prompt": "{history} p", "lead": "", "calibration": "none"}},
	} {
		if err := c.set.fitted(t, plugin, tiny, c.params); !errors.Is(err, c.sentinel) || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q and %q", err, c.sentinel, words)
		}
	}
}

func TestWordsOfWhichZeroShotMakesNoPromptAreRefused(t *testing.T) {
	python(t)
	h := lightly(t, zeroshotFolder, "kind: recommender\nname: zeroshot\ncontract: 2\nfiles: [plugin.py, wording.py]\n", "plugin.py", "wording.py")
	plugin := zeroshot(t, h)
	tiny := filepath.Join(zeroshotFolder, "testdata", "tiny")
	for words, params := range map[string]map[string]any{
		`nothing that could stand for "{histroy}"; expected {history}; did you mean "history"?`: {"prompt": "Bought: {histroy}"},
		"expected {history} once":                       {"prompt": "They will buy:"},
		"expected {history} once, which":                {"prompt": "{history} {history}"},
		`titles: "titel" is no kind of text of an item`: {"titles": []string{"titel"}},
		`did you mean "tags"?`:                          {"titles": []string{"title", "tag"}},
		"titles: expected one or more of title":         {"titles": []string{}},
		"has no words behind {history}":                 {"prompt": "Bought: {history}."},
		"nothing: a prompt without a word":              {"prompt": "{history}", "nothing": " ", "premise": "then"},
		"expected cpu, cuda or cuda:N":                  {"device": "gpu"},
	} {
		if err := (rankedTitles{}).fitted(t, plugin, tiny, params); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want an ErrInvalid and %q", err, words)
		}
	}
}
