package torchbin

import (
	"cmp"
	"fmt"
	"slices"

	"cllm4rec/plugins/internal/models/safetensors"
)

// maxDimensions is PyTorch's limit.
const maxDimensions = 64

// storage is a run of elements in the file that tensors are views of.
type storage struct {
	key   string
	dtype safetensors.DType
	count int    // elements
	bytes []byte // in the file; nil until the place is known
}

// tensor is a strided view of a storage, counted in elements.
type tensor struct {
	storage *storage
	offset  int
	shape   []int
	stride  []int
	count   int // elements
}

// newTensor checks that every element lies inside the storage. A tensor with
// more elements than its storage (expanded: stride 0) is refused, because no
// file of weights needs it and a few damaged bytes could ask for any amount of
// memory.
func newTensor(s *storage, offset int64, shape, stride []int) (*tensor, error) {
	t := &tensor{storage: s, offset: int(offset), shape: shape, stride: stride, count: 1}
	if len(shape) > maxDimensions {
		return nil, fmt.Errorf("%d dimensions, PyTorch knows %d", len(shape), maxDimensions)
	}
	negative := func(n int) bool { return n < 0 }
	if len(shape) != len(stride) || slices.ContainsFunc(shape, negative) || slices.ContainsFunc(stride, negative) || offset < 0 || t.offset > s.count {
		return nil, fmt.Errorf("shape %v, strides %v and offset %d do not fit storage %q of %d elements", shape, stride, offset, s.key, s.count)
	}
	if slices.Contains(shape, 0) {
		t.count = 0
		return t, nil
	}
	return t, t.measure()
}

// measure counts the elements and checks where the last one lies.
func (t *tensor) measure() error {
	have, last := t.storage.count, t.offset
	for i, d := range t.shape {
		if d == 1 {
			continue
		}
		if d > have/t.count {
			return unsupported("shape %v has more elements than storage %q (%d)", t.shape, t.storage.key, have)
		}
		t.count *= d
		if t.stride[i] > 0 && d-1 > (have-last)/t.stride[i] {
			return outside(t)
		}
		last += (d - 1) * t.stride[i]
	}
	if last >= have {
		return outside(t)
	}
	return nil
}

func outside(t *tensor) error {
	return fmt.Errorf("shape %v with strides %v from element %d reaches beyond storage %q of %d elements", t.shape, t.stride, t.offset, t.storage.key, t.storage.count)
}

// contiguous: the elements lie in row-major order without holes.
func (t *tensor) contiguous() bool {
	axes := make([]int, len(t.shape))
	for i := range axes {
		axes[i] = len(axes) - 1 - i
	}
	return t.packed(axes)
}

// dense: the elements fill a run of the storage, in whatever order.
func (t *tensor) dense() bool {
	axes := make([]int, len(t.shape))
	for i := range axes {
		axes[i] = i
	}
	slices.SortFunc(axes, func(a, b int) int { return cmp.Compare(t.stride[a], t.stride[b]) })
	return t.packed(axes)
}

// packed: no holes when the first of the axes runs fastest.
func (t *tensor) packed(axes []int) bool {
	next := 1
	for _, i := range axes {
		if t.shape[i] != 1 && t.stride[i] != next {
			return t.count == 0
		}
		next *= t.shape[i]
	}
	return true
}

// bytes are the elements in row-major order: in the file where they lie so, else copied.
func (t *tensor) bytes() []byte {
	size := t.storage.dtype.Size()
	if t.contiguous() {
		from, to := t.offset*size, (t.offset+t.count)*size
		return t.storage.bytes[from:to:to]
	}
	out := make([]byte, 0, t.count*size)
	return t.gather(out, t.offset, 0, size)
}

// gather appends the elements of the dimensions from axis on, beginning at an element.
func (t *tensor) gather(out []byte, at, axis, size int) []byte {
	for range t.shape[axis] {
		if axis == len(t.shape)-1 {
			out = append(out, t.storage.bytes[at*size:(at+1)*size]...)
		} else {
			out = t.gather(out, at, axis+1, size)
		}
		at += t.stride[axis]
	}
	return out
}

// partition checks that the tensors of a file cover each storage from end to
// end, as they do in a file of weights, where several may share the same run
// (tied weights). It stands in for the checksum that a file does not have:
// damaged strides, offsets or shapes leave a hole or an overlap.
func partition(tensors []*tensor) error {
	ordered := slices.SortedFunc(slices.Values(tensors), func(a, b *tensor) int {
		return cmp.Or(cmp.Compare(a.storage.key, b.storage.key), cmp.Compare(a.offset, b.offset), cmp.Compare(a.count, b.count))
	})
	for len(ordered) > 0 {
		n := slices.IndexFunc(ordered, func(t *tensor) bool { return t.storage != ordered[0].storage })
		if n < 0 {
			n = len(ordered)
		}
		if err := cover(ordered[:n]); err != nil {
			return err
		}
		ordered = ordered[n:]
	}
	return nil
}

// cover checks the tensors of one storage, in the order of their offsets.
func cover(tensors []*tensor) error {
	var before *tensor
	at := 0
	for _, t := range tensors {
		if t.count == 0 {
			continue
		}
		same := before != nil && before.offset == t.offset && before.count == t.count
		if !t.dense() || (t.offset != at && !same) {
			return unevenly(t)
		}
		before, at = t, t.offset+t.count
	}
	if last := tensors[len(tensors)-1]; at != last.storage.count {
		return unevenly(last)
	}
	return nil
}

func unevenly(t *tensor) error {
	return unsupported("a tensor of shape %v with strides %v from element %d leaves holes or overlaps in storage %q of %d elements; "+
		"a file without checksums is not trusted with that: save it again with torch >= 1.6", t.shape, t.stride, t.offset, t.storage.key, t.storage.count)
}
