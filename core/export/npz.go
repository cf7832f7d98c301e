package export

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"cllm4rec/core/data"
)

// writeMatrix writes a part as scipy.sparse.save_npz writes a CSR matrix: the arrays
// indices, indptr, format, shape and data of an .npz file. The columns of a row are in
// the order of the history. Without values every entry is 1.
func writeMatrix(out io.Writer, x *data.Interactions) error {
	z := zip.NewWriter(out)
	values := x.Value
	if values == nil {
		values = make([]float32, x.Len())
		for i := range values {
			values[i] = 1
		}
	}
	ptr := make([]int64, len(x.Ptr))
	for i, at := range x.Ptr {
		ptr[i] = int64(at)
	}
	for _, a := range []struct {
		name, dtype, shape string
		data               any
	}{
		{"indices", "<i4", fmt.Sprintf("(%d,)", x.Len()), x.Item},
		{"indptr", "<i8", fmt.Sprintf("(%d,)", len(ptr)), ptr},
		{"format", "|S3", "()", []byte("csr")},
		{"shape", "<i8", "(2,)", []int64{int64(x.Users), int64(x.Items)}},
		{"data", "<f4", fmt.Sprintf("(%d,)", len(values)), values},
	} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.name + ".npy", Method: zip.Deflate})
		if err == nil {
			_, err = f.Write(npyHeader(a.dtype, a.shape))
		}
		if err == nil {
			err = binary.Write(f, binary.LittleEndian, a.data)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// npyHeader is what stands before the numbers of an array in the format 1.0 of NumPy:
// magic, version, length, and a dictionary padded to a multiple of 64 bytes.
func npyHeader(dtype, shape string) []byte {
	const before = 10
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", dtype, shape)
	padding := (64 - (before+len(dict)+1)%64) % 64
	dict += strings.Repeat(" ", padding) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(out[8:], uint16(len(dict)))
	return append(out, dict...)
}
