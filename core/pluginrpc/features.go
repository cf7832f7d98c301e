package pluginrpc

import (
	"iter"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
)

func resourcesToWire(r contract.Resources) *v1.Resources {
	return &v1.Resources{
		Threads: int32(r.Threads), Device: r.Device, Memory: r.Memory, MicroBatch: r.MicroBatch,
		Attention: r.Attention, Checkpointing: r.Checkpointing,
	}
}

func resourcesFromWire(w *v1.Resources) contract.Resources {
	if w == nil {
		return contract.Resources{}
	}
	return contract.Resources{
		Threads: int(w.Threads), Device: w.Device, Memory: w.Memory, MicroBatch: w.MicroBatch,
		Attention: w.Attention, Checkpointing: w.Checkpointing,
	}
}

// featuresToWire checks a chunk and cuts it into messages of about a megabyte.
func featuresToWire(c *contract.FeatureChunk) iter.Seq2[*v1.FeatureChunk, error] {
	size := func(i int) int {
		if c.Offsets != nil {
			return 8*int(c.Offsets[i+1]-c.Offsets[i]) + 12
		}
		return 4*c.Width + 4
	}
	return func(yield func(*v1.FeatureChunk, error) bool) {
		if err := checkShape(c); err != nil {
			yield(nil, err)
			return
		}
		for rows, err := range spans(len(c.Rows), chunkBytes, size) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(cutFeatures(c, rows), nil) {
				return
			}
		}
	}
}

// cutFeatures is some rows of a chunk that was checked.
func cutFeatures(c *contract.FeatureChunk, rows span) *v1.FeatureChunk {
	w := &v1.FeatureChunk{Name: c.Name, Entity: entityCodes.wire(c.Entity), Width: int32(c.Width), Rows: cut(c.Rows, rows)}
	if c.Offsets == nil {
		w.Dense = c.Dense[rows.Lo*c.Width : rows.Hi*c.Width]
		return w
	}
	lo, hi := c.Offsets[rows.Lo], c.Offsets[rows.Hi]
	w.Columns, w.Values = c.Columns[lo:hi], c.Values[lo:hi]
	for _, offset := range c.Offsets[rows.Lo : rows.Hi+1] {
		w.Offsets = append(w.Offsets, offset-lo)
	}
	return w
}

func featuresFromWire(w *v1.FeatureChunk) *contract.FeatureChunk {
	return &contract.FeatureChunk{
		Name: w.Name, Entity: entityCodes.word(w.Entity), Width: int(w.Width), Rows: w.Rows, Dense: w.Dense,
		Offsets: w.Offsets, Columns: w.Columns, Values: w.Values,
	}
}

// checkShape refuses features whose columns do not fit together; the range of
// rows is known to the receiver alone.
func checkShape(c *contract.FeatureChunk) error {
	most := 0
	for _, row := range c.Rows {
		most = max(most, int(row)+1)
	}
	return c.Check(most, most)
}

func valuesToWire(t contract.AttributeType, v contract.Values, rows span) *v1.AttributeValues {
	w := &v1.AttributeValues{}
	switch t {
	case contract.AttributeNumber:
		w.Numbers = cut(v.Numbers, rows)
	case contract.AttributeSet:
		for _, set := range cut(v.Sets, rows) {
			w.Sets = append(w.Sets, &v1.WordSet{Words: set})
		}
	default:
		w.Words = cut(v.Words, rows)
	}
	return w
}

func valuesFromWire(w *v1.AttributeValues) contract.Values {
	v := contract.Values{Words: w.GetWords(), Numbers: w.GetNumbers()}
	for _, set := range w.GetSets() {
		v.Sets = append(v.Sets, set.GetWords())
	}
	return v
}

// valueBytes bounds what value i takes.
func valueBytes(t contract.AttributeType, v contract.Values, i int) int {
	switch t {
	case contract.AttributeNumber:
		return 8
	case contract.AttributeSet:
		size := 8
		for _, word := range v.Sets[i] {
			size += len(word) + 4
		}
		return size
	default:
		return len(v.Words[i]) + 4
	}
}

// checkAttribute refuses an attribute without a name, of an unknown entity or
// type, or whose columns have other lengths than its n rows, and values that the
// wire cannot carry.
func checkAttribute(name string, entity contract.Entity, t contract.AttributeType, n int, v contract.Values) error {
	switch {
	case name == "":
		return contract.Errorf(contract.ErrBadData, "an attribute has no name")
	case entityCodes.wire(entity) == 0:
		return contract.Errorf(contract.ErrBadData, "attribute %q describes %q, expected one of %v", name, entity, contract.Entities())
	case attributeCodes.wire(t) == 0:
		return contract.Errorf(contract.ErrBadData, "attribute %q has type %q, expected one of %v", name, t, contract.AttributeTypes())
	case v.Len(t) != n:
		return contract.Errorf(contract.ErrBadData, "attribute %q has %d values of type %s for %d rows", name, v.Len(t), t, n)
	}
	for _, x := range v.Numbers {
		if x-x != 0 {
			return contract.Errorf(contract.ErrBadData, "attribute %q holds the number %v", name, x)
		}
	}
	return checkUTF8(append(append([][]string{{name}}, v.Words), v.Sets...)...)
}
