package pickle

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// The files are NumPy's own (testdata/make_numpy.py); the values are those that
// item() and tolist() give there.
func TestNumbersTextsAndArraysOfNumPyBecomePlainValues(t *testing.T) {
	matrix := []any{[]any{int64(1), int64(2), int64(3)}, []any{int64(4), int64(5), int64(6)}}
	want := map[any]any{
		"bool": true, "int8": int64(-3), "uint16": int64(65535), "int64": -int64(1 << 40), "float16": -0.15625, "float32": 1.5, "float64": -2.5,
		"big": []any{int64(1), int64(258)}, "text": "hé ✓", "bytes": []byte("ab"), "vector": []any{int64(1), int64(-2), int64(3)},
		"matrix": matrix, "fortran": matrix,
		"cube":  []any{[]any{[]any{int64(0), int64(1)}, []any{int64(2), int64(3)}}, []any{[]any{int64(4), int64(5)}, []any{int64(6), int64(7)}}},
		"texts": []any{[]any{"a", "bcd"}, []any{"é", ""}}, "flags": []any{true, false}, "floats": []any{0.5, -1.25},
		"empty": []any{}, "rows": []any{[]any{}, []any{}}, "strings": []any{[]byte("x"), []byte("yz")}, "none": []byte{},
		"list": []any{int64(0), int64(1), int64(2)}, "shared": []any{[]any{int64(7), int64(8)}, []any{int64(7), int64(8)}},
	}
	for protocol := 2; protocol <= 5; protocol++ {
		got, err := ReadFile(filepath.Join("testdata", fmt.Sprintf("numpy%d.pkl", protocol)))
		if err != nil {
			t.Fatal(err)
		}
		values := plain(got).(map[any]any)
		for key, value := range want {
			if !reflect.DeepEqual(values[key], value) {
				t.Errorf("protocol %d, %s: %#v, want %#v", protocol, key, values[key], value)
			}
		}
		if len(values) != len(want) {
			t.Errorf("protocol %d: %d values, want %d", protocol, len(values), len(want))
		}
	}
}

func TestOtherTypesOfNumPyAreNamedWithTheCure(t *testing.T) {
	for name, want := range map[string][]string{
		"objects": {`type "O8"`, "x.tolist()"}, "dates": {`type "M8"`, "x.tolist()"}, "records": {`type "V4"`, "x.tolist()"},
		"scalar_array": {"without dimensions", "x.item()"}, "complex": {`type "c8"`, "x.tolist()"}, "longs": {"18446744073709551615 does not fit"},
	} {
		_, err := ReadFile(filepath.Join("testdata", "refused_"+name+".pkl"))
		for _, part := range want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %v, want %q", name, err, part)
			}
		}
	}
}

func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// int8s is the dtype of one byte, left in the memo under 0.
const int8s = "cnumpy\ndtype\n(X\x02\x00\x00\x00i1\x89\x88tRq\x00"

func TestDamagedNumPyValuesAreErrors(t *testing.T) {
	scalar, buffer := "cnumpy.core.multiarray\nscalar\n", "cnumpy.core.numeric\n_frombuffer\n"
	for data, want := range map[string]string{
		scalar + int8s + "C\x02ab\x86R.": "has 2 bytes, expected 1",
		scalar + "NN\x86R.":              "elements are objects",
		scalar + ")R.":                   "not what NumPy writes",
		buffer + "(C\x02ab" + int8s + "K\x03\x85" + text("C") + "tR.":                "has 2 bytes, expected 3",
		buffer + "(C\x02ab" + int8s + "K\x02\x85" + text("A") + "tR.":                "without its order",
		buffer + "(C\x02ab" + int8s + "K\x02" + text("C") + "tR.":                    "without a shape",
		buffer + "(C\x02ab" + int8s + "N\x85" + text("C") + "tR.":                    "is no size",
		buffer + "(C\x00" + int8s + "J\xff\xff\xff\x7fK\x00\x86" + text("C") + "tR.": "much larger than the file",
		"cnumpy\ndtype\n)R.":                                              "without a name",
		"cnumpy\ndtype\n" + text("i3") + "\x85R.":                         `type "i3" is refused`,
		"cnumpy\ndtype\n" + text("U-1") + "\x85R.":                        `type "U-1" is refused`,
		"cnumpy\ndtype\n" + text("i1") + "\x85RNb.":                       "without its order of bytes",
		"c_codecs\nencode\n" + text("\u0100") + text("latin1") + "\x86R.": "no byte in latin1",
		"cnumpy.core.multiarray\n_reconstruct\n(NNNtR.":                   "of an own class",
		"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nNNtRNb.": "without shape",
	} {
		if v, err := Read([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, error %v, want %q", data, v, err, want)
		}
	}
}

// Bytes can stand in the file once and be named a million times.
func TestASmallPickleDoesNotBecomeALargeValue(t *testing.T) {
	bytes := strings.Repeat("x", 1<<16)
	start := "\x80\x04(" + int8s + "B\x00\x00\x01\x00" + bytes + "q\x01" + "cnumpy.core.numeric\n_frombuffer\nq\x02"
	again := "h\x02(h\x01h\x00J\x00\x00\x01\x00\x85" + text("C") + "tR"
	encode := "c_codecs\nencode\nq\x03" + text(bytes) + "q\x04" + text("latin1") + "q\x05"
	for name, data := range map[string]string{
		"arrays": start + strings.Repeat(again, 1000) + "t.",
		"bytes":  "\x80\x04(" + encode + strings.Repeat("h\x03h\x04h\x05\x86R", 1000) + "t.",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read([]byte(data))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "much larger than the file") {
			t.Errorf("%s: error %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 200*uint64(len(data)) {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, used, len(data))
		}
	}
}
