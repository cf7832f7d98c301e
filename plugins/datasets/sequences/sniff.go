package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises P5's folder and a folder with the files of a split by their names, and
// any text file of lines of whole numbers, a user and the user's items, by its first
// lines: no user and, in a line, no item twice, and lines of several lengths, which a
// table does not have.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return nil, err
	}
	if !sight.Folder {
		if hasHistories(ctx, path, false) {
			return sniffed.Guess(map[string]string{"file": path}, contract.ConfidencePossible, "lines of a user and the user's items")
		}
		return nil, nil
	}
	if all, err := guessP5(ctx, sight); err != nil || len(all) > 0 {
		return all, err
	}
	if all, err := guessSplit(ctx, sight); err != nil || len(all) > 0 {
		return all, err
	}
	return guessFiles(ctx, sight)
}

// guessP5 looks for sequential_data.txt with datamaps.json.
func guessP5(ctx context.Context, sight sniffed.Sight) ([]contract.Guess, error) {
	params := map[string]string{"file": sight.File("sequential_data.txt"), "attributes": sight.File("item2attributes.json"), "maps": sight.File("datamaps.json")}
	if params["file"] == "" || !hasHistories(ctx, params["file"], true) {
		return nil, nil
	}
	if params["maps"] == "" {
		return sniffed.Guess(params, contract.ConfidenceLikely, "sequential_data.txt, as P5 has it, without datamaps.json")
	}
	return sniffed.Guess(params, contract.ConfidenceCertain, "P5's sequential_data.txt with datamaps.json")
}

// guessSplit looks for train.txt and test.txt.
func guessSplit(ctx context.Context, sight sniffed.Sight) ([]contract.Guess, error) {
	params := map[string]string{"train": sight.File("train.txt"), "test": sight.File("test.txt"), "validation": sight.File("valid.txt", "validation.txt", "val.txt")}
	if params["train"] == "" || params["test"] == "" || !hasHistories(ctx, params["train"], false) {
		return nil, nil
	}
	return sniffed.Guess(params, contract.ConfidenceLikely, "lines of a user and the user's items, as LightGCN's folders have them")
}

// maxFiles is how many files of a folder are looked into.
const maxFiles = 50

// guessFiles looks for NAME.txt with NAME_item2attributes.json, as S3-Rec has them;
// NAME_sample.txt are sampled negatives.
func guessFiles(ctx context.Context, sight sniffed.Sight) (all []contract.Guess, err error) {
	for _, file := range sight.Names[:min(len(sight.Names), maxFiles)] {
		name, ok := strings.CutSuffix(sniffed.Plain(file), ".txt")
		attributes := sight.File(name + "_item2attributes.json")
		if !ok || strings.HasSuffix(name, "_sample") || attributes == "" {
			continue
		}
		path := filepath.Join(sight.Path, file)
		if !hasHistories(ctx, path, true) {
			continue
		}
		more, err := sniffed.Guess(map[string]string{"file": path, "attributes": attributes}, contract.ConfidenceLikely, "S3-Rec's histories with attributes")
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// hasHistories reports whether the first lines of a file are histories. named says that
// its name speaks for that already, so that lines may have one length.
func hasHistories(ctx context.Context, path string, named bool) bool {
	users, lengths := map[string]bool{}, map[int]bool{}
	all := sniffed.Lines(ctx, path, 50)
	for _, line := range all {
		fields := strings.Fields(line)
		if len(fields) < 2 || users[fields[0]] || slices.ContainsFunc(fields, func(f string) bool { return !whole.MatchString(f) }) {
			return false
		}
		users[fields[0]] = true
		lengths[len(fields)] = true
		if items := slices.Sorted(slices.Values(fields[1:])); len(slices.Compact(items)) < len(fields)-1 && !named {
			return false
		}
	}
	return len(lengths) > 1 || named && len(all) > 0
}
