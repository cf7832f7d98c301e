package main

import (
	"context"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises the folder of a data set, or one right below it.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil || !sight.Folder {
		return nil, err
	}
	all, err := guess(ctx, folder.Folder{Sight: sight})
	for i := 0; i < len(sight.Names) && err == nil && len(all) == 0; i++ {
		if inner, notFolder := folder.Open(filepath.Join(path, sight.Names[i])); notFolder == nil {
			all, err = guess(ctx, inner)
		}
	}
	return all, err
}

// guess looks at the first line of the plays.
func guess(ctx context.Context, f folder.Folder) ([]contract.Guess, error) {
	r, err := recognise(f)
	if err != nil {
		return nil, nil
	}
	first := sniffed.Lines(ctx, f.File(r.file), 1)
	if len(first) == 0 || strings.Count(first[0], "\t") != len(r.layout.Columns)-1 {
		return nil, nil
	}
	return sniffed.Guess(map[string]string{"path": f.Path}, contract.ConfidenceCertain, r.name)
}
