package contracttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
)

// FakeDatasetParams are the parameters of the fake dataset.
type FakeDatasetParams struct {
	Knobs
	Users   int    `json:"users" jsonschema:"default=24,minimum=1"`
	Items   int    `json:"items" jsonschema:"default=16,minimum=4"`
	PerUser int    `json:"per_user" jsonschema:"default=6,minimum=1,description=interactions of each user; at most half the items"`
	Chunk   int    `json:"chunk" jsonschema:"default=10,minimum=1,description=rows of a chunk"`
	Seed    uint64 `json:"seed" jsonschema:"default=1"`
}

// FakeDataset makes users and items of two tastes: even users prefer even
// items, which a model can learn. Every interaction has a review.
type FakeDataset struct{ sdk.Base[FakeDatasetParams] }

// NewFakeDataset makes the dataset plugin "fakedata".
func NewFakeDataset() *FakeDataset {
	d := &FakeDataset{sdk.NewBase[FakeDatasetParams](contract.Info{
		Kind: contract.KindDataset, Name: "fakedata", Version: "1.0.0", Summary: "two tastes, for tests",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilitySniff},
	})}
	d.Check = func(p FakeDatasetParams) error {
		if p.PerUser > p.Items/2 {
			return fmt.Errorf("per_user: must be at most half of items, got %d of %d", p.PerUser, p.Items)
		}
		return nil
	}
	return d
}

// rows calls each for every (user, item) pair in a fixed order.
func (d *FakeDataset) rows(each func(n, user, item int) error) error {
	p, n := d.Params(), 0
	for u := range p.Users {
		rng := rand.New(rand.NewPCG(p.Seed, uint64(u)))
		for i, other := range rng.Perm(p.Items / 2)[:p.PerUser] {
			item := 2*other + u%2
			if i == p.PerUser-1 { // the last one is of the other taste
				item = 2*other + (u+1)%2
			}
			if err := each(n, u, item); err != nil {
				return err
			}
			n++
		}
	}
	return nil
}

// Interactions streams the pairs with values 1 to 5 and rising times.
func (d *FakeDataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	c, steps := &contract.InteractionChunk{}, 0
	flush := func() error {
		steps++
		if err := d.Params().step(ctx, steps, 0, nil); err != nil {
			return err
		}
		full := c
		c = &contract.InteractionChunk{}
		return yield(full)
	}
	err := d.rows(func(n, user, item int) error {
		c.Users, c.Items = append(c.Users, fmt.Sprintf("u%d", user)), append(c.Items, fmt.Sprintf("i%d", item))
		c.Values, c.Times = append(c.Values, float32(1+n%5)), append(c.Times, int64(1_000_000_000+n))
		if c.Len() < d.Params().Chunk {
			return nil
		}
		return flush()
	})
	if err != nil || c.Len() == 0 {
		return err
	}
	return flush()
}

// Texts streams one review for each interaction and one title for each item.
func (d *FakeDataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	titles := &contract.TextChunk{}
	for i := range d.Params().Items {
		addText(titles, contract.TextTitle, "", fmt.Sprintf("i%d", i), fmt.Sprintf("item %d of the %s kind", i, taste(i)))
	}
	if err := d.Params().step(ctx, 1, 0, nil); err != nil {
		return err
	}
	if err := yield(titles); err != nil {
		return err
	}
	reviews := &contract.TextChunk{}
	_ = d.rows(func(_, user, item int) error {
		addText(reviews, contract.TextReview, fmt.Sprintf("u%d", user), fmt.Sprintf("i%d", item), "i like the "+taste(item)+" kind")
		return nil
	})
	return yield(reviews)
}

func taste(i int) string { return [...]string{"even", "odd"}[i%2] }

func addText(c *contract.TextChunk, kind contract.TextKind, user, item, text string) {
	c.Kinds, c.Users = append(c.Kinds, kind), append(c.Users, user)
	c.Items, c.Texts = append(c.Items, item), append(c.Texts, text)
}

// Sniff recognises a file whose first line is "fakedata USERS".
func (d *FakeDataset) Sniff(_ context.Context, path string) ([]contract.Guess, error) {
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, contract.Errorf(contract.ErrNotFound, "%s: no such file", path)
	case err != nil:
		return nil, nil // a folder
	}
	var users int
	if _, err := fmt.Sscanf(string(raw), "fakedata %d\n", &users); err != nil || users < 1 {
		return nil, nil
	}
	params := fmt.Appendf(nil, `{"users":%d}`, users)
	return []contract.Guess{{Params: params, Confidence: contract.ConfidenceCertain, Why: "the first line says so"}}, nil
}
