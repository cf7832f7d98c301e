package prepared

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"unsafe"

	"cllm4rec/core/contract"
)

// alignment of columns in bytes: of a line of the processor's cache.
const alignment = 64

// number is what a column holds.
type number interface {
	~uint8 | ~int | ~int32 | ~int64 | ~float32 | ~float64
}

// column says where in the file a column is.
type column struct {
	Name   string `json:"name"`
	Width  int    `json:"width"` // bytes of an element
	Offset int64  `json:"offset"`
	Len    int    `json:"len"` // elements
	SHA256 string `json:"sha256"`
	CRC32C uint32 `json:"crc32c"` // held at each opening: it takes a tenth of a second for a gigabyte
}

// castagnoli is the polynomial that processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (c column) bytes() int64 { return int64(c.Width) * int64(c.Len) }

// writer writes columns one after the other. Its first error stays.
type writer struct {
	out     *bufio.Writer
	at      int64
	columns []column
	err     error
}

func newWriter(out io.Writer, at int64) *writer {
	return &writer{out: bufio.NewWriterSize(out, 1<<20), at: at}
}

// begin pads to the alignment and opens a column of n elements.
func (w *writer) begin(name string, width, n int) *columnWriter {
	w.pad()
	return &columnWriter{writer: w, sum: sha256.New(), column: column{Name: name, Width: width, Offset: w.at, Len: n}}
}

func (w *writer) pad() {
	if over := w.at % alignment; over != 0 {
		w.write(make([]byte, alignment-over))
	}
}

func (w *writer) write(raw []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(raw)
	}
	w.at += int64(len(raw))
}

// columnWriter writes one column.
type columnWriter struct {
	*writer
	sum    hash.Hash
	column column
}

func (c *columnWriter) add(raw []byte) {
	_, _ = c.sum.Write(raw) // a hash never fails
	c.column.CRC32C = crc32.Update(c.column.CRC32C, castagnoli, raw)
	c.write(raw)
}

func (c *columnWriter) end() {
	c.column.SHA256 = hex.EncodeToString(c.sum.Sum(nil))
	c.columns = append(c.columns, c.column)
}

// put writes a column of numbers; nothing of nil.
func put[T number](w *writer, name string, values []T) {
	if values == nil {
		return
	}
	var one T
	c := w.begin(name, int(unsafe.Sizeof(one)), len(values))
	if len(values) > 0 {
		c.add(unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(one))))
	}
	c.end()
}

// putStrings writes n strings as two columns.
func putStrings(w *writer, name string, n int, at func(i int) string) {
	ends, end := make([]int64, n), int64(0)
	for i := range ends {
		end += int64(len(at(i)))
		ends[i] = end
	}
	put(w, name+".ends", ends)
	c := w.begin(name+".bytes", 1, int(end))
	for i := range n {
		if s := at(i); s != "" {
			c.add(unsafe.Slice(unsafe.StringData(s), len(s)))
		}
	}
	c.end()
}

// reader finds columns in a mapped file. Its first error stays.
type reader struct {
	raw     []byte
	columns map[string]column
	err     error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = contract.Errorf(contract.ErrBadData, format, args...)
	}
}

// newReader holds the places of the columns against the file.
func newReader(raw []byte, columns []column) (*reader, error) {
	r := &reader{raw: raw, columns: map[string]column{}}
	for _, c := range columns {
		size := int64(len(raw))
		switch {
		case c.Width < 1 || c.Width > 8 || c.Len < 0 || int64(c.Len) > size || c.Offset%alignment != 0 || c.Offset < preambleBytes || c.Offset > size-c.bytes():
			r.fail("the column %q of %d elements of %d bytes from %d lies outside of the %d bytes", c.Name, c.Len, c.Width, c.Offset, size)
		case r.columns[c.Name].Name != "":
			r.fail("the column %q stands twice in the header", c.Name)
		case crc32.Checksum(raw[c.Offset:c.Offset+c.bytes()], castagnoli) != c.CRC32C:
			r.fail("the column %q has another checksum than when it was written", c.Name)
		}
		r.columns[c.Name] = c
	}
	return r, r.err
}

func (r *reader) has(name string) bool { return r.columns[name].Name != "" }

// get is a column over the mapped bytes; they must not be changed.
func get[T number](r *reader, name string) []T {
	c, ok := r.columns[name]
	var one T
	switch {
	case !ok:
		r.fail("the column %q is missing", name)
	case c.Width != int(unsafe.Sizeof(one)):
		r.fail("the column %q has elements of %d bytes, expected %d", name, c.Width, unsafe.Sizeof(one))
	case r.err == nil && c.Len > 0:
		return unsafe.Slice((*T)(unsafe.Pointer(&r.raw[c.Offset])), c.Len)
	}
	return make([]T, 0)
}

// getIfThere is nil for a column that is not there.
func getIfThere[T number](r *reader, name string) []T {
	if !r.has(name) {
		return nil
	}
	return get[T](r, name)
}

// getStrings are strings over the mapped bytes.
func getStrings(r *reader, name string) []string {
	ends, raw := get[int64](r, name+".ends"), get[byte](r, name+".bytes")
	out := make([]string, len(ends))
	from := int64(0)
	for i, end := range ends {
		if end < from || end > int64(len(raw)) {
			r.fail("string %d of %q ends at %d, after %d and of %d bytes", i, name, end, from, len(raw))
			return nil
		}
		if end > from {
			out[i] = unsafe.String(&raw[from], int(end-from))
		}
		from = end
	}
	return out
}

// sums holds every column against its checksum.
func (r *reader) sums() error {
	for _, c := range r.columns {
		sum := sha256.Sum256(r.raw[c.Offset : c.Offset+c.bytes()])
		if hex.EncodeToString(sum[:]) != c.SHA256 {
			return fmt.Errorf("the column %q has another checksum than when it was written", c.Name)
		}
	}
	return nil
}
