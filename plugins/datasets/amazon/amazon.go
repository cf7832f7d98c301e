package main

import (
	"context"
	"embed"
	"html"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/formats/rows"
)

// The choices of Params.Text.
const (
	textReview  = "review"
	textSummary = "summary"
	textBoth    = "summary+review"
)

// Params are the plugin's parameters.
type Params struct {
	Path       string `json:"path,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"reviews of 2014, 2018 or 2023, one object a line as JSON or as a Python dictionary, or ratings alone as CSV; plain or compressed. Required, or train and test"`
	Train      string `json:"train,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the training part of a given split, such as CATEGORY.train.csv of 2023"`
	Validation string `json:"validation,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the validation part of a given split (CATEGORY.valid.csv)"`
	Test       string `json:"test,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the test part of a given split (CATEGORY.test.csv)"`
	Order      string `json:"order,omitempty" jsonschema:"enum=user_item,enum=item_user" jsonschema_description:"the first two columns of ratings without a header: user_item in 2014, item_user in 2018; left out: recognised by the form of the ids"`
	Reviews    string `json:"reviews,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"reviews whose texts are read, where the files above are ratings alone"`
	Meta       string `json:"meta,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"metadata of the items (title, description, features, categories, brand, rank) of 2014, 2018 or 2023, one object a line, plain or compressed"`
	Text       string `json:"text" jsonschema:"default=review,enum=review,enum=summary,enum=summary+review" jsonschema_description:"what the text of a review is"`
}

// dataset reads the official files of 2014 (reviews_<Category>.json.gz and
// meta_<Category>.json.gz; McAuley et al., SIGIR 2015), 2018 (Ni et al.,
// EMNLP 2019) and 2023 (Hou et al., arXiv 2403.03952).
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/tiny
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "amazon", Version: "1.0.0",
		Summary: "Amazon reviews of 2014, 2018 and 2023: lines of JSON or Python dictionaries, ratings as CSV and their splits, with item metadata",
		Capabilities: []contract.Capability{
			contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilityGivenSplit, contract.CapabilitySniff,
		},
		Check: contract.Check{
			Params: []byte(`{"path": "./tiny/reviews_Beauty_5.json", "meta": "./tiny/meta_Beauty.json", "text": "summary+review"}`),
			Files:  sdk.Files(checkFiles, "testdata/tiny"), Sniff: "./tiny/reviews_Beauty_5.json", Whole: true,
		},
	})}
	d.Check = Params.check
	return d
}

// check wants one file or a split, and files where files are expected: no folder, pipe
// or device. The runner has looked whether there is anything at all.
func (p Params) check() error {
	split := p.Train != "" || p.Validation != "" || p.Test != ""
	switch {
	case p.Path != "" && split:
		return contract.Errorf(contract.ErrInvalid, "path and train, validation, test: expected one file or the files of a split, not both")
	case p.Path == "" && !split:
		return contract.Errorf(contract.ErrInvalid, "expected path, or train and test")
	case split && (p.Train == "" || p.Test == ""):
		return contract.Errorf(contract.ErrInvalid, "a given split needs both train and test (validation may be left out)")
	}
	return regular.CheckGiven(p.Path, p.Train, p.Validation, p.Test, p.Reviews, p.Meta)
}

// Interactions streams one row per review or rating: its stars and its time.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	w := rows.Interactions{Yield: yield, Values: true, Times: true}
	for _, s := range d.Params().sources() {
		err := s.each(ctx, func(r *rating) error {
			return w.Add(s.part, rows.Interaction{User: r.User, Item: r.Item, Value: r.Value, Time: r.Time})
		})
		if err != nil {
			return err
		}
	}
	return w.Flush()
}

// Texts streams the text of every review and then, with Params.Meta, the
// contents of every item that has a review or a rating.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	p := d.Params()
	w := rows.Texts{Yield: yield}
	known := map[string]struct{}{}
	for _, s := range p.sources() {
		if err := p.texts(ctx, s, known, &w); err != nil {
			return err
		}
	}
	if p.Reviews != "" {
		if err := p.reviews(ctx, p.Reviews, func(string) {}, &w); err != nil {
			return err
		}
	}
	if p.Meta != "" {
		if err := streamMeta(ctx, p.Meta, known, &w); err != nil {
			return err
		}
	}
	return w.Flush()
}

// texts adds the reviews of a source, unless others are wanted or it has none, and notes
// its items where something is known about them.
func (p Params) texts(ctx context.Context, s source, known map[string]struct{}, w *rows.Texts) error {
	note := func(item string) { known[item] = struct{}{} }
	switch {
	case p.Reviews == "" && s.firstRow(ctx) == "":
		return p.reviews(ctx, s.path, note, w)
	case p.Meta == "":
		return nil
	}
	return s.each(ctx, func(r *rating) error {
		note(r.Item)
		return nil
	})
}

// reviews adds the reviews of a file.
func (p Params) reviews(ctx context.Context, path string, note func(item string), w *rows.Texts) error {
	reader := newReviewReader(path)
	return lines.Each(ctx, path, func(l lines.Line) error {
		r, err := reader.review(l)
		if err != nil {
			return err
		}
		note(r.Item)
		return w.Add(contract.TextReview, r.User, r.Item, r.text(p.Text))
	})
}

// text is the review in the wanted form. The files carry HTML references such
// as &#34;, which are resolved.
func (r *review) text(form string) string {
	body, summary := clean(r.Text), clean(r.Summary)
	switch {
	case form == textReview || (form == textBoth && summary == ""):
		return body
	case form == textSummary || body == "":
		return summary
	case strings.ContainsAny(summary[len(summary)-1:], ".!?"):
		return summary + " " + body
	default:
		return summary + ". " + body
	}
}

func clean(s string) string { return strings.TrimSpace(html.UnescapeString(s)) }
