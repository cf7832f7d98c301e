package data

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// AttributeCount says how much is known of an attribute.
type AttributeCount struct {
	Name   string                 `json:"name"`
	Entity contract.Entity        `json:"entity"`
	Type   contract.AttributeType `json:"type"`
	Known  int                    `json:"known"` // users or items with a value
	// Filtered values are of users or items that the filters removed.
	Filtered int `json:"filtered"`
}

// attribute is one attribute while it is read.
type attribute struct {
	contract.TrainAttributes
	seen     map[string]struct{} // raw ids
	filtered int
}

// attributeKey tells attributes apart.
type attributeKey struct {
	entity contract.Entity
	name   string
}

// attributeReader turns the stream of attributes into indexed ones.
type attributeReader struct {
	users, items *Vocabulary
	read         map[attributeKey]*attribute
	chunks       int
}

// readAttributes streams every attribute of d, in the order of entity (users
// first) and name, with rows in ascending order of index. nil for a dataset that
// has none.
func readAttributes(ctx context.Context, d contract.Dataset, users, items *Vocabulary) ([]contract.TrainAttributes, []AttributeCount, error) {
	info, err := d.Info(ctx)
	if err != nil || !info.Can(contract.CapabilityAttributes) {
		return nil, nil, err
	}
	source, ok := d.(contract.AttributeSource)
	if !ok {
		return nil, nil, contract.Errorf(contract.ErrUnsupported, "plugin %s says that it has attributes and has no call for them", info.Name)
	}
	r := &attributeReader{users: users, items: items, read: map[attributeKey]*attribute{}}
	if err := source.Attributes(ctx, r.add); err != nil {
		return nil, nil, err
	}
	attributes, counts := r.finish()
	return attributes, counts, nil
}

func (r *attributeReader) add(c *contract.AttributeChunk) error {
	r.chunks++
	if err := checkAttributes(c); err != nil {
		return contract.Errorf(contract.ErrBadData, "attributes, chunk %d: %v", r.chunks, err)
	}
	key := attributeKey{c.Entity, c.Name}
	a := r.read[key]
	if a == nil {
		a = &attribute{seen: map[string]struct{}{}}
		a.Name, a.Entity, a.Type = c.Name, c.Entity, c.Type
		r.read[key] = a
	}
	if a.Type != c.Type {
		return contract.Errorf(contract.ErrBadData, "attributes, chunk %d: %s %s is a %s, and was a %s before", r.chunks, c.Entity, c.Name, c.Type, a.Type)
	}
	for i, id := range c.IDs {
		if _, again := a.seen[id]; again {
			return contract.Errorf(contract.ErrBadData, "attributes: %s %q has two values of %s", c.Entity, id, c.Name)
		}
		a.seen[id] = struct{}{}
		if index, ok := r.vocabulary(c.Entity).Index(id); ok {
			a.take(index, c, i)
		} else {
			a.filtered++
		}
	}
	return nil
}

func (r *attributeReader) vocabulary(e contract.Entity) *Vocabulary {
	if e == contract.EntityUser {
		return r.users
	}
	return r.items
}

// take appends value i of a chunk; a set in the order of its words, each once.
func (a *attribute) take(index int32, c *contract.AttributeChunk, i int) {
	a.Rows = append(a.Rows, index)
	switch a.Type {
	case contract.AttributeNumber:
		a.Numbers = append(a.Numbers, c.Numbers[i])
	case contract.AttributeSet:
		a.Sets = append(a.Sets, slices.Compact(slices.Sorted(slices.Values(c.Sets[i]))))
	default:
		a.Words = append(a.Words, c.Words[i])
	}
}

func (r *attributeReader) finish() ([]contract.TrainAttributes, []AttributeCount) {
	var out []contract.TrainAttributes
	var counts []AttributeCount
	for _, a := range r.read {
		counts = append(counts, AttributeCount{Name: a.Name, Entity: a.Entity, Type: a.Type, Known: len(a.Rows), Filtered: a.filtered})
		if len(a.Rows) > 0 {
			out = append(out, a.sorted())
		}
	}
	slices.SortFunc(out, func(x, y contract.TrainAttributes) int { return compareAttributes(x.Entity, y.Entity, x.Name, y.Name) })
	slices.SortFunc(counts, func(x, y AttributeCount) int { return compareAttributes(x.Entity, y.Entity, x.Name, y.Name) })
	return out, counts
}

// compareAttributes puts users before items.
func compareAttributes(e, f contract.Entity, name, other string) int {
	return cmp.Or(cmp.Compare(slices.Index(contract.Entities(), e), slices.Index(contract.Entities(), f)), cmp.Compare(name, other))
}

// sorted is the attribute with its rows in ascending order.
func (a *attribute) sorted() contract.TrainAttributes {
	order := positions(0, len(a.Rows))
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(a.Rows[i], a.Rows[j]) })
	out := contract.TrainAttributes{Name: a.Name, Entity: a.Entity, Type: a.Type, Rows: pick(a.Rows, order)}
	out.Words, out.Numbers, out.Sets = pick(a.Words, order), pick(a.Numbers, order), pick(a.Sets, order)
	return out
}

// pick takes the elements at some places; nil of nil.
func pick[T any, I int | int32](from []T, places []I) []T {
	if from == nil {
		return nil
	}
	out := make([]T, len(places))
	for i, at := range places {
		out[i] = from[at]
	}
	return out
}

// checkAttributes wants a name, a known entity and type, one value of that type
// for every id, finite numbers and words in UTF-8.
func checkAttributes(c *contract.AttributeChunk) error {
	switch {
	case c.Name == "" || !utf8.ValidString(c.Name):
		return fmt.Errorf("the name %q is empty or not UTF-8", c.Name)
	case !slices.Contains(contract.Entities(), c.Entity):
		return fmt.Errorf("%s is of entity %q, expected one of %q", c.Name, c.Entity, contract.Entities())
	case !slices.Contains(contract.AttributeTypes(), c.Type):
		return fmt.Errorf("%s has the type %q, expected one of %q (nearest: %q)", c.Name, c.Type, contract.AttributeTypes(), nearestType(c.Type))
	case c.Len(c.Type) != len(c.IDs):
		return fmt.Errorf("%s has %d ids and %d values of type %s", c.Name, len(c.IDs), c.Len(c.Type), c.Type)
	}
	for i, id := range c.IDs {
		if err := checkID(string(c.Entity), id); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		if err := checkValue(c, i); err != nil {
			return fmt.Errorf("%s of %s %q: %w", c.Name, c.Entity, id, err)
		}
	}
	return nil
}

func nearestType(t contract.AttributeType) string {
	var known []string
	for _, k := range contract.AttributeTypes() {
		known = append(known, string(k))
	}
	return schema.Nearest(string(t), known)
}

func checkValue(c *contract.AttributeChunk, i int) error {
	var words []string
	switch c.Type {
	case contract.AttributeNumber:
		if n := c.Numbers[i]; math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("it is %v", n)
		}
	case contract.AttributeSet:
		words = c.Sets[i]
	default:
		words = c.Words[i : i+1]
	}
	for _, w := range words {
		if !utf8.ValidString(w) {
			return fmt.Errorf("%q is not UTF-8", w)
		}
	}
	return nil
}
