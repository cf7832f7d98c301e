package report

import (
	"errors"
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/record"
)

// Overlap counts the held-out interactions by which of two methods found them: had the
// item among the first Depth of the user's list. Those of all compared trials are
// counted together.
type Overlap struct {
	Name    string `json:"bucket,omitempty"`
	HeldOut int    `json:"held_out"`
	Both    int    `json:"both"`
	OnlyA   int    `json:"only_a"`
	OnlyB   int    `json:"only_b"`
	Neither int    `json:"neither"`
}

func (o *Overlap) count(a, b bool) {
	o.HeldOut++
	switch {
	case a && b:
		o.Both++
	case a:
		o.OnlyA++
	case b:
		o.OnlyB++
	default:
		o.Neither++
	}
}

// hits counts what each method found, all together and by the items' popularity.
func (c *comparing) hits(out *Comparison) error {
	dividing := divider{builder: c.builder, by: by{name: ByItemCount}, made: map[string]*division{}}
	for i := range c.trials {
		rec := c.rows[0].done[i].Record
		div, err := dividing.of(rec)
		if err != nil {
			return err
		}
		data, err := c.data(rec)
		if err != nil {
			return err
		}
		if out.Popularity == nil {
			out.popularityNote = fmt.Sprintf("item_count: held-out interactions by how many training interactions their item has (%s), those of %s of each method counted together. An item is found when it stands among the first %d of the user's list.", div.how, some(len(c.trials), "trial"), out.Depth)
			for _, name := range div.names {
				out.Popularity = append(out.Popularity, Overlap{Name: name})
			}
		}
		a, err := c.found(rec, data.Part(c.part))
		if err != nil {
			return err
		}
		b, err := c.found(c.rows[1].done[i].Record, data.Part(c.part))
		if err != nil {
			return err
		}
		c.countHits(out, div, data.Part(c.part), a, b)
	}
	return nil
}

func (c *comparing) countHits(out *Comparison, div *division, relevant *data.Interactions, a, b []bool) {
	for at, item := range relevant.Item {
		out.Overlap.count(a[at], b[at])
		for bucket := range div.names {
			if div.in(bucket, item) {
				out.Popularity[bucket].count(a[at], b[at])
			}
		}
	}
}

// found tells of every held-out interaction whether a trial found it.
func (c *comparing) found(rec *record.Record, relevant *data.Interactions) ([]bool, error) {
	lists, err := c.from.Rankings(rec, string(c.part))
	if errors.Is(err, contract.ErrNotFound) {
		return nil, contract.Errorf(contract.ErrNotFound, "the record of trial %.12s (%s, seed %d) has no rankings, by which hits are compared: run the experiment again", rec.Key, rec.Method, rec.Seed)
	}
	if err != nil {
		return nil, err
	}
	found := make([]bool, relevant.Len())
	for i, user := range lists.Users {
		top := firstOf(lists.Lists[i].Items, c.metric)
		for at := relevant.Ptr[user]; at < relevant.Ptr[user+1]; at++ {
			found[at] = slices.Contains(top, relevant.Item[at])
		}
	}
	return found, nil
}

func firstOf(items []int32, m eval.Metric) []int32 { return items[:min(m.Depth(), len(items))] }
