package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// maxFiles is how many files of a folder are looked into.
const maxFiles = 50

// Sniff recognises reviews by the fields of their first line and ratings by their
// header, or by the form of their first ids. Of a folder there is a guess for each file of
// reviews or ratings, with the metadata of its category beside it, and for each split.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return nil, err
	}
	if !sight.Folder {
		return guess(ctx, map[string]string{"path": path})
	}
	var all []contract.Guess
	for _, name := range sight.Names[:min(len(sight.Names), maxFiles)] {
		more, err := guess(ctx, beside(sight, name))
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	rank := func(g contract.Guess) int { return slices.Index(contract.Confidences(), g.Confidence) }
	slices.SortStableFunc(all, func(a, b contract.Guess) int { return rank(a) - rank(b) })
	return all, nil
}

// beside are the parameters for a file of a folder: none for the further parts of a
// split and for metadata.
func beside(sight sniffed.Sight, name string) map[string]string {
	plain := sniffed.Plain(name)
	category, end, _ := strings.Cut(plain, ".")
	params := map[string]string{"path": filepath.Join(sight.Path, name)}
	switch end {
	case "valid.csv", "test.csv":
		return nil
	case "train.csv":
		if test := sight.File(category + ".test.csv"); test != "" {
			params = map[string]string{"train": params["path"], "test": test, "validation": sight.File(category + ".valid.csv")}
		}
	}
	for _, prefix := range []string{"meta_", "reviews_", "ratings_"} {
		short, cut := strings.CutPrefix(category, prefix)
		if cut && prefix == "meta_" {
			return nil
		}
		category = short
	}
	category = strings.TrimSuffix(category, "_5")
	params["meta"] = sight.File("meta_"+category+".json", "meta_"+category+".jsonl")
	return params
}

// guess looks at the first line of the file of reviews or ratings.
func guess(ctx context.Context, params map[string]string) ([]contract.Guess, error) {
	path := params["path"] + params["train"]
	first := sniffed.Lines(ctx, path, 1)
	switch {
	case len(first) == 0:
		return nil, nil
	case isTable(first[0]):
		return guessTable(params, strings.Split(first[0], ","))
	}
	line := lines.Line{Path: path, Number: 1, Bytes: []byte(first[0])}
	reader := newReviewReader(path)
	reader.dialects.told = true // a guess tells nothing
	if _, err := reader.rating(line); err != nil {
		return nil, nil
	}
	o, err := object.Parse(line)
	if err != nil {
		return nil, nil
	}
	d, err := reader.dialects.of(o)
	if err != nil {
		return nil, nil
	}
	return sniffed.Guess(params, contract.ConfidenceCertain, "Amazon "+d.name)
}

func guessTable(params map[string]string, fields []string) ([]contract.Guess, error) {
	switch {
	case slices.Equal(fields[:min(len(fields), 4)], header2023()):
		why := "Amazon ratings of 2023"
		if params["train"] != "" {
			why = "a split of Amazon ratings of 2023"
		}
		return sniffed.Guess(params, contract.ConfidenceCertain, why)
	case len(fields) != 4:
		return nil, nil
	}
	switch order([]byte(fields[0]), []byte(fields[1])) {
	case userItem:
		return sniffed.Guess(params, contract.ConfidenceLikely, "Amazon ratings of 2014: user, item, rating, time")
	case itemUser:
		return sniffed.Guess(params, contract.ConfidenceLikely, "Amazon ratings of 2018: item, user, rating, time")
	}
	return nil, nil
}
