package run

import (
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

func TestAttributesComeLastInChunksOfTheirOwn(t *testing.T) {
	long := strings.Repeat("x", chunkBytes)
	given := data.Training{
		Interactions: &data.Interactions{Users: 1, Items: 3, Ptr: []int{0, 1}, Item: []int32{2}},
		Texts:        []data.Text{{Kind: contract.TextTitle, User: -1, Item: 0, Text: "t"}},
		Attributes: []contract.TrainAttributes{
			{Name: "about", Entity: contract.EntityUser, Type: contract.AttributeText, Rows: []int32{0, 1, 2}, Values: contract.Values{Words: []string{long, "y", "z"}}},
			{Name: "price", Entity: contract.EntityItem, Type: contract.AttributeNumber, Rows: []int32{1}, Values: contract.Values{Numbers: []float64{2.5}}},
			{Name: "genres", Entity: contract.EntityItem, Type: contract.AttributeSet, Rows: []int32{0, 2}, Values: contract.Values{Sets: [][]string{{"a"}, {long, "b"}}}},
		},
	}
	collect := func(capabilities ...contract.Capability) (seen []string) {
		for c, err := range stream(training(given, contract.Info{Capabilities: capabilities}), nil, nil) {
			if err != nil {
				t.Fatal(err)
			}
			switch a := c.Attributes; {
			case a != nil && a.Len(a.Type) != len(a.Rows):
				t.Errorf("%s has %d rows and %d values", a.Name, len(a.Rows), a.Len(a.Type))
			case a != nil:
				seen = append(seen, a.Name)
			case c.Texts != nil:
				seen = append(seen, "texts")
			default:
				seen = append(seen, "interactions")
			}
		}
		return seen
	}
	for want, capabilities := range map[string][]contract.Capability{
		"interactions":                                nil,
		"interactions texts":                          {contract.CapabilityTexts},
		"interactions about about price genres":       {contract.CapabilityAttributes},
		"interactions texts about about price genres": {contract.CapabilityTexts, contract.CapabilityAttributes},
	} {
		if got := collect(capabilities...); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%v: %v, want %s", capabilities, got, want)
		}
	}
}
