package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises the folder of the unpacked data set, and a review file by itself, by
// the fields of its first review.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return nil, err
	}
	review, why := path, "a review file of the Yelp Open Dataset"
	if sight.Folder {
		f, err := find(path)
		if err != nil {
			return nil, nil
		}
		review, why = f.review, "the folder of the Yelp Open Dataset"
	}
	for _, line := range sniffed.Lines(ctx, review, 1) {
		if _, err := readReview(lines.Line{Path: review, Number: 1, Bytes: []byte(line)}); err == nil {
			return sniffed.Guess(map[string]string{"path": path}, contract.ConfidenceCertain, why)
		}
	}
	return nil, nil
}
