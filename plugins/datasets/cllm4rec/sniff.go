package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises the folder by the names of its files, which no other layout has.
func (d *dataset) Sniff(_ context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return nil, err
	}
	if !sight.Folder || (Params{Path: path}).check() != nil {
		return nil, nil
	}
	return sniffed.Guess(map[string]string{"path": path}, contract.ConfidenceCertain, "the layout of the CLLM4Rec authors: meta.pkl and a matrix for each part")
}
