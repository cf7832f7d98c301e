package main

import (
	"context"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises the folder of the data set, or one right below it.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	return folder.Sniff(ctx, path, guess)
}

// guess looks at the header of the ratings: nobody else's have users and ISBNs.
func guess(ctx context.Context, f folder.Folder) ([]contract.Guess, error) {
	found := lying(f)
	if len(found) != 1 {
		return nil, nil
	}
	header := strings.Join(sniffed.Lines(ctx, f.File(found[0].ratings), 1), "")
	for _, name := range []string{"User-ID", "ISBN", "Rating"} {
		if !strings.Contains(header, name) {
			return nil, nil
		}
	}
	return sniffed.Guess(map[string]string{"path": f.Path}, contract.ConfidenceCertain, "Book-Crossing, its "+found[0].ratings)
}
