package delimited

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
)

// read gives every record as its line and its fields.
func read(path string, o Options) (got []string, err error) {
	err = Each(context.Background(), path, o, func(r Record) error {
		got = append(got, fmt.Sprintf("%d:%s", r.Line, bytes.Join(r.Fields, []byte("/"))))
		return nil
	})
	return got, err
}

func TestRecordsOfEverySeparator(t *testing.T) {
	for text, c := range map[string]struct {
		o    Options
		want []string
	}{
		"a,b\r\n\n c ,\nlast,x":           {Options{Separator: ","}, []string{"1:a/b", "3: c /", "4:last/x"}},
		"a\t\t\n\t\t\n \n":                {Options{Separator: "\t"}, []string{"1:a//", "2://"}},
		"1::2::3\n4:5::6::":               {Options{Separator: "::"}, []string{"1:1/2/3", "2:4:5/6/"}},
		" 1 \t2\n3 4 \n":                  {Options{Separator: Blanks}, []string{"1:1/2", "2:3/4"}},
		"a|\"b|c\n":                       {Options{Separator: "|"}, []string{"1:a/\"b/c"}},
		"é,ü\n\ufeffa,b":                  {Options{Separator: ","}, []string{"1:é/ü", "2:a/b"}},
		"Caf\xe9|\xfc":                    {Options{Separator: "|", Latin1: true}, []string{"1:Café/ü"}},
		"u,i\n1,2\n":                      {Options{Separator: ",", Header: true}, []string{"2:1/2"}},
		"u,v,i\n1,9,2\n":                  {Options{Separator: ",", Header: true, Columns: []string{"i", "u"}}, []string{"2:2/1"}},
		"1,2\n":                           {Options{Separator: ",", Columns: []string{"i", "u"}}, []string{"1:1/2"}},
		"\"a,b\",\"c\"\"d\",\"\"\n":       {Options{Separator: ",", Quotes: true}, []string{"1:a,b/c\"d/"}},
		"1,\"two\r\n\n\nlines\",3\n4,5,6": {Options{Separator: ",", Quotes: true}, []string{"1:1/two\n\n\nlines/3", "5:4/5/6"}},
		"x,5\" disc\n":                    {Options{Separator: ",", Quotes: true}, []string{"1:x/5\" disc"}},
		"\"a\\\"b\";\"c\\\\\"\n":          {Options{Separator: ";", Quotes: true, Backslash: true}, []string{"1:a\"b/c\\"}},
		"\"a b\" c\n":                     {Options{Separator: Blanks, Quotes: true}, []string{"1:a b/c"}},
		formatstest.Zipped("a,b\n"):       {Options{Separator: ","}, []string{"1:a/b"}},
		formatstest.Zstd("a,b\n"):         {Options{Separator: ","}, []string{"1:a/b"}},
		formatstest.Zstd("a,b\n") + formatstest.Zstd("c,d\n"): {Options{Separator: ","}, []string{"1:a/b", "2:c/d"}},
	} {
		got, err := read(formatstest.File(t, "file", text), c.o)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, error %v, want %q", text, got, err, c.want)
		}
	}
}

func TestWhatIsNoTableIsRefusedWithItsPlace(t *testing.T) {
	comma := Options{Separator: ","}
	quoted := Options{Separator: ",", Quotes: true}
	header := Options{Separator: ",", Header: true}
	for name, c := range map[string]struct {
		text string
		o    Options
		want string
	}{
		"short":             {"a,b\nc\n", comma, `:2: 1 field, expected 2 fields, as the first record has: is there another separator than ","?`},
		"long":              {"a,b\n\n1,2,3\n", header, ":3: 3 fields, expected 2 fields, as the header has"},
		"named":             {"a,b,c\n", Options{Separator: ",", Columns: []string{"user", "item"}}, ":1: 3 fields, expected 2 fields, which are user, item"},
		"no column":         {"user,item\n", Options{Separator: ",", Header: true, Columns: []string{"usr"}}, `:1: there is no column "usr"; did you mean "user"?`},
		"column twice":      {"user,item,user\n", header, `:1: the header has the column "user" twice`},
		"no header":         {"", header, ": the file is empty, expected a header"},
		"open quote":        {"a,b\n1,\"2\n3,4\n", quoted, ":2: the quote that begins a field here never ends"},
		"text behind quote": {"a,\"b\"c\n", quoted, `:1: text follows a closing quote ("c"), expected "," or the end of the line`},
		"no UTF-8":          {"a,b\nü\xfc,b\n", comma, ":2: the text is not UTF-8 (byte 3 of the line is 0xfc)"},
		"old line ends":     {"a,b\r1,2\r3,4\r", comma, ":1: lines end with a carriage return alone"},
		"million columns":   {strings.Repeat("x,", 1_000_000) + "\n", comma, ":1: the record has more than 10000 fields"},
		"million quoted":    {strings.Repeat("\"x\",", 1_000_000) + "\n", quoted, ":1: the record has more than 10000 fields"},
		"long field":        {"a,b\n1," + strings.Repeat("x", MaxField+1) + "\n", comma, ":2: a field is longer than 16 MiB"},
		"long quoted field": {"a,b\n1,\"" + strings.Repeat("xxxxxxx\n", MaxField/8+1), quoted, ":2: a field is longer than 16 MiB"},
		"zip":               {"PK\x03\x04\x14", comma, ":1: the file is a zip archive, expected text"},
		"page":              {"<!DOCTYPE html>\n", comma, ":1: the file is a page of the web"},
	} {
		path := formatstest.File(t, "file", c.text)
		_, err := read(path, c.o)
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+c.want) {
			t.Errorf("%s: error %.300v, want %s", name, err, c.want)
		}
	}
}

func TestRecordsOfAnotherLengthGoWhereTheyAreWanted(t *testing.T) {
	var uneven []string
	o := Options{Separator: ",", Header: true, Columns: []string{"c", "a"}, Uneven: func(r Record, err error) error {
		uneven = append(uneven, fmt.Sprintf("%d:%s", r.Line, bytes.Join(r.Fields, []byte("/"))))
		if len(r.Fields) > 4 {
			return err
		}
		return nil
	}}
	path := formatstest.File(t, "file", "a,b,c\n1,2\n3,4,5\n6,7,8,9\n")
	got, err := read(path, o)
	if err != nil || !slices.Equal(got, []string{"3:5/3"}) || !slices.Equal(uneven, []string{"2:1/2", "4:6/7/8/9"}) {
		t.Errorf("%q and, apart, %q, error %v", got, uneven, err)
	}
	if _, err := read(formatstest.File(t, "file", "a,b,c\n1,2,3,4,5\n"), o); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), ":2: 5 fields, expected 3 fields") {
		t.Errorf("error %v", err)
	}
}

func TestOptionsThatContradictThemselvesAreRefused(t *testing.T) {
	for _, o := range []Options{{}, {Separator: "\""}, {Separator: ",\n"}, {Separator: ",", Backslash: true}} {
		if _, err := read("none", o); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%+v: error %v", o, err)
		}
	}
}

func TestBeginSeesTheColumnsOnce(t *testing.T) {
	for text, o := range map[string]Options{
		"u,i\n1,2\n3,4\n": {Separator: ",", Header: true},
		"u,i\n":           {Separator: ",", Header: true},
		"1,2\n3,4\n":      {Separator: ",", Columns: []string{"u", "i"}},
	} {
		calls := 0
		o.Begin = func(columns []string) error {
			calls++
			if !slices.Equal(columns, []string{"u", "i"}) {
				t.Errorf("%q begins with %q", text, columns)
			}
			return nil
		}
		if _, err := read(formatstest.File(t, "file", text), o); err != nil || calls != 1 {
			t.Errorf("%q: error %v, %d calls", text, err, calls)
		}
	}
	stop := errors.New("stop")
	o := Options{Separator: ",", Begin: func([]string) error { return stop }}
	if got, err := read(formatstest.File(t, "file", "1,2\n"), o); err != stop || got != nil {
		t.Errorf("%q, error %v", got, err)
	}
}

func TestFieldsAreTypedOrRefusedByName(t *testing.T) {
	path := formatstest.File(t, "file", "a, 5 ,-7.5e2,x,\n")
	err := Each(t.Context(), path, Options{Separator: ",", Columns: []string{"id", "n", "f", "text", "none"}}, func(r Record) error {
		id, err1 := r.ID(0)
		n, err2 := r.Whole(1)
		f, err3 := r.Number(2)
		v, err4 := r.Value(1)
		if err := errors.Join(err1, err2, err3, err4); err != nil || id != "a" || n != 5 || f != -750 || v != 5 {
			t.Errorf("%s %d %v %v, error %v", id, n, f, v, err)
		}
		for want, err := range map[string]error{
			":1: column text is \"x\", expected a number":         second(r.Number(3)),
			":1: column f is \"-7.5e2\", expected a whole number": second(r.Whole(2)),
			":1: column none is empty, expected an identifier":    second(r.ID(4)),
		} {
			if !errors.Is(err, contract.ErrBadData) || err.Error() != path+want {
				t.Errorf("error %v, want %s", err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for field, good := range map[string]bool{
		"1": true, "-9223372036854775808": true, "9223372036854775808": true, "1e308": true, ".5": true, "+4": true,
		"": false, "NaN": false, "inf": false, "1e309": false, "0x10": false, "1_000": false, "1,5": false, "-": false,
	} {
		if _, err := (Record{Fields: [][]byte{[]byte(field)}}).Number(0); (err == nil) != good {
			t.Errorf("%q as a number: error %v", field, err)
		}
	}
}

// Numbers are the nearest of 64 bits, bit by bit those of strconv.ParseFloat.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"4.5", "-0.1", "123456789012345", "1234567890123456", ".5", "5.", ".", "-", "-0", "0.000000000000001", "1e5", "999999999999.999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		got, err := (Record{Fields: [][]byte{[]byte(field)}}).Number(0)
		want, wrong := strconv.ParseFloat(strings.TrimSpace(field), 64)
		if err == nil && (wrong != nil || math.Float64bits(got) != math.Float64bits(want)) {
			t.Fatalf("%q is %v, strconv.ParseFloat %v (%v)", field, got, want, wrong)
		}
		if err != nil && wrong == nil && !math.IsNaN(want) && !math.IsInf(want, 0) && !strings.ContainsAny(field, "xX_") {
			t.Fatalf("%q: error %v, strconv.ParseFloat %v", field, err, want)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// Go's own reader of CSV is the peer: what both take is the same, and what this one
// refuses, the other refuses too, but for bounds and bytes that are not UTF-8.
func FuzzEach(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"a\nb\",\"c\"\"d\"\n", "\"\r\n\",x\r\n", ",\n", "\"a\"b,c\n", " \n\n\ufeffa,b"} {
		f.Add([]byte(seed), ",", true, false)
	}
	f.Add([]byte("1::2"), "::", false, true)
	f.Add([]byte("1 \t 2"), Blanks, true, true)
	f.Fuzz(func(t *testing.T, text []byte, separator string, quotes, backslash bool) {
		path := formatstest.File(t, "file", text)
		o := Options{Separator: separator, Quotes: quotes, Backslash: quotes && backslash}
		got, err := fields(path, o)
		if err != nil && !errors.Is(err, contract.ErrBadData) && !errors.Is(err, contract.ErrInvalid) {
			t.Fatal(err)
		}
		if err != nil || separator != "," || !quotes || backslash || bytes.ContainsAny(text, "\r\x1f\x28") || bytes.Contains(text, []byte("\ufeff")) {
			return
		}
		peer := csv.NewReader(bytes.NewReader(text))
		var want [][]string
		for {
			record, err := peer.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return // it is stricter about quotes inside fields
			}
			if len(record) > 1 || strings.TrimSpace(record[0]) != "" {
				want = append(want, record)
			}
		}
		got = slices.DeleteFunc(got, func(r []string) bool { return len(r) == 1 && strings.TrimSpace(r[0]) == "" })
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q: %q, encoding/csv %q", text, got, want)
		}
	})
}

func fields(path string, o Options) (all [][]string, err error) {
	err = Each(context.Background(), path, o, func(r Record) error {
		var row []string
		for _, f := range r.Fields {
			row = append(row, string(f))
		}
		all = append(all, row)
		return nil
	})
	return all, err
}
