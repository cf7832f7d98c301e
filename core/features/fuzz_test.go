package features

import "testing"

// FuzzDecode: whatever a file holds, the answer is an error or a whole matrix.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(npy("<f4", 2, 1, numbers(1, 2))))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'"))
	f.Add([]byte(safetensors(`{"x":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}`, halves)))
	f.Add([]byte(safetensors(`{"x":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, "")))
	f.Add([]byte("id,a\nx,1\n\"y\",2\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		npy, _ := decodeNPY("f", raw)
		tensor, _ := decodeSafetensors("f", "", raw)
		csv, _ := decodeCSV("f", raw, true)
		for _, m := range []*table{npy, tensor, csv} {
			if m != nil && (m.rows < 1 || m.width < 1 || len(m.values) != m.rows*m.width) {
				t.Errorf("%d values for [%d x %d]", len(m.values), m.rows, m.width)
			}
		}
		if csv != nil && len(csv.ids) != csv.rows {
			t.Errorf("%d ids for %d rows", len(csv.ids), csv.rows)
		}
	})
}
