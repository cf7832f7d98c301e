package main

import (
	"context"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises the folder of a data set, or one right below it.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	return folder.Sniff(ctx, path, guess)
}

// guess looks at the first line of the plays.
func guess(ctx context.Context, f folder.Folder) ([]contract.Guess, error) {
	all := lying(f)
	if len(all) != 1 {
		return nil, nil
	}
	r := all[0]
	first := sniffed.Lines(ctx, f.File(r.file), 1)
	if len(first) == 0 || strings.Count(first[0], "\t") != len(r.layout.Columns)-1 {
		return nil, nil
	}
	return sniffed.Guess(map[string]string{"path": f.Path}, contract.ConfidenceCertain, r.name)
}
