package lmtest

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
)

// Reloaded trains a tower of each kind in one process and saves it, loads it in a
// second one, and ranks in both: the scores must be equal to the bit. The plugin's
// TestMain must call contracttest.Main.
func (s Suite) Reloaded(t *testing.T, folder string, words int) {
	path, err := filepath.Abs(filepath.Join("testdata", folder))
	if err != nil {
		t.Fatal(err)
	}
	fresh := s.New()
	info, err := fresh.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := contracttest.Host(t, host.Options{Threads: 1}, fresh)
	start := func() contract.Backbone {
		b, err := h.Backbone(t.Context(), info.Name, Params(t, path, nil))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Stop(t.Context()) })
		if _, err := b.Plugin.Load(t.Context(), contract.Resources{}, nil); err != nil {
			t.Fatal(err)
		}
		return b.Plugin
	}
	first, dir := start(), t.TempDir()
	want := map[contract.TrainMode]string{}
	for mode, train := range kinds() {
		trainSome(t, first, string(mode), words, train)
		want[mode] = ranked(t, first, string(mode), words)
		if err := first.SaveTower(t.Context(), string(mode), filepath.Join(dir, string(mode))); err != nil {
			t.Fatal(err)
		}
	}
	second := start()
	for mode := range kinds() {
		if err := second.LoadTower(t.Context(), string(mode), filepath.Join(dir, string(mode))); err != nil {
			t.Fatal(err)
		}
		if got := ranked(t, second, string(mode), words); got != want[mode] {
			t.Errorf("%s: a second process ranks\n%s\nthe first one\n%s", mode, got, want[mode])
		}
	}
}

// kinds are a tower of every mode of training.
func kinds() map[contract.TrainMode]contract.Trainable {
	return map[contract.TrainMode]contract.Trainable{
		contract.TrainTokens: {Mode: contract.TrainTokens},
		contract.TrainAll:    {Mode: contract.TrainAll},
		contract.TrainLoRA:   {Mode: contract.TrainLoRA, LoRA: contract.LoRA{Rank: 2, Alpha: 4}},
	}
}

// Sizes of the towers here.
const (
	someUsers = 3
	someItems = 5
)

// trainSome opens a tower and takes some steps, so that everything that trains moves.
func trainSome(t testing.TB, b contract.Backbone, tower string, words int, train contract.Trainable) {
	t.Helper()
	if err := b.OpenTower(t.Context(), contract.TowerSpec{Name: tower, Users: someUsers, Items: someItems, InitStd: 0.02, Seed: 5, Train: train}); err != nil {
		t.Fatal(err)
	}
	spec := contract.TrainSpec{Tower: tower, Objective: contract.NextItem, Reduction: contract.ExampleMean, PredictFirst: true, Batch: 2, LearningRate: 1e-2}
	for range 3 {
		if _, err := b.TrainTower(t.Context(), spec, Stream(histories(words)...), nil); err != nil {
			t.Fatal(err)
		}
	}
}

// histories are of every user, with items of each.
func histories(words int) []contract.Example {
	user, item := int32(words), int32(words+someUsers)
	return []contract.Example{
		{Prompt: []int32{user, 5, 7}, Main: []int32{item, item + 3, item + 1}},
		{Prompt: []int32{user + 1, 6}, Main: []int32{item + 2, item + 1}},
		{Prompt: []int32{user + 2, 5, 7, 9}, Main: []int32{item + 4, item, item + 2, item + 3}},
	}
}

// ranked are all items after each prompt with every digit of their scores.
func ranked(t testing.TB, b contract.Backbone, tower string, words int) string {
	t.Helper()
	var prompts []contract.RankPrompt
	for _, d := range histories(words) {
		prompts = append(prompts, contract.RankPrompt{Prompt: d.Prompt, K: someItems})
	}
	rankings, err := b.Rank(t.Context(), tower, contract.RankSpec{}, prompts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rankings)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
