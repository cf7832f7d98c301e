package main

import (
	"context"
	"embed"
	"os"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/rows"
)

// The choices of Params.Tips.
const (
	tipsNone         = "none"
	tipsTexts        = "texts"
	tipsInteractions = "interactions"
)

// Params are the plugin's parameters.
type Params struct {
	Path       string   `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"the folder of the unpacked data set (yelp_academic_dataset_review.json and those beside it), or the review file alone; plain or compressed"`
	Business   string   `json:"business_file,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the business file, where path is the review file"`
	User       string   `json:"user_file,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the user file, where path is the review file"`
	Tip        string   `json:"tip_file,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the tip file, where path is the review file"`
	Tips       string   `json:"tips" jsonschema:"default=none,enum=none,enum=texts,enum=interactions" jsonschema_description:"what tips are: nothing, further review texts, or further interactions (with their texts)"`
	TipValue   float64  `json:"tip_value,omitempty" jsonschema:"minimum=1,maximum=5" jsonschema_description:"the value of an interaction that is a tip, which has no stars; required where tips are interactions"`
	Cities     []string `json:"cities,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"only businesses of these cities, as the business file writes them"`
	Categories []string `json:"categories,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"only businesses that have one of these categories"`
}

// dataset reads the Yelp Open Dataset: files of one JSON object a line.
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/tiny
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "yelp", Version: "1.0.0",
		Summary:      "the Yelp Open Dataset: reviews, businesses, users and tips as lines of JSON",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilitySniff},
		Check:        contract.Check{Params: []byte(`{"path": "./tiny", "tips": "interactions", "tip_value": 3}`), Files: sdk.Files(checkFiles, "testdata/tiny"), Sniff: "./tiny"},
	})}
	d.Check = Params.check
	return d
}

// check wants the review file, and the others that the parameters speak about; the
// runner has looked whether there is anything at all.
func (p Params) check() error {
	if p.Tips == tipsInteractions && p.TipValue == 0 {
		return contract.Errorf(contract.ErrInvalid, "tip_value: expected the value of a tip where tips are interactions: a tip has no stars")
	}
	if p.Tips != tipsInteractions && p.TipValue != 0 {
		return contract.Errorf(contract.ErrInvalid, "tip_value has no meaning where tips is %q, expected %q", p.Tips, tipsInteractions)
	}
	if _, err := os.Stat(p.Path); err != nil {
		return nil
	}
	_, err := p.files()
	return err
}

// Interactions streams one row per review, its stars as value, and then one per tip
// where tips are interactions. Times are read as UTC.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	p := d.Params()
	f, kept, err := p.open(ctx)
	if err != nil {
		return err
	}
	w := rows.Interactions{Yield: yield, Values: true, Times: true}
	err = lines.Each(ctx, f.review, func(l lines.Line) error {
		r, err := readReview(l)
		if err != nil || !kept.has(r.business) {
			return err
		}
		return w.Add(contract.PartAll, rows.Interaction{User: r.user, Item: r.business, Value: r.stars, Time: r.time})
	})
	if err == nil && p.Tips == tipsInteractions {
		err = lines.Each(ctx, f.tip, func(l lines.Line) error {
			t, err := readTip(l)
			if err != nil || !kept.has(t.business) {
				return err
			}
			return w.Add(contract.PartAll, rows.Interaction{User: t.user, Item: t.business, Value: float32(p.TipValue), Time: t.time})
		})
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// Texts streams the text of every review, then of every tip unless tips are none, and
// then the name and categories of every business that has one of them.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	f, kept, err := d.Params().open(ctx)
	if err != nil {
		return err
	}
	w := rows.Texts{Yield: yield}
	known := selection{}
	add := func(o *opinion, err error) error {
		if err != nil || !kept.has(o.business) {
			return err
		}
		known[o.business] = struct{}{}
		return w.Add(contract.TextReview, o.user, o.business, o.text)
	}
	err = lines.Each(ctx, f.review, func(l lines.Line) error { return add(readReview(l)) })
	if err == nil && d.Params().Tips != tipsNone {
		err = lines.Each(ctx, f.tip, func(l lines.Line) error { return add(readTip(l)) })
	}
	if err == nil && f.business == "" {
		f.tell("business", "items have no texts of their own")
	} else if err == nil {
		err = streamContents(ctx, f.business, known, &w)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}
