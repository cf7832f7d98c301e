package npy

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
)

// CSR is a sparse matrix in compressed rows, as scipy.sparse.save_npz writes
// it: row r has the columns Index[Ptr[r]:Ptr[r+1]] with the values Data.
type CSR struct {
	Rows, Cols int
	Ptr        []int64
	Index      []int64
	Data       []float64
}

// ReadCSR reads a matrix and checks all of it: every index lies in the shape,
// every value is finite. ErrNotFound, or ErrBadData naming file and array.
func ReadCSR(path string) (*CSR, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	m, err := DecodeCSR(f, f.Size())
	if err != nil {
		err = contract.Errorf(contract.ErrBadData, "%s: %v", path, err)
	}
	if err = f.Explain(err); err != nil {
		return nil, err
	}
	return m, nil
}

// A matrix may inflate to freeBytes, and beyond that to maxRatio times its file:
// the ones of data shrink to a thousandth, but column indices do not.
const (
	freeBytes = 64 << 20
	maxRatio  = 100
)

// members are the arrays of a matrix.
func members() []string { return []string{"format", "shape", "indptr", "indices", "data"} }

// DecodeCSR reads a matrix from the bytes of an .npz file; errors name the array.
// Arrays that say they inflate to much more than a matrix of this file size could
// are refused before any is read.
func DecodeCSR(r io.ReaderAt, size int64) (*CSR, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("not a whole .npz (zip) file: %w", err)
	}
	if err := checkSizes(z, uint64(size)); err != nil {
		return nil, err
	}
	arrays := map[string]*Array{}
	for _, name := range members() {
		if arrays[name], err = readMember(z, name+".npy"); err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
	}
	if format := arrays["format"]; format.Text != "csr" {
		return nil, fmt.Errorf("array format: %q, expected \"csr\"", format.Text)
	}
	m, err := assemble(arrays)
	if err != nil {
		return nil, err
	}
	return m, m.check()
}

// checkSizes bounds what the arrays inflate to together. The reader of the
// archive holds each of them to the size that it says.
func checkSizes(z *zip.Reader, size uint64) error {
	limit := freeBytes + maxRatio*size
	total := uint64(0)
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		if !slices.Contains(members(), name) {
			continue
		}
		if f.UncompressedSize64 > limit-total {
			return fmt.Errorf("array %s: %d bytes when inflated, from a file of %d bytes: no matrix shrinks so much", name, f.UncompressedSize64, size)
		}
		total += f.UncompressedSize64
	}
	return nil
}

// readMember reads one array; the reader of the archive checks its CRC.
func readMember(z *zip.Reader, name string) (*Array, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, errors.New("is missing in the file")
	}
	defer func() { _ = f.Close() }() // read only: nothing can be lost
	return Read(f)
}

// assemble checks types and lengths of the arrays.
func assemble(arrays map[string]*Array) (*CSR, error) {
	for _, name := range []string{"shape", "indptr", "indices"} {
		if a := arrays[name]; a.Ints == nil || len(a.Shape) != 1 {
			return nil, fmt.Errorf("array %s: dtype %s and shape %v, expected a list of integers", name, a.DType, a.Shape)
		}
	}
	data := arrays["data"]
	if len(data.Shape) != 1 || data.Text != "" {
		return nil, fmt.Errorf("array data: dtype %s and shape %v, expected a list of numbers", data.DType, data.Shape)
	}
	m := &CSR{Ptr: arrays["indptr"].Ints, Index: arrays["indices"].Ints, Data: data.Floats}
	for _, v := range data.Ints {
		m.Data = append(m.Data, float64(v))
	}
	shape := arrays["shape"].Ints
	if len(shape) != 2 || min(shape[0], shape[1]) < 0 || max(shape[0], shape[1]) > math.MaxInt32 {
		return nil, fmt.Errorf("array shape: %v, expected rows and columns", shape)
	}
	m.Rows, m.Cols = int(shape[0]), int(shape[1])
	return m, nil
}

func (m *CSR) check() error {
	if len(m.Ptr) != m.Rows+1 {
		return fmt.Errorf("array indptr: %d entries, expected %d for %d rows", len(m.Ptr), m.Rows+1, m.Rows)
	}
	if len(m.Data) != len(m.Index) {
		return fmt.Errorf("array data: %d entries, expected %d as in indices", len(m.Data), len(m.Index))
	}
	if m.Ptr[0] != 0 || m.Ptr[m.Rows] != int64(len(m.Index)) {
		return fmt.Errorf("array indptr: runs from %d to %d, expected 0 to %d", m.Ptr[0], m.Ptr[m.Rows], len(m.Index))
	}
	for r := range m.Rows {
		if m.Ptr[r+1] < m.Ptr[r] {
			return fmt.Errorf("array indptr: entry %d is %d, below the entry before it (%d)", r+1, m.Ptr[r+1], m.Ptr[r])
		}
	}
	return m.checkEntries()
}

func (m *CSR) checkEntries() error {
	for i, c := range m.Index {
		if c < 0 || c >= int64(m.Cols) {
			return fmt.Errorf("array indices: entry %d is %d, outside 0..%d", i, c, m.Cols-1)
		}
		if v := m.Data[i]; math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("array data: entry %d is %v", i, v)
		}
	}
	return nil
}
