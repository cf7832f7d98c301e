package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// Sniff recognises a file of interactions by its header or the fields of its first line,
// and a folder by the names of the published files: for each file of interactions in it
// a guess, with the files of the same genre, or of all books, beside it.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return nil, err
	}
	if !sight.Folder {
		return guess(ctx, map[string]string{"path": path})
	}
	var all []contract.Guess
	for _, name := range sight.Names {
		rest, ok := strings.CutPrefix(sniffed.Plain(name), "goodreads_interactions")
		if !ok {
			continue
		}
		more, err := guess(ctx, beside(sight, filepath.Join(path, name), rest))
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// beside are the parameters for a file of interactions with the files that belong to it.
// rest is the end of its name: ".csv", "_dedup.json" or "_GENRE.json".
func beside(sight sniffed.Sight, interactions, rest string) map[string]string {
	books := "goodreads_books" + rest
	if rest == "_dedup.json" || rest == ".csv" {
		books = "goodreads_books.json"
	}
	params := map[string]string{"path": interactions, "books": sight.File(books), "genres": sight.File("goodreads_book_genres_initial.json")}
	if params["books"] != "" {
		params["authors"] = sight.File("goodreads_book_authors.json")
	}
	if rest != ".csv" {
		params["reviews"] = sight.File("goodreads_reviews" + rest)
		return params
	}
	params["book_ids"], params["user_ids"] = sight.File("book_id_map.csv"), sight.File("user_id_map.csv")
	if params["book_ids"] == "" { // numbers, which the files beside them do not know
		return map[string]string{"path": interactions}
	}
	if params["user_ids"] != "" {
		params["reviews"] = sight.File("goodreads_reviews_dedup.json")
	}
	return params
}

// guess is certain where the file begins as Goodreads' do.
func guess(ctx context.Context, params map[string]string) ([]contract.Guess, error) {
	first := sniffed.Lines(ctx, params["path"], 1)
	if len(first) == 0 {
		return nil, nil
	}
	why := "goodreads_interactions.csv of the UCSD Book Graph"
	if !strings.HasPrefix(first[0], strings.Join(columns(), ",")) {
		line := lines.Line{Path: params["path"], Number: 1, Bytes: []byte(first[0])}
		o, _, _, err := pair(line, "an interaction", "rating", "date_added")
		if err != nil || !slices.ContainsFunc([]string{"is_read", "review_text"}, o.Has) {
			return nil, nil
		}
		why = "interactions of the UCSD Book Graph"
		if !o.Has("is_read") {
			why = "reviews of the UCSD Book Graph"
		}
	}
	return sniffed.Guess(params, contract.ConfidenceCertain, why)
}
