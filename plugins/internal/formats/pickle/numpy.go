package pickle

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// numpy stands in for what NumPy's numbers, texts and arrays name in a pickle:
// dtypes, scalars and arrays of plain types, which become what Python's item()
// and tolist() give. Nothing of Python runs; every other class or function is
// refused by name.
type numpy struct {
	// room is how many bytes and list elements may still be made: pickles can name
	// the same bytes again and again, and a small one must not become a large value.
	room int
	// open are arrays that wait for their state.
	open map[*List]struct{}
}

// function is something that a pickle calls.
type function string

const (
	callScalar      function = "scalar"
	callReconstruct function = "_reconstruct"
	callFromBuffer  function = "_frombuffer"
	callDType       function = "dtype"
	callEncode      function = "encode"
	callBytes       function = "bytes"
	classArray      function = "ndarray"
)

// known are the names that stand for a function, old and new.
func known() map[string]function {
	return map[string]function{
		"numpy.core.multiarray.scalar": callScalar, "numpy._core.multiarray.scalar": callScalar,
		"numpy.core.multiarray._reconstruct": callReconstruct, "numpy._core.multiarray._reconstruct": callReconstruct,
		"numpy.core.numeric._frombuffer": callFromBuffer, "numpy._core.numeric._frombuffer": callFromBuffer,
		"numpy.dtype": callDType, "numpy.ndarray": classArray,
		// How protocol 2 writes bytes.
		"_codecs.encode": callEncode, "__builtin__.bytes": callBytes, "builtins.bytes": callBytes,
	}
}

// newNumPy serves a pickle of so many bytes. What NumPy writes needs at most
// three times their number: bytes by a call, a scalar or an array of them, and
// the lists of arrays.
func newNumPy(size int) *numpy { return &numpy{room: 4 * size, open: map[*List]struct{}{}} }

var errRoom = errors.New("the values are much larger than the file: it is damaged or made to fill the memory")

func (n *numpy) spend(count int) error {
	if count > n.room {
		return errRoom
	}
	n.room -= count
	return nil
}

// Global knows the names of known.
func (n *numpy) Global(module, name string) (any, error) {
	if f, ok := known()[module+"."+name]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("%s.%s is refused: this reader takes plain Python values and NumPy's numbers, texts and arrays of them, and executes nothing; store plain values in place of it (x.tolist() of an array or series, dict(x) of a mapping)", module, name)
}

// Persistent refuses: plain pickles lie in one file.
func (n *numpy) Persistent(any) (any, error) {
	return nil, errors.New("values outside the pickle are not read")
}

// Call makes a dtype, a scalar, an array or bytes.
func (n *numpy) Call(called any, a Tuple) (any, error) {
	switch called {
	case callDType:
		return newDType(a)
	case callScalar:
		return n.scalar(a)
	case callReconstruct:
		return n.reconstruct(a)
	case callFromBuffer:
		return n.fromBuffer(a)
	case callEncode:
		return n.encode(a)
	case callBytes:
		if len(a) == 0 {
			return []byte{}, nil
		}
	}
	return nil, fmt.Errorf("a call of a %T with %d arguments is refused: NumPy writes none like it", called, len(a))
}

// scalar is (dtype, bytes).
func (n *numpy) scalar(a Tuple) (any, error) {
	d, b, err := typeAndBytes(a, 0, 1)
	if err != nil {
		return nil, fmt.Errorf("a NumPy scalar: %w", err)
	}
	if err := n.spend(len(b)); err != nil {
		return nil, err
	}
	if len(b) != d.size {
		return nil, fmt.Errorf("a NumPy scalar of type %s has %d bytes, expected %d", d.name, len(b), d.size)
	}
	return d.value(b)
}

// reconstruct is (ndarray, (0,), b"b"); what the array holds comes with BUILD.
func (n *numpy) reconstruct(a Tuple) (any, error) {
	if len(a) != 3 || a[0] != classArray {
		return nil, errors.New("a NumPy array of an own class is refused; store x.tolist()")
	}
	l := &List{}
	n.open[l] = struct{}{}
	return l, nil
}

// fromBuffer is (bytes, dtype, shape, order), as protocol 5 writes an array.
func (n *numpy) fromBuffer(a Tuple) (any, error) {
	d, b, err := typeAndBytes(a, 1, 0)
	if err != nil {
		return nil, fmt.Errorf("a NumPy array: %w", err)
	}
	if len(a) != 4 || a[3] != "C" && a[3] != "F" {
		return nil, errors.New("a NumPy array without its order, expected C or F")
	}
	l := &List{}
	return l, n.fill(l, a[2], d, b, a[3] == "F")
}

// encode is (text, "latin1"), as protocol 2 writes bytes.
func (n *numpy) encode(a Tuple) (any, error) {
	text, ok := any(nil), len(a) == 2 && a[1] == "latin1"
	if ok {
		text = a[0]
	}
	s, isText := text.(string)
	if !ok || !isText {
		return nil, errors.New("_codecs.encode of anything but a text to latin1 is refused")
	}
	if err := n.spend(len(s)); err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > math.MaxUint8 {
			return nil, fmt.Errorf("%q is no byte in latin1", r)
		}
		out = append(out, byte(r))
	}
	return out, nil
}

// build gives a dtype its order of bytes or an array its content; false for
// values that are neither.
func (n *numpy) build(value, state any) (bool, error) {
	if d, ok := value.(*dtype); ok {
		return true, d.setState(state)
	}
	l, ok := value.(*List)
	if !ok {
		return false, nil
	}
	if _, ok = n.open[l]; !ok {
		return false, nil
	}
	delete(n.open, l)
	s, ok := state.(Tuple) // (version, shape, dtype, in Fortran order, bytes)
	if !ok || len(s) != 5 {
		return true, errors.New("a NumPy array without shape, dtype and content")
	}
	d, b, err := typeAndBytes(s, 2, 4)
	if err != nil {
		return true, fmt.Errorf("a NumPy array: %w", err)
	}
	return true, n.fill(l, s[1], d, b, s[3] == true)
}

// maxDimensions bounds the nesting of the lists that an array becomes.
const maxDimensions = 8

// fill puts the elements of an array into nested lists.
func (n *numpy) fill(l *List, shape any, d *dtype, b []byte, fortran bool) error {
	dims, err := n.dimensions(shape)
	if err != nil {
		return err
	}
	elements := 1
	for _, dim := range dims {
		elements *= dim
	}
	if elements*d.size != len(b) {
		return fmt.Errorf("a NumPy array of shape %v and type %s has %d bytes, expected %d", dims, d.name, len(b), elements*d.size)
	}
	strides := make([]int, len(dims))
	order := make([]int, len(dims))
	for i := range order {
		order[i] = len(dims) - 1 - i
	}
	if fortran {
		slices.Reverse(order)
	}
	stride := d.size
	for _, axis := range order {
		strides[axis] = stride
		stride *= dims[axis]
	}
	return fillAxis(l, dims, strides, d, b)
}

// fillAxis fills the first axis; b begins at its first element.
func fillAxis(l *List, dims, strides []int, d *dtype, b []byte) error {
	l.Items = make([]any, 0, dims[0])
	for i := range dims[0] {
		at := b[i*strides[0]:]
		if len(dims) > 1 {
			inner := &List{}
			if err := fillAxis(inner, dims[1:], strides[1:], d, at); err != nil {
				return err
			}
			l.Items = append(l.Items, inner)
			continue
		}
		v, err := d.value(at[:d.size])
		if err != nil {
			return err
		}
		l.Items = append(l.Items, v)
	}
	return nil
}

// dimensions checks a shape and spends the room of its lists and elements.
func (n *numpy) dimensions(shape any) ([]int, error) {
	sizes, ok := shape.(Tuple)
	if !ok || len(sizes) > maxDimensions {
		return nil, fmt.Errorf("a NumPy array without a shape of at most %d dimensions; store x.tolist()", maxDimensions)
	}
	if len(sizes) == 0 {
		return nil, errors.New("a NumPy array without dimensions is refused; store x.item()")
	}
	dims, total := make([]int, len(sizes)), 1
	for i, size := range sizes {
		v, ok := size.(int64)
		if !ok || v < 0 {
			return nil, fmt.Errorf("dimension %d of a NumPy array is no size", i)
		}
		if v > math.MaxInt32 || total > 0 && int(v) > n.room/total {
			return nil, errRoom
		}
		dims[i] = int(v)
		total *= dims[i]
		if err := n.spend(total); err != nil {
			return nil, err
		}
	}
	return dims, nil
}

// typeAndBytes takes a dtype and bytes out of arguments.
func typeAndBytes(a Tuple, typeAt, bytesAt int) (*dtype, []byte, error) {
	if len(a) <= max(typeAt, bytesAt) {
		return nil, nil, errors.New("its arguments are not what NumPy writes")
	}
	d, isType := a[typeAt].(*dtype)
	b, isBytes := a[bytesAt].([]byte)
	if !isType || !isBytes {
		return nil, nil, errors.New("its elements are objects or lie outside the pickle; store x.tolist()")
	}
	return d, b, nil
}
