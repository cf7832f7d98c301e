package main

import (
	"context"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises the folder of a release, or one right below it, and behind it the
// first fold that lies there.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	return folder.Sniff(ctx, path, guesses)
}

func guesses(ctx context.Context, f folder.Folder) ([]contract.Guess, error) {
	found := lying(f, auto)
	if len(found) != 1 {
		return nil, nil
	}
	r := found[0]
	all, err := guess(ctx, r, f, "")
	at := slices.IndexFunc(r.folds, func(fold string) bool { return f.File(fold+r.training) != "" && f.File(fold+r.test) != "" })
	if err != nil || at < 0 {
		return all, err
	}
	folds, err := guess(ctx, r, f, r.folds[at])
	return append(all, folds...), err
}

// guess is that the folder holds ratings of the release, whose first lines are looked at.
func guess(ctx context.Context, r *release, f folder.Folder, fold string) ([]contract.Guess, error) {
	params, name, why := map[string]string{"path": f.Path}, r.ratings.name, "MovieLens "+r.exactly(ctx, f)
	if fold != "" {
		params["fold"], name, why = fold, fold+r.training, why+", its fold "+fold+" as a given split"
	}
	path := f.File(name)
	if path == "" || !looksRight(r.ratings, sniffed.Lines(ctx, path, 3)) {
		return nil, nil
	}
	return sniffed.Guess(params, contract.ConfidenceCertain, why)
}

// looksRight reports whether lines are a header, where there is one, and ratings.
func looksRight(f file, first []string) bool {
	separator, columns := f.table.Separator, f.table.Columns
	if f.table.Header {
		if len(first) == 0 || first[0] != strings.Join(columns, separator) {
			return false
		}
		first = first[1:]
	}
	return len(first) > 0 && !slices.ContainsFunc(first, func(line string) bool {
		fields := strings.Split(line, separator)
		return len(fields) != len(columns) || !digits([]byte(fields[ratingUser])) || !digits([]byte(fields[ratingMovie])) || !digits([]byte(fields[ratingTime]))
	})
}
