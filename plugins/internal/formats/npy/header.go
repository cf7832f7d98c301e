package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// header is what precedes the elements of a .npy array (NumPy's format
// versions 1.0 to 3.0).
type header struct {
	descr   string // such as "<i4"
	fortran bool
	shape   []int
}

// maxHeader bounds the header's text in bytes.
const maxHeader = 1 << 16

// count is the number of elements.
func (h header) count() int {
	n := 1
	for _, d := range h.shape {
		n *= d
	}
	return n
}

func readHeader(r io.Reader) (header, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return header{}, fmt.Errorf("the array ends inside its header: it is truncated")
	}
	if string(start[:6]) != "\x93NUMPY" {
		return header{}, fmt.Errorf("not a NumPy array: it begins with %q", start[:6])
	}
	size, err := headerSize(r, start[6])
	if err != nil {
		return header{}, err
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r, text); err != nil {
		return header{}, fmt.Errorf("the array ends inside its header: it is truncated")
	}
	return parseHeader(string(text))
}

func headerSize(r io.Reader, version byte) (int, error) {
	var b [4]byte
	width := 4
	switch version {
	case 1:
		width = 2
	case 2, 3:
	default:
		return 0, fmt.Errorf("NumPy format version %d, expected 1 to 3", version)
	}
	if _, err := io.ReadFull(r, b[:width]); err != nil {
		return 0, fmt.Errorf("the array ends inside its header: it is truncated")
	}
	size := binary.LittleEndian.Uint32(b[:])
	if size > maxHeader {
		return 0, fmt.Errorf("the header has %d bytes, expected at most %d", size, maxHeader)
	}
	return int(size), nil
}

// parseHeader reads a dictionary such as
// {'descr': '<i4', 'fortran_order': False, 'shape': (3,), }
// with its keys in any order.
func parseHeader(text string) (header, error) {
	field := regexp.MustCompile(`\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([0-9, ]*)\))\s*,?`)
	body := strings.TrimSpace(text)
	body, opened := strings.CutPrefix(body, "{")
	body, closed := strings.CutSuffix(body, "}")
	fields := map[string][]string{}
	for _, m := range field.FindAllStringSubmatch(body, -1) {
		fields[m[1]] = m
	}
	if !opened || !closed || len(fields) != 3 || strings.TrimSpace(field.ReplaceAllString(body, "")) != "" {
		return header{}, fmt.Errorf("the header is %.120q, expected descr, fortran_order and shape of plain numbers", text)
	}
	shape, err := parseShape(fields["shape"][4])
	if err != nil {
		return header{}, fmt.Errorf("the header's shape (%s): %w", fields["shape"][4], err)
	}
	h := header{descr: fields["descr"][2], fortran: fields["fortran_order"][3] == "True", shape: shape}
	if h.descr == "" || fields["fortran_order"][3] == "" {
		return header{}, fmt.Errorf("the header is %.120q, expected descr, fortran_order and shape of plain numbers", text)
	}
	return h, nil
}

// parseShape reads "3, 4" and refuses shapes whose element count overflows.
func parseShape(text string) ([]int, error) {
	shape, total := []int{}, 1
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		d, err := strconv.Atoi(part)
		if err != nil || d > maxElements || (d > 0 && total > maxElements/d) {
			return nil, fmt.Errorf("more than %d elements, or not a number", maxElements)
		}
		total *= d
		shape = append(shape, d)
	}
	return shape, nil
}
