package lmtest

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
)

// FuzzTower feeds LoadTower anything, from saved towers of every kind on: an error,
// or a tower that ranks or says why it cannot; never a crash, and never more memory
// than the file accounts for. The tower that was there before stays where it fails.
func (s Suite) FuzzTower(f *testing.F, folder string, words int) {
	b := s.Loaded(f, folder, nil)
	dir := f.TempDir()
	for mode, train := range kinds() {
		trainSome(f, b, string(mode), words, train)
		path := filepath.Join(dir, string(mode))
		if err := b.SaveTower(context.Background(), string(mode), path); err != nil {
			f.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	before := ranked(f, b, string(contract.TrainTokens), words)
	path := filepath.Join(dir, "fuzzed")
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		live := b.Live()
		if err := b.LoadTower(t.Context(), "fuzzed", path); err != nil {
			if !contract.IsBadInput(err) {
				t.Fatalf("the error is not about the file: %v", err)
			}
			if b.Live() != live {
				t.Fatalf("%d tensors before a file that was refused, %d after it", live, b.Live())
			}
			return
		}
		_, _ = b.Rank(t.Context(), "fuzzed", contract.RankSpec{}, []contract.RankPrompt{{Prompt: []int32{1}, K: 1}})
		if err := b.CloseTower(t.Context(), "fuzzed"); err != nil {
			t.Fatal(err)
		}
		if after := ranked(t, b, string(contract.TrainTokens), words); after != before {
			t.Fatal("another tower ranks differently now")
		}
	})
}

// OverstatedTowers loads towers whose files claim more than their bytes hold: rows
// of no width, adapters of an enormous rank, steps below zero. Refused with the
// file's name before anything of that size is made.
func (s Suite) OverstatedTowers(t *testing.T, folder string, words int) {
	b := s.Loaded(t, folder, nil)
	mode := contract.TrainLoRA
	trainSome(t, b, string(mode), words, kinds()[mode])
	path := filepath.Join(t.TempDir(), "a.tower")
	if err := b.SaveTower(t.Context(), string(mode), path); err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(meta map[string]string, all Tensors){
		`"user" has shape [1073741824 0]`: func(_ map[string]string, all Tensors) {
			all["user"] = safetensors.Float32Tensor("", []int{1 << 30, 0}, nil)
		},
		"no items": func(_ map[string]string, all Tensors) { all["item"] = Zeros(0, all["item"].Shape[1]) },
		"lora.": func(meta map[string]string, _ Tensors) {
			meta["train"] = strings.Replace(meta["train"], `"Rank":2`, `"Rank":1073741824`, 1)
		},
		"adam.steps": func(meta map[string]string, _ Tensors) { meta["adam.steps"] = "-1" },
		`"mentioned.user" has shape [2]`: func(_ map[string]string, all Tensors) {
			all["mentioned.user"] = safetensors.Tensor{DType: safetensors.U8, Shape: []int{2}, Bytes: []byte{0, 0}}
		},
		`"mentioned.item" has dtype F32`: func(_ map[string]string, all Tensors) { all["mentioned.item"] = Zeros(someItems) },
	} {
		if err := os.WriteFile(path, saved, 0o600); err != nil {
			t.Fatal(err)
		}
		rewrite(t, path, change)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		live, err := b.Live(), b.LoadTower(t.Context(), "overstated", path)
		runtime.ReadMemStats(&after)
		if why := unlike(err, contract.ErrBadData, "a.tower", want); why != nil {
			t.Error(why)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > maxCheck || b.Live() != live {
			t.Errorf("%s: %d MiB to find that out, %d tensors before it and %d after", want, got>>20, live, b.Live())
		}
	}
}

// rewrite changes the metadata and the tensors of a file.
func rewrite(t *testing.T, path string, change func(meta map[string]string, all Tensors)) {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	meta, all := f.Metadata(), Tensors{}
	for _, name := range f.Names() {
		v, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = safetensors.Tensor{DType: v.DType, Shape: v.Shape, Bytes: v.Bytes}
	}
	change(meta, all)
	var list []safetensors.Tensor
	for name, x := range all {
		x.Name = name
		list = append(list, x)
	}
	if err := safetensors.Write(path, list, meta); err != nil {
		t.Fatal(err)
	}
}
