package main

import (
	"context"
	"embed"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/formats/rows"
)

// Params are the plugin's parameters.
type Params struct {
	File       string `json:"file,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"lines of a user and the user's items in order of time, plain or gzip; in place of train and test"`
	Train      string `json:"train,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the training part of a given split: lines of a user and the user's items in no order"`
	MoreTrain  string `json:"more_train,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"a further file of the training part, such as the validation part where nothing is chosen by it"`
	Validation string `json:"validation,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the validation part of a given split, in the same form"`
	Test       string `json:"test,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the test part of a given split, in the same form"`
	Repeats    string `json:"repeats,omitempty" jsonschema:"enum=refuse,enum=keep" jsonschema_description:"an item that a line has twice: refuse it, as left out, or keep each time as an interaction"`
	Maps       string `json:"maps,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"P5's datamaps.json: the raw ids behind the numbers of users and items, and names of attributes"`
	Attributes string `json:"attributes,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"S3-Rec's NAME_item2attributes.json: a JSON object of a list of attribute ids per item, plain or gzip"`
	Texts      string `json:"texts,omitempty" jsonschema:"enum=tags,enum=categories" jsonschema_description:"the kind of text that the attributes of an item, joined, are as well (left out: none), for methods that read texts"`
}

// repeatsKeep is the choice of Params.Repeats that is not the one of leaving it out.
const repeatsKeep = "keep"

// dataset reads files of lines `user item item ...`.
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/p5
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "sequences", Version: "1.0.0",
		Summary:      "lines of a user and the user's items (S3-Rec, SASRec, LightGCN, P5), one file or a given split, with item attributes",
		Capabilities: []contract.Capability{contract.CapabilityGivenSplit, contract.CapabilityAttributes, contract.CapabilityTexts, contract.CapabilitySniff},
		Check: contract.Check{
			Params: []byte(`{"file": "./p5/sequential_data.txt", "maps": "./p5/datamaps.json", "attributes": "./p5/item2attributes.json", "texts": "tags"}`),
			Files:  sdk.Files(checkFiles, "testdata/p5"), Sniff: "./p5", Whole: true,
		},
	})}
	d.Check = Params.check
	return d
}

// check wants one file or a split, and files where files are expected; the
// runner has looked whether there is anything at all.
func (p Params) check() error {
	split := p.Train != "" || p.MoreTrain != "" || p.Validation != "" || p.Test != ""
	switch {
	case p.File != "" && split:
		return contract.Errorf(contract.ErrInvalid, "file and train, more_train, validation, test: expected one file of whole histories or the files of a split, not both")
	case p.File == "" && !split:
		return contract.Errorf(contract.ErrInvalid, "expected file, or train and test")
	case split && (p.Train == "" || p.Test == ""):
		return contract.Errorf(contract.ErrInvalid, "a given split needs both train and test (validation may be left out)")
	case p.Texts != "" && p.Attributes == "":
		return contract.Errorf(contract.ErrInvalid, "texts are made of attributes, and there are none: expected attributes too")
	}
	return regular.CheckGiven(p.File, p.Train, p.MoreTrain, p.Validation, p.Test, p.Maps, p.Attributes)
}

// source is one file and what its lines mean.
type source struct {
	path string
	part contract.Part
	// ordered lines are in order of time, which becomes the column of times.
	ordered bool
	// lone users, with no items behind them, have nothing in this part.
	lone bool
}

func (p Params) sources() []source {
	if p.File != "" {
		return []source{{path: p.File, part: contract.PartAll, ordered: true}}
	}
	sources := []source{{path: p.Train, part: contract.PartTrain}}
	if p.MoreTrain != "" {
		sources = append(sources, source{path: p.MoreTrain, part: contract.PartTrain, lone: true})
	}
	if p.Validation != "" {
		sources = append(sources, source{path: p.Validation, part: contract.PartValidation, lone: true})
	}
	return append(sources, source{path: p.Test, part: contract.PartTest, lone: true})
}

// Interactions streams the items of every line. Of a file of whole histories the
// time of an interaction is its position in its line, from 0; a given split has
// no times. There are no values.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	m, err := readMaps(ctx, d.Params().Maps)
	if err != nil {
		return err
	}
	for _, s := range d.Params().sources() {
		if err := s.stream(ctx, m, d.Params().Repeats == repeatsKeep, yield); err != nil {
			return err
		}
	}
	return nil
}

func (s source) stream(ctx context.Context, m *maps, repeats bool, yield func(*contract.InteractionChunk) error) error {
	w := rows.Interactions{Yield: yield, Times: s.ordered}
	r := newReader(s.lone, repeats)
	err := lines.Each(ctx, s.path, func(l lines.Line) error {
		user, items, err := r.read(l)
		if err == nil {
			user, err = m.restore(l, user, items)
		}
		for at := 0; err == nil && at < len(items); at++ {
			err = w.Add(s.part, rows.Interaction{User: user, Item: items[at], Time: int64(at)})
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
