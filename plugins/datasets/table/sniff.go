package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// mostFiles is how many files of a folder are looked at.
const mostFiles = 20

// Sniff recognises a table by the names of its columns, or, without names, by what they
// hold. A folder is one of parts, of a given split (train, test), or of a table of
// interactions beside those of items and users.
func (d *dataset) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	sight, err := sniffed.Look(path)
	if err != nil {
		return nil, err
	}
	if !sight.Folder {
		switch kindOfTable(ctx, path) {
		case named:
			return sniffed.Guess(map[string]string{"path": path}, contract.ConfidenceLikely, "a table with columns that are called like a user and an item")
		case unnamed:
			return sniffed.Guess(map[string]string{"path": path}, contract.ConfidencePossible, "a table without names of columns, taken for user, item, value, time")
		case strange:
			return firstColumns(ctx, path)
		}
		return nil, nil
	}
	if isFolderOfParts(ctx, path) {
		return sniffed.Guess(map[string]string{"path": path}, contract.ConfidenceLikely, "a folder of parts of one table, with columns that are called like a user and an item")
	}
	return folder(ctx, sight)
}

// tableKind is what a table seems to hold.
type tableKind int

const (
	strange tableKind = iota
	named             // interactions, by the names of columns
	unnamed           // interactions, by what the columns hold
	ofItems
	ofUsers
)

// recognisedForm leaves all that it can to be recognised.
func recognisedForm() form {
	return form{Format: auto, Header: auto, Quotes: auto, Encoding: "utf-8", List: "|"}
}

// kindOfTable looks at the first records of a file or a folder of parts.
func kindOfTable(ctx context.Context, path string) tableKind {
	t, err := openTable(ctx, path, recognisedForm())
	if err != nil {
		return strange
	}
	if s, ok := t.first.(*textSource); ok && !s.options.Header {
		if at, err := s.positions(); err == nil && len(at) > 2 {
			return unnamed
		}
		return strange
	}
	has := func(name string) bool {
		at, err := t.find(role{name: name})
		return err == nil && at != absent
	}
	_, err = t.identifier(described{entity: contract.EntityItem})
	item := err == nil
	_, err = t.identifier(described{entity: contract.EntityUser})
	switch {
	case has("user") && has("item"):
		return named
	case item && has("title"):
		return ofItems
	case err == nil && has("user"):
		return ofUsers
	}
	return strange
}

// firstColumns takes the first two columns of a table with other names for user and
// item: a proposal that its reader is asked to check.
func firstColumns(ctx context.Context, path string) ([]contract.Guess, error) {
	t, err := openTable(ctx, path, recognisedForm())
	if err != nil {
		return nil, nil
	}
	if s, ok := t.first.(*textSource); ok && (!s.options.Header || s.options.Separator == delimited.Blanks) {
		return nil, nil
	}
	names := t.columns()
	if len(names) < 2 || slices.Contains(names, "") || t.few(ctx) {
		return nil, nil
	}
	why := fmt.Sprintf("a table with the columns %s: the first two are taken for user and item; say which are", object.Listed(names))
	return sniffed.Guess(map[string]string{"path": path, "user": names[0], "item": names[1]}, contract.ConfidencePossible, why)
}

// few reports whether a table has fewer than two rows, or rows that cannot be read.
func (t *table) few(ctx context.Context) bool {
	rows := 0
	err := t.first.read(ctx, []int{0, 1}, func(row) error {
		if rows++; rows < 2 {
			return nil
		}
		return errEnough
	})
	return !errors.Is(err, errEnough)
}

func isFolderOfParts(ctx context.Context, path string) bool {
	p, err := partsOf(path)
	if err != nil || kindOfTable(ctx, path) != named {
		return false
	}
	t, err := openTable(ctx, path, recognisedForm())
	if err != nil {
		return false
	}
	for _, file := range p.files[:min(len(p.files), mostFiles)] {
		_, err := t.next(ctx, file)
		_, split := partName(file) // the files of a given split have the same columns too
		if err != nil || split {
			return false
		}
	}
	return true
}

// partName is the part of a split that a file is called after.
func partName(file string) (part contract.Part, is bool) {
	for word := range strings.FieldsFuncSeq(strings.ToLower(filepath.Base(file)), func(r rune) bool { return r == '.' || r == '_' || r == '-' }) {
		if part, is := partNames[word]; is {
			return part, true
		}
	}
	return "", false
}

// folder finds out what the files of a folder are to each other.
func folder(ctx context.Context, sight sniffed.Sight) ([]contract.Guess, error) {
	var interactions, items, users []string
	looked := 0
	for _, name := range sight.Names {
		file := filepath.Join(sight.Path, name)
		if _, fits := partEnding(name); !fits || looked == mostFiles {
			continue
		}
		looked++
		switch kindOfTable(ctx, file) {
		case named:
			interactions = append(interactions, file)
		case ofItems:
			items = append(items, file)
		case ofUsers:
			users = append(users, file)
		}
	}
	params := map[string]any{}
	switch parts := byPart(interactions); {
	case len(interactions) == 1:
		params["path"] = interactions[0]
	case parts == nil:
		return nil, nil
	default:
		for part, file := range parts {
			params[string(part)] = file
		}
	}
	if len(items) == 1 {
		params["items"] = map[string]string{"path": items[0]}
	}
	if len(users) == 1 {
		params["users"] = map[string]string{"path": users[0]}
	}
	return sniffed.Guess(params, contract.ConfidenceLikely, "tables with columns that are called like a user and an item")
}

// byPart are files that are called after the parts of a split, or nil where they are
// not: training and test must be there.
func byPart(files []string) map[contract.Part]string {
	parts := map[contract.Part]string{}
	for _, file := range files {
		part, is := partName(file)
		if _, again := parts[part]; !is || again {
			return nil
		}
		parts[part] = file
	}
	if parts[contract.PartTrain] == "" || parts[contract.PartTest] == "" {
		return nil
	}
	return parts
}
