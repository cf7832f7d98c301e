package main

import (
	"context"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises the folder of the data set, or one right below it.
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

// guess looks at the header of the ratings: nobody else's have users and ISBNs.
func guess(ctx context.Context, f folder.Folder) ([]contract.Guess, error) {
	found, err := recognise(f)
	if err != nil {
		return nil, nil
	}
	header := strings.Join(sniffed.Lines(ctx, f.File(found.ratings), 1), "")
	for _, name := range []string{"User-ID", "ISBN", "Rating"} {
		if !strings.Contains(header, name) {
			return nil, nil
		}
	}
	return sniffed.Guess(map[string]string{"path": f.Path}, contract.ConfidenceCertain, "Book-Crossing, its "+found.ratings)
}
