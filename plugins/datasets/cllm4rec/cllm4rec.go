package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/npy"
	"cllm4rec/plugins/internal/formats/pickle"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/formats/rows"
)

// Params are the plugin's parameters.
type Params struct {
	Path       string   `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"folder with meta.pkl, {train,val,test}_matrix.npz, user_item_texts/ and item_texts/"`
	Texts      []string `json:"texts,omitempty" jsonschema:"enum=review,enum=title,enum=description,enum=tags,enum=categories,enum=brand,uniqueItems=true" jsonschema_description:"kinds of text to read, each of which must then be there; left out: all that are there"`
	Attributes []string `json:"attributes,omitempty" jsonschema:"enum=tags,enum=categories,enum=brand,uniqueItems=true" jsonschema_description:"texts that are attributes of the items too, each of which must then be there; left out: all that are there"`
}

// dataset reads the authors' layout. Users and items are numbers below the
// counts in meta.pkl; their raw ids are those numbers in decimal.
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/tiny
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "cllm4rec", Version: "1.0.0",
		Summary:      "the CLLM4Rec authors' layout: SciPy matrices with their split, pickled texts",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityGivenSplit, contract.CapabilityAttributes, contract.CapabilitySniff},
		Check:        contract.Check{Params: []byte(`{"path": "./tiny"}`), Files: sdk.Files(checkFiles, "testdata/tiny"), Sniff: "./tiny"},
	})}
	d.Check = Params.check
	return d
}

// check refuses a folder that lacks what every data set has; the runner has
// looked whether there is a folder at all.
func (p Params) check() error {
	if entry, err := os.Stat(p.Path); err != nil {
		return nil
	} else if !entry.IsDir() {
		return contract.Errorf(contract.ErrInvalid, "%s is a file; expected a folder in the layout of the CLLM4Rec authors", p.Path)
	}
	for _, part := range append([]part{{file: metaName}}, parts()...) {
		path := filepath.Join(p.Path, part.file)
		if _, err := os.Stat(path); err != nil {
			return contract.Errorf(contract.ErrNotFound, "%s: no such file; the layout has %s and a matrix for each of train, validation and test", path, metaName)
		}
		if err := regular.Check(path); err != nil {
			return err
		}
	}
	return nil
}

// metaName is the file with the numbers of users and items.
const metaName = "meta.pkl"

// part is one matrix file.
type part struct {
	name contract.Part
	file string
}

func parts() []part {
	return []part{
		{contract.PartTrain, "train_matrix.npz"}, {contract.PartValidation, "val_matrix.npz"}, {contract.PartTest, "test_matrix.npz"},
	}
}

// Interactions streams the entries of the three matrices, row by row. Values
// are the matrices' own (1 in the authors' files).
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	users, items, err := d.meta()
	if err != nil {
		return err
	}
	w := rows.Interactions{Yield: yield, Values: true}
	for _, p := range parts() {
		if err := d.stream(ctx, &w, p, users, items); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (d *dataset) stream(ctx context.Context, w *rows.Interactions, p part, users, items int) error {
	path := filepath.Join(d.Params().Path, p.file)
	m, err := npy.ReadCSR(path)
	if err != nil {
		return err
	}
	if m.Rows != users || m.Cols != items {
		return contract.Errorf(contract.ErrBadData, "%s: %d x %d, but meta.pkl says %d users and %d items", path, m.Rows, m.Cols, users, items)
	}
	for u := range m.Rows {
		user := strconv.Itoa(u)
		for at := m.Ptr[u]; at < m.Ptr[u+1]; at++ {
			if m.Data[at] == 0 {
				return contract.Errorf(contract.ErrBadData, "%s: array data: entry %d is 0, which is no interaction", path, at)
			}
			r := rows.Interaction{User: user, Item: strconv.FormatInt(m.Index[at], 10), Value: float32(m.Data[at])}
			if err := w.Add(p.name, r); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// meta reads the numbers of users and items.
func (d *dataset) meta() (users, items int, err error) {
	path := filepath.Join(d.Params().Path, metaName)
	value, err := pickle.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	dict, ok := value.(*pickle.Dict)
	if !ok {
		return 0, 0, contract.Errorf(contract.ErrBadData, "%s: holds %s, expected a dictionary with num_users and num_items", path, kindOf(value))
	}
	if users, err = metaCount(path, dict, "num_users"); err != nil {
		return 0, 0, err
	}
	items, err = metaCount(path, dict, "num_items")
	return users, items, err
}

func metaCount(path string, dict *pickle.Dict, key string) (int, error) {
	value, there := dict.Get(key)
	if !there {
		return 0, contract.Errorf(contract.ErrBadData, "%s: %s is missing", path, key)
	}
	n, ok := value.(int64)
	if !ok || n < 1 || n > 1<<31-1 {
		return 0, contract.Errorf(contract.ErrBadData, "%s: %s is %s, expected a positive integer", path, key, kindOf(value))
	}
	return int(n), nil
}

// kindOf names a pickled value in the user's words.
func kindOf(v any) string {
	switch v := v.(type) {
	case *pickle.List:
		return "a list"
	case *pickle.Dict:
		return "a dictionary"
	case pickle.Tuple:
		return "a tuple"
	case string:
		return "a text"
	case nil:
		return "nothing"
	case bool, int64, float64:
		return fmt.Sprint("the number ", v)
	case []byte:
		return "bytes"
	default:
		return "no plain value"
	}
}
