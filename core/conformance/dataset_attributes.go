package conformance

import (
	"fmt"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// checkAttributes: attributes have a name, one type and one entity each, sound values,
// an ID at most once, and repeat themselves; a dataset without them says so.
func checkAttributes(t T, unconfigured, d contract.Dataset) {
	source, ok := d.(contract.AttributeSource)
	if !info(t, d).Can(contract.CapabilityAttributes) {
		if ok {
			_, err := attributes(t, source)
			mustBe(t, err, contract.ErrUnsupported, "")
		}
		return
	}
	if !ok {
		t.Fatalf("%T has the capability %q without its method", d, contract.CapabilityAttributes)
	}
	_, err := attributes(t, unconfigured.(contract.AttributeSource))
	mustBe(t, err, contract.ErrOrder, "")
	first, err := attributes(t, source)
	if err != nil || len(first) == 0 {
		t.Fatalf("%d values of attributes, error %v", len(first), err)
	}
	if again, err := attributes(t, source); err != nil || !slices.Equal(first, again) {
		t.Errorf("the second stream has %d values of attributes that differ from the first one's %d, error %v", len(again), len(first), err)
	}
	err = source.Attributes(t.Context(), func(*contract.AttributeChunk) error { return errStop })
	mustBe(t, err, errStop, "")
}

// attributes reads a whole stream as lines.
func attributes(t T, d contract.AttributeSource) ([]string, error) {
	t.Helper()
	var rows []string
	kinds, seen := map[string]contract.AttributeType{}, map[string]bool{}
	err := d.Attributes(t.Context(), func(c *contract.AttributeChunk) error {
		key := fmt.Sprintf("%s|%s", c.Entity, c.Name)
		if before, known := kinds[key]; known && before != c.Type {
			t.Errorf("attribute %q of %ss is of type %q and of type %q", c.Name, c.Entity, before, c.Type)
		}
		kinds[key] = c.Type
		if c.Name == "" || !slices.Contains(contract.Entities(), c.Entity) || !slices.Contains(contract.AttributeTypes(), c.Type) {
			t.Errorf("an attribute is called %q, describes %q and is of type %q", c.Name, c.Entity, c.Type)
		}
		if n := len(c.IDs); n == 0 || c.Len(c.Type) != n || len(c.Words)+len(c.Numbers)+len(c.Sets) != n {
			t.Fatalf("attribute %q has %d ids, %d words, %d numbers and %d sets", c.Name, n, len(c.Words), len(c.Numbers), len(c.Sets))
		}
		for i, id := range c.IDs {
			row := fmt.Sprintf("%s|%s", key, id)
			if id == "" || seen[row] {
				t.Errorf("attribute %q has the id %q twice, or it is empty", c.Name, id)
			}
			seen[row] = true
			rows = append(rows, fmt.Sprintf("%s|%s", row, value(t, c, i)))
		}
		return nil
	})
	return rows, err
}

// value is one value of a chunk in words.
func value(t T, c *contract.AttributeChunk, i int) string {
	t.Helper()
	switch c.Type {
	case contract.AttributeNumber:
		if v := c.Numbers[i]; math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("attribute %q of %q is %v", c.Name, c.IDs[i], v)
		}
		return fmt.Sprint(c.Numbers[i])
	case contract.AttributeSet:
		words := slices.Sorted(slices.Values(c.Sets[i]))
		if len(slices.Compact(words)) != len(c.Sets[i]) {
			t.Errorf("attribute %q of %q has a word twice: %q", c.Name, c.IDs[i], c.Sets[i])
		}
		return fmt.Sprintf("%q", c.Sets[i])
	default:
		return c.Words[i]
	}
}
