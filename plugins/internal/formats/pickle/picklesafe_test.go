package pickle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// plain turns the reader's values into comparable Go values.
func plain(v any) any {
	switch v := v.(type) {
	case *List:
		return plainAll(v.Items)
	case Tuple:
		return fmt.Sprint("tuple", plainAll(v))
	case *Dict:
		out := map[any]any{}
		for i, k := range v.Keys {
			out[k] = plain(v.Values[i])
		}
		return out
	default:
		return v
	}
}

func plainAll(items []any) []any {
	out := []any{}
	for _, v := range items {
		out = append(out, plain(v))
	}
	return out
}

func TestPlainValuesOfEveryProtocol(t *testing.T) {
	for protocol := 2; protocol <= 5; protocol++ {
		got, err := ReadFile(filepath.Join("testdata", fmt.Sprintf("plain%d.pkl", protocol)))
		if err != nil {
			t.Fatal(err)
		}
		want := map[any]any{
			"none": nil, "yes": true, "no": false, "small": int64(7), "byte": int64(200), "short": int64(60000),
			"int": int64(-5), "long": -int64(1 << 40), "big": int64(1 << 62), "float": -1.5, "text": "héllo ✓",
			"long text": strings.Repeat("x", 300), "bytes": []byte{0, 255}, "list": []any{int64(1), []any{int64(2), []any{}}},
			"tuples": []any{"tuple[]", "tuple[1]", "tuple[1 2]", "tuple[1 2 3]", "tuple[1 2 3 4]"},
			"dict":   map[any]any{int64(1): "a", 2.5: "b"}, "one": map[any]any{"k": "v"}, "shared": []any{[]any{"twice"}, []any{"twice"}},
		}
		if protocol == 2 {
			delete(want, "bytes")
		}
		if !reflect.DeepEqual(plain(got), want) {
			t.Errorf("protocol %d: got %v", protocol, plain(got))
		}
		if v, ok := got.(*Dict).Get("small"); !ok || v != int64(7) {
			t.Errorf("protocol %d: Get gives %v, %v", protocol, v, ok)
		}
		if _, ok := got.(*Dict).Get("nothing"); ok {
			t.Error("Get finds a key that is not there")
		}
	}
}

func TestEveryOpcodeThatExecutesIsRefusedByNameAndOffset(t *testing.T) {
	for op, name := range map[byte]string{
		'i': "INST", 'o': "OBJ", 0x81: "NEWOBJ",
		0x92: "NEWOBJ_EX", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 'P': "PERSID", 'Q': "BINPERSID",
	} {
		_, err := Read([]byte{0x80, 4, ']', op, '.'})
		if err == nil || !strings.Contains(err.Error(), "offset 3 ("+name+"): opcode refused") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	// What pickle.dumps writes for an object whose __reduce__ calls os.system.
	attack := []byte("\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.")
	if _, err := Read(attack); err == nil || !strings.Contains(err.Error(), "offset 28 (STACK_GLOBAL): posix.system is refused") {
		t.Errorf("attack: error %v", err)
	}
	for data, want := range map[string]string{
		"cos\nsystem\n(X\x04\x00\x00\x00truetR.": "offset 0 (GLOBAL): os.system is refused",
		"cbuiltins\neval\n.":                     "(GLOBAL): builtins.eval is refused",
		"cpandas.core.series\nSeries\n.":         "x.tolist()",
		"K\x01)R.":                               "(REDUCE): a call of a int64",
		"cnumpy\nndarray\n)R.":                   "(REDUCE): a call of a pickle.function",
		"cbuiltins\nbytes\n(K\x05tR.":            "(REDUCE): a call of a pickle.function with 1 arguments",
		"]}b.":                                   "(BUILD): sets attributes of a *pickle.List",
		"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.": "latin1 is refused",
	} {
		if _, err := Read([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", data, err, want)
		}
	}
}

func TestDamagedPicklesAreErrors(t *testing.T) {
	for data, want := range map[string]string{
		"":                                     "truncated",
		"\x80":                                 "wants 1 more bytes",
		"\x80\x06N.":                           "protocol 6",
		"\x80\x04\xffN.":                       "0xff",
		"\x80\x04X\xff\xff\xff\xffabc.":        "wants 4294967295 more bytes",
		"\x8d\xff\xff\xff\xff\xff\xff\xff\xff": "BINUNICODE8",
		"\x8c\x01\xff.":                        "not UTF-8",
		".":                                    "0 values",
		"NN.":                                  "2 values",
		"(N.":                                  "1 marks",
		"N.N":                                  "1 bytes follow",
		"a.":                                   "needs 1 values",
		"Na.":                                  "needs a value",
		"NNa.":                                 "needs a list",
		"e.":                                   "needs a mark",
		"}(Nu.":                                "not pairs",
		"}]Ns.":                                "a key is a *pickle.List",
		"](N}s.":                               "needs a value",
		"h\x05.":                               "no entry 5",
		"\x94.":                                "needs a value",
		"\x8a\x09123456789.":                   "64 bits",
		"]NNs.":                                "needs a dictionary",
	} {
		if _, err := Read([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", data, err, want)
		}
	}
}

func TestEveryTruncationIsAnErrorThatNamesTheFile(t *testing.T) {
	whole, err := os.ReadFile("testdata/plain4.pkl")
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := Read(whole[:n]); err == nil {
			t.Fatalf("no error with %d of %d bytes", n, len(whole))
		}
	}
	path := filepath.Join(t.TempDir(), "half.pkl")
	if err := os.WriteFile(path, whole[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+": offset ") {
		t.Errorf("error %v", err)
	}
	if _, err := ReadFile(path + "x"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for protocol := 2; protocol <= 5; protocol++ {
		data, err := os.ReadFile(fmt.Sprintf("testdata/plain%d.pkl", protocol))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for protocol := 2; protocol <= 5; protocol++ {
		data, err := os.ReadFile(fmt.Sprintf("testdata/numpy%d.pkl", protocol))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("\x80\x04]\x94h\x00a."))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := slices.Clone(data)
		value, err := Read(data)
		if err != nil && value != nil {
			t.Fatal("a value with an error")
		}
		if !bytes.Equal(before, data) {
			t.Fatal("the input changed")
		}
	})
}

func BenchmarkRead(b *testing.B) {
	data, err := os.ReadFile("testdata/big.pkl")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Read(data); err != nil {
			b.Fatal(err)
		}
	}
}

// counter stands in for one class, one function and any persistent id.
type counter struct{}

func (counter) Global(module, name string) (any, error) {
	if module != "a" {
		return nil, fmt.Errorf("%s.%s is not known", module, name)
	}
	return module + "." + name, nil
}

func (counter) Call(function any, arguments Tuple) (any, error) {
	if function != "a.f" {
		return nil, errors.New("cannot be called")
	}
	return NewDict(), nil
}

func (counter) Persistent(id any) (any, error) {
	if id == nil {
		return nil, errors.New("no such id")
	}
	return id, nil
}

func TestObjectsComeFromTheCaller(t *testing.T) {
	for data, want := range map[string]any{
		"\x80\x02ca\nf\n.":                           "a.f",
		"\x80\x04\x8c\x01a\x8c\x01g\x93.":            "a.g",
		"\x80\x02ca\nf\n)R.":                         map[any]any{},
		"\x80\x02ca\nf\n)RK\x01K\x02s.":              map[any]any{int64(1): int64(2)},
		"\x80\x02ca\nf\n)R}K\x01K\x02sb.":            map[any]any{},
		"\x80\x02K\x07Q.":                            int64(7),
		"\x80\x02(ca\nf\nK\x01t.what follows is let": "tuple[a.f 1]",
	} {
		value, size, err := ReadObjects([]byte(data), counter{})
		if err != nil || !reflect.DeepEqual(plain(value), want) || data[size-1] != '.' {
			t.Errorf("%q: %v, %d bytes, %v", data, plain(value), size, err)
		}
	}
}

func TestWhatTheCallerDoesNotKnowIsRefused(t *testing.T) {
	for data, want := range map[string]string{
		"cos\nsystem\n.":            "offset 0 (GLOBAL): os.system is not known",
		"\x8c\x02os\x8c\x01f\x93.":  "(STACK_GLOBAL): os.f is not known",
		"K\x01K\x01\x93.":           "needs two texts",
		"ca\ng\n)R.":                "(REDUCE): cannot be called",
		"ca\nf\nNR.":                "needs a tuple",
		"NQ.":                       "(BINPERSID): no such id",
		"]}b.":                      "attributes of a *pickle.List",
		"ca\nf":                     "truncated",
		"c\xff\nf\n.":               "truncated or damaged",
		"ca\nf\n)\x81.":             "(NEWOBJ): opcode refused",
		"(ia\nf\n.":                 "(INST): opcode refused",
		"\x80\x02R.":                "needs 2 values",
		"Q.":                        "needs 1 values",
		"b.":                        "needs 1 values",
		"Nb.":                       "needs a value",
		"\x93.":                     "needs 2 values",
		"\x80\x02ca\nf\n)R(K\x01u.": "not pairs",
	} {
		if _, _, err := ReadObjects([]byte(data), counter{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", data, err, want)
		}
	}
}
