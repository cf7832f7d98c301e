package main

import (
	"context"
	"html"
	"os"
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
	Path string `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"reviews of 2014, 2018 or 2023, one object a line as JSON or as a Python dictionary, plain or gzip"`
	Meta string `json:"meta,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"metadata of the items (title, description, features, categories, brand, rank) of 2014, 2018 or 2023, one object a line, plain or gzip"`
	Text string `json:"text" jsonschema:"default=review,enum=review,enum=summary,enum=summary+review" jsonschema_description:"what the text of a review is"`
}

// dataset reads the official files of 2014 (reviews_<Category>.json.gz and
// meta_<Category>.json.gz; McAuley et al., SIGIR 2015), 2018 (Ni et al.,
// EMNLP 2019) and 2023 (Hou et al., arXiv 2403.03952).
type dataset struct{ sdk.Base[Params] }

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "amazon", Version: "1.0.0",
		Summary:      "Amazon reviews of 2014, 2018 and 2023: lines of JSON or Python dictionaries, plain or gzip, with item metadata",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes},
	})}
	d.Check = Params.check
	return d
}

// check refuses a folder, a pipe or a device where a file is expected; the runner
// has looked whether there is anything at all.
func (p Params) check() error {
	for _, path := range []string{p.Path, p.Meta} {
		if _, err := os.Stat(path); err != nil {
			continue // no metadata, or a file that reading will miss
		}
		if err := regular.Check(path); err != nil {
			return contract.Errorf(contract.ErrInvalid, "%s", err)
		}
	}
	return nil
}

// Interactions streams one row per review: its rating and its time.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	w := rows.Interactions{Yield: yield, Values: true, Times: true}
	reader := newReviewReader(d.Params().Path)
	err := lines.Each(ctx, d.Params().Path, func(l lines.Line) error {
		r, err := reader.rating(l)
		if err != nil {
			return err
		}
		return w.Add(contract.PartAll, rows.Interaction{User: r.User, Item: r.Item, Value: r.Value, Time: r.Time})
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// Texts streams the text of every review and then, with Params.Meta, the
// contents of every item that has a review.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	w := rows.Texts{Yield: yield}
	reviewed := map[string]struct{}{}
	reader := newReviewReader(d.Params().Path)
	err := lines.Each(ctx, d.Params().Path, func(l lines.Line) error {
		r, err := reader.review(l)
		if err != nil {
			return err
		}
		reviewed[r.Item] = struct{}{}
		return w.Add(contract.TextReview, r.User, r.Item, r.text(d.Params().Text))
	})
	if err == nil && d.Params().Meta != "" {
		err = streamMeta(ctx, d.Params().Meta, reviewed, &w)
	}
	if err != nil {
		return err
	}
	return w.Flush()
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
