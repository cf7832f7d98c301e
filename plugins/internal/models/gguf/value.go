package gguf

import (
	"encoding/binary"
	"math"
)

// kind is the type of a metadata value (GGUF specification, gguf_metadata_value_type).
type kind uint32

const (
	kindU8 kind = iota
	kindI8
	kindU16
	kindI16
	kindU32
	kindI32
	kindF32
	kindBool
	kindText
	kindArray
	kindU64
	kindI64
	kindF64
)

// String is the specification's name.
func (k kind) String() string {
	names := [...]string{"UINT8", "INT8", "UINT16", "INT16", "UINT32", "INT32", "FLOAT32", "BOOL", "STRING", "ARRAY", "UINT64", "INT64", "FLOAT64"}
	if int(k) < len(names) {
		return names[k]
	}
	return "an unknown type"
}

// size is the number of bytes of a number, 0 for a text, an array or an unknown type.
func (k kind) size() uint64 {
	switch k {
	case kindU8, kindI8, kindBool:
		return 1
	case kindU16, kindI16:
		return 2
	case kindU32, kindI32, kindF32:
		return 4
	case kindU64, kindI64, kindF64:
		return 8
	}
	return 0
}

// maxDepth is how deep arrays of arrays may go.
const maxDepth = 8

// value is one metadata value where it lies, decoded when it is asked for.
type value struct {
	kind  kind
	item  kind   // of an array
	count int    // of an array's items
	raw   []byte // without the head of an array or the length of a text
}

func (r *reader) value(depth int) value {
	k := kind(r.uint32())
	from := r.at
	v := r.body(k, depth)
	if k == kindText && r.err == nil {
		v.raw = r.data[from+8 : r.at]
	}
	return v
}

// body reads a value of a kind; the raw of a text includes its length.
func (r *reader) body(k kind, depth int) value {
	from := r.at
	switch {
	case k.size() > 0:
		r.take(k.size())
	case k == kindText:
		r.take(r.uint64())
	case k == kindArray:
		return r.array(depth)
	default:
		r.fail(damaged("byte %d: metadata of type %d, the last known is %d", from, uint32(k), uint32(kindF64)))
	}
	if r.err != nil {
		return value{}
	}
	v := value{kind: k, raw: r.data[from:r.at]}
	if k == kindBool && v.raw[0] > 1 {
		r.fail(damaged("byte %d: a BOOL is %d", from, v.raw[0]))
	}
	return v
}

func (r *reader) array(depth int) value {
	item, count := kind(r.uint32()), r.uint64()
	from := r.at
	if depth >= maxDepth {
		r.fail(damaged("byte %d: arrays nested deeper than %d", from, maxDepth))
	}
	if size := item.size(); size > 0 && count <= math.MaxInt64/size {
		r.take(count * size)
	} else {
		for i := uint64(0); i < count && r.err == nil; i++ {
			r.body(item, depth+1)
		}
	}
	if r.err != nil {
		return value{}
	}
	return value{kind: kindArray, item: item, count: int(count), raw: r.data[from:r.at]}
}

// integer is any number without fraction; that of an absent value is false, as
// with the other readers.
func (v value) integer() (int64, bool) {
	if len(v.raw) == 0 || v.kind == kindArray {
		return 0, false
	}
	return integerOf(v.kind, v.raw)
}

func integerOf(k kind, raw []byte) (int64, bool) {
	switch k {
	case kindU8:
		return int64(raw[0]), true
	case kindI8:
		return int64(int8(raw[0])), true
	case kindU16:
		return int64(binary.LittleEndian.Uint16(raw)), true
	case kindI16:
		return int64(int16(binary.LittleEndian.Uint16(raw))), true
	case kindU32:
		return int64(binary.LittleEndian.Uint32(raw)), true
	case kindI32:
		return int64(int32(binary.LittleEndian.Uint32(raw))), true
	case kindI64, kindU64:
		n := binary.LittleEndian.Uint64(raw)
		return int64(n), k == kindI64 || n <= math.MaxInt64
	}
	return 0, false
}

// text is a STRING.
func (v value) text() (string, bool) { return string(v.raw), v.kind == kindText }

// boolean is a BOOL.
func (v value) boolean() (is, ok bool) {
	if v.kind != kindBool {
		return false, false
	}
	return v.raw[0] == 1, true
}

// float is a FLOAT32 or FLOAT64; bits is its width.
func (v value) float() (x float64, bits int, ok bool) {
	switch v.kind {
	case kindF32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v.raw))), 32, true
	case kindF64:
		return math.Float64frombits(binary.LittleEndian.Uint64(v.raw)), 64, true
	}
	return 0, 0, false
}

// texts are the items of an array of STRING.
func (v value) texts() ([]string, bool) {
	if v.kind != kindArray || v.item != kindText {
		return nil, false
	}
	out := make([]string, v.count)
	r := reader{data: v.raw}
	for i := range out {
		out[i] = string(r.take(r.uint64()))
	}
	return out, true
}

// integers are the items of an array of numbers without fraction.
func (v value) integers() ([]int64, bool) {
	size := int(v.item.size())
	if v.kind != kindArray || size == 0 {
		return nil, false
	}
	out := make([]int64, v.count)
	for i := range out {
		n, ok := integerOf(v.item, v.raw[i*size:])
		if !ok {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}

// floats are the items of an array of FLOAT32.
func (v value) floats() ([]float32, bool) {
	if v.kind != kindArray || v.item != kindF32 {
		return nil, false
	}
	out := make([]float32, v.count)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(v.raw[4*i:]))
	}
	return out, true
}
