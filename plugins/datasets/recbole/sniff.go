package main

import (
	"context"
	"fmt"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// mostNames is how many data sets of one folder are looked at.
const mostNames = 10

// Sniff recognises a folder of atomic files, and a file of interactions itself, by the
// name and the typed header. A folder of several data sets has a guess for each.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return nil, err
	}
	all := names(sight)
	if len(all) == 0 {
		return nil, nil
	}
	one := sight.Folder && len(all) == 1
	if !sight.Folder {
		path = filepath.Dir(path)
		if sight, err = sniffed.Look(path); err != nil {
			return nil, err
		}
	}
	var guesses []contract.Guess
	for _, name := range all[:min(len(all), mostNames)] {
		p := Params{Path: path, Split: auto, User: "user_id", Item: "item_id", Fields: "\t", Sequence: " "}
		params := map[string]string{"path": path}
		if !one {
			p.Name, params["name"] = name, name
		}
		f, err := p.files()
		if err != nil {
			if p.Split = whole; sight.File(name+inter) == "" {
				continue
			}
			params["split"] = whole
			if f, err = p.files(); err != nil {
				continue
			}
		}
		a, err := openAtomic(ctx, f.parts[0].path, p)
		if err != nil {
			continue
		}
		if _, err := a.interactions(); err != nil {
			continue
		}
		guess, err := sniffed.Guess(params, contract.ConfidenceCertain, fmt.Sprintf("atomic files of RecBole: %s with typed fields", filepath.Base(f.parts[0].path)))
		if err != nil {
			return nil, err
		}
		guesses = append(guesses, guess...)
	}
	return guesses, nil
}
