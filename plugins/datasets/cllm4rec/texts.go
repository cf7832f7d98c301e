package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/pickle"
	"cllm4rec/plugins/internal/formats/rows"
)

// textFile is one file of [prompt, text] pairs.
type textFile struct {
	kind contract.TextKind
	path string
}

// kinds lists the kinds that the layout knows, in the order of reading.
func kinds() []contract.TextKind {
	return []contract.TextKind{
		contract.TextReview, contract.TextTitle, contract.TextDescription, contract.TextTags, contract.TextCategories, contract.TextBrand,
	}
}

// Texts streams the texts of the chosen kinds. One space before a text,
// which the authors' tokenisation wants there, is taken off.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	users, items, err := d.meta()
	if err != nil {
		return err
	}
	files, err := d.textFiles()
	if err != nil {
		return err
	}
	w := rows.Texts{Yield: yield}
	for _, f := range files {
		if err := f.stream(&w, users, items); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return w.Flush()
}

// textFiles lists the files to read: those of `texts`, else all that are there.
func (d *dataset) textFiles() ([]textFile, error) {
	p := d.Params()
	files := chosen(p.Path, kinds(), p.Texts)
	if p.Texts == nil {
		return files, warnUnread(p.Path, files)
	}
	return files, nil
}

// chosen lists the files of kinds: those that are named, else all that are there.
func chosen(dir string, kinds []contract.TextKind, named []string) []textFile {
	var files []textFile
	for _, kind := range kinds {
		f := textFile{kind, filepath.Join(dir, "item_texts", string(kind)+".pkl")}
		if kind == contract.TextReview {
			f.path = filepath.Join(dir, "user_item_texts", "review.pkl")
		}
		_, err := os.Stat(f.path)
		if slices.Contains(named, string(kind)) || (named == nil && !errors.Is(err, fs.ErrNotExist)) {
			files = append(files, f)
		}
	}
	return files
}

// warnUnread tells of pickles in the text folders that no kind reads.
func warnUnread(dir string, files []textFile) error {
	found, err := filepath.Glob(filepath.Join(dir, "*_texts", "*.pkl"))
	if err != nil {
		return contract.Errorf(contract.ErrInvalid, "%s: cannot be listed: %v", dir, err)
	}
	for _, path := range found {
		if !slices.ContainsFunc(files, func(f textFile) bool { return f.path == path }) {
			log := sdk.Logger()
			log.Warn().Str("file", path).Msg("text file of an unknown kind is not read")
		}
	}
	return nil
}

// stream reads one list of [prompt, text] pairs.
func (f textFile) stream(w *rows.Texts, users, items int) error {
	return f.each(users, items, func(user, item, text string) error { return w.Add(f.kind, user, item, text) })
}

// each reads one list of [prompt, text] pairs.
func (f textFile) each(users, items int, do func(user, item, text string) error) error {
	value, err := pickle.ReadFile(f.path)
	if err != nil {
		return err
	}
	list, ok := value.(*pickle.List)
	if !ok {
		return contract.Errorf(contract.ErrBadData, "%s: holds %s, expected a list of [prompt, text]", f.path, kindOf(value))
	}
	for i, record := range list.Items {
		user, item, text, err := f.record(record, users, items)
		if err != nil {
			return contract.Errorf(contract.ErrBadData, "%s: record %d: %v", f.path, i, err)
		}
		if err := do(user, item, text); err != nil {
			return err
		}
	}
	return nil
}

// record takes one [prompt, text] apart.
func (f textFile) record(record any, users, items int) (user, item, text string, err error) {
	prompt, text, err := promptAndText(record)
	if err != nil {
		return "", "", "", err
	}
	user, item, err = about(prompt)
	if err != nil {
		return "", "", "", err
	}
	if (user != "") != (f.kind == contract.TextReview) || item == "" {
		return "", "", "", fmt.Errorf("prompt %q does not name what a %s is about", prompt, f.kind)
	}
	if err := errors.Join(below("user", user, users), below("item", item, items)); err != nil {
		return "", "", "", err
	}
	return user, item, strings.TrimPrefix(text, " "), nil
}

func promptAndText(record any) (prompt, text string, err error) {
	var pair []any
	switch r := record.(type) {
	case *pickle.List:
		pair = r.Items
	case pickle.Tuple:
		pair = r
	}
	if len(pair) != 2 {
		return "", "", fmt.Errorf("is %s, expected [prompt, text]", kindOf(record))
	}
	prompt, isPrompt := pair[0].(string)
	text, isText := pair[1].(string)
	if !isPrompt || !isText {
		return "", "", fmt.Errorf("is [%s, %s], expected two texts", kindOf(pair[0]), kindOf(pair[1]))
	}
	return prompt, text, nil
}

var soft = regexp.MustCompile(`(\S*)(user|item)_([0-9A-Za-z_]*)`)

// about finds the user and the item that a prompt names as user_i and item_j,
// whatever words stand around them. Each may stand there once.
func about(prompt string) (user, item string, err error) {
	for _, m := range soft.FindAllStringSubmatch(prompt, -1) {
		at := &user
		if m[2] == "item" {
			at = &item
		}
		n, err := strconv.Atoi(m[3])
		if err != nil || strconv.Itoa(n) != m[3] || m[1] != "" || *at != "" {
			return "", "", fmt.Errorf("prompt %q, expected user_<number> and item_<number>, each at most once", prompt)
		}
		*at = m[3]
	}
	return user, item, nil
}

func below(what, id string, n int) error {
	if i, _ := strconv.Atoi(id); i >= n { // about accepts whole numbers only; "" is 0
		return fmt.Errorf("%s_%s, but there are %d (0..%d)", what, id, n, n-1)
	}
	return nil
}
