package features

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// decodeCSV reads lines of numbers, after an id where withID says so. A first line
// whose last cell is no number is a header.
func decodeCSV(path string, raw []byte, withID bool) (*table, error) {
	t, r := &table{}, csv.NewReader(bytes.NewReader(raw))
	for first := true; ; first = false {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badFile(path, "%v", err) // which says the line, and wrong widths
		}
		if _, err := strconv.ParseFloat(cells[len(cells)-1], 32); first && err != nil {
			continue
		}
		if withID {
			t.ids, cells = append(t.ids, cells[0]), cells[1:]
		}
		t.width, t.rows = len(cells), t.rows+1
		for c, cell := range cells {
			v, err := strconv.ParseFloat(strings.TrimSpace(cell), 32)
			if err != nil {
				line, _ := r.FieldPos(c)
				return nil, badFile(path, "line %d: %q is not a number", line, cell)
			}
			t.values = append(t.values, float32(v))
		}
	}
	if t.rows == 0 || t.width == 0 {
		return nil, badFile(path, "it has no numbers")
	}
	return t, nil
}

var npyHeader = regexp.MustCompile(`^\{'descr': '([^']+)', 'fortran_order': (False|True), 'shape': \(([0-9]{1,10}), ([0-9]{1,10})\), \}\s*$`)

// decodeNPY reads a matrix of float16, float32 or float64 that numpy.save wrote.
func decodeNPY(path string, raw []byte) (*table, error) {
	if !bytes.HasPrefix(raw, []byte("\x93NUMPY")) || len(raw) < 12 {
		return nil, badFile(path, "it is no .npy file")
	}
	start, length := 10, int(binary.LittleEndian.Uint16(raw[8:]))
	if raw[6] > 1 {
		start, length = 12, int(binary.LittleEndian.Uint32(raw[8:]))
	}
	if length > len(raw)-start {
		return nil, badFile(path, "its header is cut off")
	}
	header := npyHeader.FindSubmatch(raw[start : start+length])
	if header == nil || string(header[2]) == "True" {
		return nil, badFile(path, "its header is %q, expected a matrix of two dimensions in C order", raw[start:start+length])
	}
	kind, known := map[string]string{"<f2": "F16", "<f4": "F32", "<f8": "F64"}[string(header[1])]
	if !known {
		return nil, badFile(path, "it holds %s, expected <f2, <f4 or <f8", header[1])
	}
	rows, _ := strconv.Atoi(string(header[3])) // ten digits at most
	width, _ := strconv.Atoi(string(header[4]))
	return tableOf(path, kind, rows, width, raw[start+length:])
}

// safetensor is an entry in the header of a .safetensors file.
type safetensor struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// decodeSafetensors reads the matrix of a name, or the only one.
func decodeSafetensors(path, name string, raw []byte) (*table, error) {
	if len(raw) < 8 || binary.LittleEndian.Uint64(raw) > uint64(len(raw)-8) {
		return nil, badFile(path, "its header is cut off")
	}
	length := int(binary.LittleEndian.Uint64(raw))
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw[8:8+length], &entries); err != nil {
		return nil, badFile(path, "its header is damaged: %v", err)
	}
	delete(entries, "__metadata__")
	name, err := theTensor(path, entries, name)
	if err != nil {
		return nil, err
	}
	var s safetensor
	if err := json.Unmarshal(entries[name], &s); err != nil {
		return nil, badFile(path, "tensor %q: %v", name, err)
	}
	values := raw[8+length:]
	if len(s.Shape) != 2 || s.Offsets[0] < 0 || s.Offsets[1] < s.Offsets[0] || s.Offsets[1] > len(values) {
		return nil, badFile(path, "tensor %q has the shape %v and the bytes %v of %d, expected a matrix inside the file", name, s.Shape, s.Offsets, len(values))
	}
	return tableOf(path, s.DType, s.Shape[0], s.Shape[1], values[s.Offsets[0]:s.Offsets[1]])
}

// theTensor is the name that is asked for, or the only one.
func theTensor(path string, entries map[string]json.RawMessage, name string) (string, error) {
	var names []string
	for n := range entries {
		names = append(names, n)
	}
	slices.Sort(names)
	switch {
	case name == "" && len(names) == 1:
		return names[0], nil
	case !slices.Contains(names, name):
		return "", badFile(path, "it has the tensors %q; say with tensor: NAME which one", names)
	}
	return name, nil
}

// tableOf decodes a row-major matrix.
func tableOf(path, kind string, rows, width int, raw []byte) (*table, error) {
	size := map[string]int{"F16": 2, "BF16": 2, "F32": 4, "F64": 8}[kind]
	if size == 0 {
		return nil, badFile(path, "it holds %s, expected F16, BF16, F32 or F64", kind)
	}
	if rows <= 0 || width <= 0 || rows > len(raw) || width > len(raw) || rows*width*size != len(raw) {
		return nil, badFile(path, "it has %d bytes of values for %d rows of %d %s", len(raw), rows, width, kind)
	}
	t := &table{rows: rows, width: width, values: make([]float32, rows*width)}
	for i := range t.values {
		t.values[i] = number(kind, raw[i*size:])
	}
	return t, nil
}

func number(kind string, raw []byte) float32 {
	switch kind {
	case "F16":
		return half(binary.LittleEndian.Uint16(raw))
	case "BF16":
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw)) << 16)
	case "F32":
		return math.Float32frombits(binary.LittleEndian.Uint32(raw))
	default:
		return float32(math.Float64frombits(binary.LittleEndian.Uint64(raw)))
	}
}

// half is the value of an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exponent, fraction := float64(1-2*int(h>>15)), int(h>>10&31), float64(h&1023)
	switch exponent {
	case 0:
		return float32(sign * math.Ldexp(fraction, -24))
	case 31:
		if fraction > 0 {
			return float32(math.NaN())
		}
		return float32(math.Inf(int(sign)))
	default:
		return float32(sign * math.Ldexp(1024+fraction, exponent-25))
	}
}
