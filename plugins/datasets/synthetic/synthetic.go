package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/rows"
)

// Params are the plugin's parameters.
type Params struct {
	Users        int     `json:"users" jsonschema:"default=300,minimum=1,maximum=100000000,description=number of users"`
	Items        int     `json:"items" jsonschema:"default=200,minimum=2,maximum=1000000,description=number of items"`
	Topics       int     `json:"topics" jsonschema:"default=16,minimum=1,maximum=16,description=latent topics that drive interactions and texts"`
	Interactions int     `json:"interactions_per_user" jsonschema:"default=6,minimum=1,maximum=10000,description=mean number of interactions of a user (uniform from half to one and a half of it)"`
	Noise        float64 `json:"noise" jsonschema:"default=0.1,minimum=0,maximum=1,description=share of the interactions that ignore the user's taste"`
	Cold         float64 `json:"cold" jsonschema:"default=0.2,minimum=0,maximum=1,description=share of the items that hardly anybody knows"`
	Reviews      float64 `json:"reviews" jsonschema:"default=1,minimum=0,maximum=1,description=share of the interactions that have a review"`
	Words        int     `json:"words" jsonschema:"default=30,minimum=1,maximum=1000,description=mean number of words of a review"`
	Contents     float64 `json:"contents" jsonschema:"default=1,minimum=0,maximum=1,description=share of the items with title and tags and description"`
	Biographies  float64 `json:"biographies" jsonschema:"default=0,minimum=0,maximum=1,description=share of the users with a biography"`
	TextSignal   float64 `json:"text_signal" jsonschema:"default=1,minimum=0,maximum=1,description=share of the words that tell the truth about topic and taste (0 = the texts tell nothing)"`
	// What follows has no default in the schema: left out, it is no part of what a
	// trial is known by.
	Skew   *float64 `json:"skew,omitempty" jsonschema:"minimum=0,maximum=3" jsonschema_description:"how unequally popular the items of a topic are: the item of rank r (from 0) has the weight 1 / (r + 4)^skew (left out: 1)"`
	Order  float64  `json:"order,omitempty" jsonschema:"minimum=0,maximum=1" jsonschema_description:"share of the interactions that follow from the one before: one of the three items that come after its item (left out: 0)"`
	Groups int      `json:"groups,omitempty" jsonschema:"minimum=0,maximum=1000000" jsonschema_description:"groups of users with the same tastes, of sizes that fall as 1, 1/2, 1/3 ...; the attribute group of a user names it (left out or 0: everybody has tastes of their own)"`
	Stream bool     `json:"stream,omitempty" jsonschema_description:"make histories while they are read, in memory that does not grow with the users; an item that nobody draws then does not occur (left out: false)"`
	Seed   uint64   `json:"seed" jsonschema:"default=1,description=seed of everything"`
}

// check looks for sizes that cannot be had together.
func (p Params) check() error {
	var wrong []string
	if p.Items < p.Topics {
		wrong = append(wrong, fmt.Sprintf("items: %d is below the %d topics", p.Items, p.Topics))
	}
	if 2*p.Interactions > p.Items {
		wrong = append(wrong, fmt.Sprintf("interactions_per_user: %d is more than half of the %d items", p.Interactions, p.Items))
	}
	if wrong == nil {
		return nil
	}
	return contract.Errorf(contract.ErrInvalid, "%s", strings.Join(wrong, "\n"))
}

// dataset invents its data: the same parameters give the same rows on every
// machine.
type dataset struct {
	sdk.Base[Params]
}

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "synthetic", Version: "1.0.0",
		Summary:      "seeded users, items, interactions and English-like texts from latent topics",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes},
		Check:        contract.Check{Params: []byte(`{"users": 40, "biographies": 0.5}`)},
	})}
	d.Check = Params.check
	return d
}

// Interactions streams the users' histories in order, with ratings 1 to 5 and
// times. Raw ids are decimal numbers.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	w, err := d.world("Interactions")
	if err != nil {
		return err
	}
	out := rows.Interactions{Yield: yield, Values: true, Times: true}
	for u := range d.Params().Users {
		id := strconv.Itoa(u)
		for _, e := range w.historyOf(u) {
			r := rows.Interaction{User: id, Item: strconv.Itoa(int(e.item)), Value: float32(e.rating), Time: e.time}
			if err := out.Add(contract.PartAll, r); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Texts streams reviews (user by user), then the contents of the items,
// then biographies.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	w, err := d.world("Texts")
	if err != nil {
		return err
	}
	out := &rows.Texts{Yield: yield}
	for u := range d.Params().Users {
		if err := w.addReviews(out, u); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	for i := range w.items {
		if err := w.addContents(out, i); err != nil {
			return err
		}
	}
	for u := range d.Params().Users {
		if err := w.addBiography(out, u); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (d *dataset) world(call string) (*world, error) {
	if err := d.Configured(call); err != nil {
		return nil, err
	}
	lex, err := readLexicon()
	if err != nil {
		return nil, err
	}
	return newWorld(d.Params(), lex), nil
}
