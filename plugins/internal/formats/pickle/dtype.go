package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// dtype is a NumPy type of plain elements.
type dtype struct {
	name string // as in NumPy, such as "i8" or "U5" (5 characters)
	kind byte   // b, i, u, f, U or S
	size int    // of an element in bytes
	big  bool   // the most significant byte comes first
}

// maxText is the longest text of a NumPy array in characters.
const maxText = 1 << 20

// newDType is dtype(name, align, copy).
func newDType(a Tuple) (*dtype, error) {
	name, ok := "", len(a) > 0
	if ok {
		name, ok = a[0].(string)
	}
	if !ok || len(name) < 2 {
		return nil, errors.New("a NumPy dtype without a name")
	}
	n, err := strconv.Atoi(name[1:])
	d := &dtype{name: name, kind: name[0], size: n}
	plain := false
	switch d.kind {
	case 'b':
		plain = n == 1
	case 'i', 'u':
		plain = n == 1 || n == 2 || n == 4 || n == 8
	case 'f':
		plain = n == 2 || n == 4 || n == 8
	case 'S':
		plain = n >= 0 && n <= maxText
	case 'U':
		plain = n >= 0 && n <= maxText
		d.size = 4 * n
	}
	if err != nil || !plain {
		return nil, fmt.Errorf("NumPy type %q is refused, expected numbers of up to 64 bits or texts; store x.tolist()", name)
	}
	return d, nil
}

// setState is (version, order of bytes, subtype, names, fields, ...).
func (d *dtype) setState(state any) error {
	s, ok := state.(Tuple)
	if !ok || len(s) < 5 {
		return errors.New("a NumPy dtype without its order of bytes")
	}
	if s[2] != nil || s[3] != nil || s[4] != nil {
		return errors.New("a NumPy dtype with fields is refused; store x.tolist()")
	}
	switch s[1] {
	case "<", "|", "=":
	case ">":
		d.big = true
	default:
		return errors.New("a NumPy dtype without its order of bytes, expected <, > or |")
	}
	return nil
}

// value is an element of size bytes as Python's item() gives it.
func (d *dtype) value(b []byte) (any, error) {
	switch d.kind {
	case 'S':
		return bytes.TrimRight(slices.Clone(b), "\x00"), nil
	case 'U':
		return d.text(b)
	}
	var wide [8]byte
	copy(wide[:], b)
	if d.big {
		slices.Reverse(wide[:d.size])
	}
	n := binary.LittleEndian.Uint64(wide[:])
	switch d.kind {
	case 'b':
		return n != 0, nil
	case 'f':
		return d.float(n), nil
	case 'u':
		if n > math.MaxInt64 {
			return nil, fmt.Errorf("the number %d does not fit into 63 bits", n)
		}
		return int64(n), nil
	default:
		shift := 64 - 8*d.size
		return int64(n<<shift) >> shift, nil
	}
}

func (d *dtype) float(bits uint64) float64 {
	switch d.size {
	case 2:
		return half(uint16(bits))
	case 4:
		return float64(math.Float32frombits(uint32(bits)))
	default:
		return math.Float64frombits(bits)
	}
}

// half widens a number of 16 bits (IEEE 754: 1 sign, 5 exponent, 10 fraction).
func half(bits uint16) float64 {
	sign, exponent, fraction := 1.0, int(bits>>10&31), float64(bits&1023)
	if bits>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 31 && fraction != 0:
		return math.NaN()
	case exponent == 31:
		return sign * math.Inf(1)
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	default:
		return sign * math.Ldexp(1024+fraction, exponent-25)
	}
}

// text is code points of four bytes, padded with zeros.
func (d *dtype) text(b []byte) (string, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if d.big {
		order = binary.BigEndian
	}
	var s strings.Builder
	for ; len(b) > 0; b = b[4:] {
		c := order.Uint32(b)
		if c > utf8.MaxRune || !utf8.ValidRune(rune(c)) {
			return "", fmt.Errorf("%#x in a NumPy text is no character", c)
		}
		s.WriteRune(rune(c))
	}
	return strings.TrimRight(s.String(), "\x00"), nil
}
