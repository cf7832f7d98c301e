package record

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Matrix holds one vector per user or item, row after row.
type Matrix struct {
	Rows, Width int
	Values      []float32 // Rows * Width, finite
}

// The form of a matrix on disk is NumPy's .npy, version 1.0, which numpy.load reads:
// a magic string, the length of the header, the header as a Python literal, the values.
const npyMagic = "\x93NUMPY\x01\x00"

// npyAlign is where the values start: at a multiple of it.
const npyAlign = 64

func (m *Matrix) encode() []byte {
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", m.Rows, m.Width)
	before := len(npyMagic) + 2 + len(header) + 1
	header += strings.Repeat(" ", (npyAlign-before%npyAlign)%npyAlign) + "\n"
	raw := make([]byte, 0, len(npyMagic)+2+len(header)+4*len(m.Values))
	raw = append(raw, npyMagic...)
	raw = binary.LittleEndian.AppendUint16(raw, uint16(len(header)))
	raw = append(raw, header...)
	for _, v := range m.Values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return raw
}

var npyHeader = regexp.MustCompile(`^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9]{1,9}), ([0-9]{1,9})\), \} *\n$`)

// decodeMatrix reads what encode wrote and refuses anything else.
func decodeMatrix(raw []byte) (*Matrix, error) {
	rest, ok := bytes.CutPrefix(raw, []byte(npyMagic))
	if !ok || len(rest) < 2 || len(rest)-2 < int(binary.LittleEndian.Uint16(rest)) {
		return nil, fmt.Errorf("it is no .npy file of version 1.0")
	}
	header, values := rest[2:2+binary.LittleEndian.Uint16(rest)], rest[2+binary.LittleEndian.Uint16(rest):]
	found := npyHeader.FindSubmatch(header)
	if found == nil {
		return nil, fmt.Errorf("its header is %q, expected a matrix of '<f4'", header)
	}
	m := &Matrix{}
	m.Rows, _ = strconv.Atoi(string(found[1])) // nine digits at most
	m.Width, _ = strconv.Atoi(string(found[2]))
	if len(values)%4 != 0 || int64(m.Rows)*int64(m.Width) != int64(len(values)/4) {
		return nil, fmt.Errorf("it has %d bytes of values for %d rows of %d", len(values), m.Rows, m.Width)
	}
	m.Values = make([]float32, len(values)/4)
	for i := range m.Values {
		m.Values[i] = math.Float32frombits(binary.LittleEndian.Uint32(values[4*i:]))
		if v := m.Values[i]; v-v != 0 {
			return nil, fmt.Errorf("value %d is %v", i, v)
		}
	}
	return m, nil
}
