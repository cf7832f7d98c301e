package rows

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestInteractionsKeepOrderAndSplitByPartAndSize(t *testing.T) {
	var users []string
	var parts []contract.Part
	w := Interactions{Values: true, Yield: func(c *contract.InteractionChunk) error {
		if len(c.Values) != c.Len() || c.Times != nil {
			t.Errorf("chunk of %d rows has %d values and times %v", c.Len(), len(c.Values), c.Times)
		}
		users, parts = append(users, c.Users...), append(parts, c.Part)
		return nil
	}}
	const n = 100000
	for i := range n {
		part := contract.PartTrain
		if i >= n/2 {
			part = contract.PartTest
		}
		if err := w.Add(part, Interaction{User: strconv.Itoa(i), Item: "x", Value: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if len(users) != n || users[n-1] != strconv.Itoa(n-1) || len(parts) != 4 || parts[0] != contract.PartTrain || parts[3] != contract.PartTest {
		t.Errorf("%d rows in parts %v", len(users), parts)
	}
}

func TestTextsSplitBySizeAndPassErrorsOn(t *testing.T) {
	chunks, stop := 0, errors.New("stop")
	w := Texts{Yield: func(c *contract.TextChunk) error {
		if chunks++; chunks == 2 {
			return stop
		}
		return nil
	}}
	text := strings.Repeat("x", chunkBytes)
	if err := errors.Join(w.Add(contract.TextTitle, "", "i", text), w.Add(contract.TextTitle, "", "j", text), w.Flush(), w.Flush()); !errors.Is(err, stop) || chunks != 2 {
		t.Errorf("error %v after %d chunks", err, chunks)
	}
}

func TestAnItemHasTheTextsThatAreNotEmpty(t *testing.T) {
	var got contract.TextChunk
	w := Texts{Yield: func(c *contract.TextChunk) error { got = *c; return nil }}
	err := errors.Join(w.Describe("i", About(contract.TextTitle, "x"), About(contract.TextTags, ""), About(contract.TextBrand, "y")), w.Describe("j"), w.Flush())
	if err != nil || !slices.Equal(got.Texts, []string{"x", "y"}) || !slices.Equal(got.Kinds, []contract.TextKind{contract.TextTitle, contract.TextBrand}) || !slices.Equal(got.Items, []string{"i", "i"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAttributesSplitBySizeAndKeepTheirColumn(t *testing.T) {
	var ids, words, set []string
	var numbers []float64
	chunks := 0
	yield := func(c *contract.AttributeChunk) error {
		chunks++
		if c.Name != "a" || c.Entity != contract.EntityItem || c.Len(c.Type) != len(c.IDs) {
			t.Errorf("chunk %+v", c)
		}
		ids, words, numbers = append(ids, c.IDs...), append(words, c.Words...), append(numbers, c.Numbers...)
		for _, s := range c.Sets {
			set = append(set, s...)
		}
		return nil
	}
	of := func(kind contract.AttributeType) *Attribute {
		return &Attribute{Name: "a", Entity: contract.EntityItem, Type: kind, Yield: yield}
	}
	long := strings.Repeat("x", chunkBytes)
	word, number, several := of(contract.AttributeText), of(contract.AttributeNumber), of(contract.AttributeSet)
	err := errors.Join(
		word.Word("1", long), word.Word("2", "y"), word.Flush(), word.Flush(), number.Number("3", 2.5), number.Flush(), several.Set("4", []string{long, "z"}), several.Flush(),
	)
	if err != nil || chunks != 4 || strings.Join(ids, " ") != "1 2 3 4" || len(words) != 2 || len(numbers) != 1 || len(set) != 2 {
		t.Errorf("%d chunks, ids %q, error %v", chunks, ids, err)
	}
}

func TestTagsOfAnItemStandOnceAndInOrder(t *testing.T) {
	var tags Tags
	for _, x := range []struct{ item, tag string }{{"i", "b"}, {"j", "b"}, {"i", "a"}, {"i", "b"}, {"i", ""}} {
		tags.Add(x.item, []byte(x.tag))
	}
	if i, j, k := tags.Of("i"), tags.Of("j"), tags.Of("k"); !slices.Equal(i, []string{"a", "b"}) || !slices.Equal(j, []string{"b"}) || k != nil {
		t.Errorf("%q, %q, %q", i, j, k)
	}
}
