package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises a file of interactions by the fields of its first line, and a folder
// by the names of the published files.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return nil, err
	}
	if !sight.Folder {
		return guess(ctx, map[string]string{"path": path})
	}
	games := sight.File("steam_games.json")
	var all []contract.Guess
	for _, p := range []map[string]string{
		{"path": sight.File("steam_new.json", "steam_reviews.json"), "games": games},
		{"path": sight.File("australian_users_items.json"), "reviews": sight.File("australian_user_reviews.json"), "games": games},
		{"path": sight.File("australian_user_reviews.json"), "games": games},
	} {
		if p["path"] == "" {
			continue
		}
		more, err := guess(ctx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// guess is certain where the first line of the interactions is Steam's.
func guess(ctx context.Context, params map[string]string) ([]contract.Guess, error) {
	r := newReader(Params{User: userName, Year: 2016}, params["path"])
	r.quiet = true
	first := sniffed.Lines(ctx, r.path, 1)
	if len(first) == 0 {
		return nil, nil
	}
	line := lines.Line{Path: r.path, Number: 1, Bytes: []byte(first[0])}
	if err := r.read(line, func(contact) error { return nil }); err != nil {
		return nil, nil
	}
	return sniffed.Guess(params, contract.ConfidenceCertain, "McAuley's Steam files: "+string(r.kind))
}
