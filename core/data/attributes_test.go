package data

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

// described is a dataset with attributes.
type described struct {
	*fake
	attributes []contract.AttributeChunk
}

func (d *described) Attributes(_ context.Context, yield func(*contract.AttributeChunk) error) error {
	for i := range d.attributes {
		if err := yield(&d.attributes[i]); err != nil {
			return err
		}
	}
	return nil
}

func chunk(name string, entity contract.Entity, kind contract.AttributeType, v contract.Values, ids ...string) contract.AttributeChunk {
	return contract.AttributeChunk{Name: name, Entity: entity, Type: kind, IDs: ids, Values: v}
}

// withAttributes has the users b and the items x, y, z.
func withAttributes(chunks ...contract.AttributeChunk) *described {
	d := &described{fake: dataset(rest, true), attributes: chunks}
	d.capabilities = []contract.Capability{contract.CapabilityAttributes}
	return d
}

var last = Options{Name: "D", Attributes: true, Split: SplitSpec{Method: MethodLeaveOneOut}}

func TestAttributesAreIndexedSortedAndFiltered(t *testing.T) {
	const item, user = contract.EntityItem, contract.EntityUser
	s := mustLoad(t, withAttributes(
		chunk("price", item, contract.AttributeNumber, contract.Values{Numbers: []float64{3, 9, 1}}, "z", "gone", "x"),
		chunk("genres", item, contract.AttributeSet, contract.Values{Sets: [][]string{{"rock", "jazz", "rock"}, {}}}, "y", "x"),
		chunk("brand", item, contract.AttributeCategory, contract.Values{Words: []string{"Hosa"}}, "y"),
		chunk("price", item, contract.AttributeNumber, contract.Values{Numbers: []float64{2}}, "y"),
		chunk("about", user, contract.AttributeText, contract.Values{Words: []string{"plays"}}, "b"),
		chunk("unknown", user, contract.AttributeText, contract.Values{Words: []string{"t"}}, "gone"),
	), last)
	want := []contract.TrainAttributes{
		{Name: "about", Entity: user, Type: contract.AttributeText, Rows: []int32{0}, Values: contract.Values{Words: []string{"plays"}}},
		{Name: "brand", Entity: item, Type: contract.AttributeCategory, Rows: []int32{1}, Values: contract.Values{Words: []string{"Hosa"}}},
		{Name: "genres", Entity: item, Type: contract.AttributeSet, Rows: []int32{0, 1}, Values: contract.Values{Sets: [][]string{nil, {"jazz", "rock"}}}},
		{Name: "price", Entity: item, Type: contract.AttributeNumber, Rows: []int32{0, 1, 2}, Values: contract.Values{Numbers: []float64{1, 2, 3}}},
	}
	if !reflect.DeepEqual(s.Training.Attributes, want) {
		t.Errorf("attributes %+v, want %+v", s.Training.Attributes, want)
	}
	counts := []AttributeCount{
		{"about", user, contract.AttributeText, 1, 0}, {"unknown", user, contract.AttributeText, 0, 1}, {"brand", item, contract.AttributeCategory, 1, 0},
		{"genres", item, contract.AttributeSet, 2, 0}, {"price", item, contract.AttributeNumber, 3, 1},
	}
	if !slices.Equal(s.Audit.Attributes, counts) {
		t.Errorf("counts %+v, want %+v", s.Audit.Attributes, counts)
	}
}

func TestAttributesAreReadOnlyWhenAskedForAndThere(t *testing.T) {
	price := chunk("price", contract.EntityItem, contract.AttributeNumber, contract.Values{Numbers: []float64{1}}, "x")
	unasked := last
	unasked.Attributes = false
	none := mustLoad(t, dataset(rest, true), last)
	if s := mustLoad(t, withAttributes(price), unasked); s.Training.Attributes != nil || s.Fingerprint != none.Fingerprint {
		t.Error("attributes without Options.Attributes")
	}
	if none.Training.Attributes != nil || none.Audit.Attributes != nil {
		t.Error("attributes of a dataset that has none")
	}
	if s := mustLoad(t, withAttributes(price), last); len(s.Training.Attributes) != 1 || s.Fingerprint != none.Fingerprint {
		t.Errorf("%d attributes; the fingerprint must not depend on whether they are read", len(s.Training.Attributes))
	}
	f := dataset(rest, true)
	f.capabilities = []contract.Capability{contract.CapabilityAttributes}
	wantError(t, f, last, contract.ErrUnsupported, "no call for them")
}

func TestDamagedAttributesAreNamed(t *testing.T) {
	number := func(n float64, ids ...string) contract.AttributeChunk {
		return chunk("price", contract.EntityItem, contract.AttributeNumber, contract.Values{Numbers: []float64{n}}, ids...)
	}
	words := contract.Values{Words: []string{"\xff"}}
	for want, chunks := range map[string][]contract.AttributeChunk{
		`price of item "x": it is NaN`:                    {number(math.NaN(), "x")},
		`item "x" has two values of price`:                {number(1, "x"), number(2, "x")},
		`price has 2 ids and 1 values of type number`:     {number(1, "x", "y")},
		`price: the item is empty`:                        {number(1, "")},
		`brand of item "x": "\xff" is not UTF-8`:          {chunk("brand", contract.EntityItem, contract.AttributeCategory, words, "x")},
		`is of entity "shop"`:                             {chunk("brand", "shop", contract.AttributeCategory, words, "x")},
		`nearest: "category"`:                             {chunk("brand", contract.EntityItem, "categroy", words, "x")},
		`the name "" is empty`:                            {chunk("", contract.EntityItem, contract.AttributeText, words, "x")},
		`chunk 2: item price is a text, and was a number`: {number(1, "x"), chunk("price", contract.EntityItem, contract.AttributeText, contract.Values{Words: []string{"1"}}, "y")},
	} {
		wantError(t, withAttributes(chunks...), last, contract.ErrBadData, want)
	}
}
