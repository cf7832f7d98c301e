package object

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
)

func parse(text string) (*Object, error) {
	return Parse(lines.Line{Path: "f", Number: 3, Bytes: []byte(text)})
}

func mustParse(t *testing.T, text string) *Object {
	t.Helper()
	o, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// both are the same object in both notations.
const (
	asJSON   = `{ "text":"a \"b\" \u00e9" ,"texts" : ["x","y"], "paths":[["x"],["y","z"],[]],"number":-2.5,"whole":12,"none":null,"yes":true,"deep":{"a":[{"b":"}]\\\""}]} }`
	asPython = `{'text': 'a "b" \u00e9', 'texts': ['x', 'y'], 'paths': [['x'], ('y', 'z'), []], 'number': -2.5, 'whole': 12, 'none': None, 'yes': True, 'deep': {'a': [1]}}`
)

func TestFieldsOfBothNotations(t *testing.T) {
	for _, line := range []string{asJSON, asPython} {
		o := mustParse(t, line)
		if want := []string{"deep", "none", "number", "paths", "text", "texts", "whole", "yes"}; !slices.Equal(o.Keys(), want) {
			t.Errorf("keys %q", o.Keys())
		}
		if s, err := o.Text("text"); err != nil || s != `a "b" é` {
			t.Errorf("text %q, %v", s, err)
		}
		if l, err := o.Texts("texts"); err != nil || !slices.Equal(l, []string{"x", "y"}) {
			t.Errorf("texts %q, %v", l, err)
		}
		if l, err := o.Texts("text"); err != nil || !slices.Equal(l, []string{`a "b" é`}) {
			t.Errorf("a text as texts %q, %v", l, err)
		}
		if p, err := o.Paths("paths"); err != nil || !reflect.DeepEqual(p, [][]string{{"x"}, {"y", "z"}, nil}) {
			t.Errorf("paths %q, %v", p, err)
		}
		if n, err := o.Number("number"); err != nil || *n != -2.5 {
			t.Errorf("number %v, %v", n, err)
		}
		if n, err := o.Whole("whole"); err != nil || *n != 12 {
			t.Errorf("whole %v, %v", n, err)
		}
		for _, key := range []string{"none", "missing"} {
			text, err1 := o.Text(key)
			list, err2 := o.Texts(key)
			paths, err3 := o.Paths(key)
			number, err4 := o.Number(key)
			whole, err5 := o.Whole(key)
			if err := errors.Join(err1, err2, err3, err4, err5); err != nil || text != "" || list != nil || paths != nil || number != nil || whole != nil {
				t.Errorf("absent %s: %q %q %q %v %v, %v", key, text, list, paths, number, whole, err)
			}
		}
	}
}

// encoding/json gives a struct's field asin the value of ASIN.
func TestNamesAreExact(t *testing.T) {
	for _, line := range []string{`{"asin":"I1","ASIN":"X","Asin":"Y"}`, `{"ASIN":"X","asin":"I1"}`, `{'ASIN': 'X', 'asin': 'I1'}`} {
		if s, err := mustParse(t, line).Text("asin"); err != nil || s != "I1" {
			t.Errorf("%s: asin is %q, %v", line, s, err)
		}
	}
	if s, err := mustParse(t, `{"ASIN":"X"}`).Text("asin"); err != nil || s != "" {
		t.Errorf("ASIN alone: asin is %q, %v", s, err)
	}
	if s, err := mustParse(t, `{"a\u0073in":"I1"}`).Text("asin"); err != nil || s != "I1" {
		t.Errorf("escaped name: asin is %q, %v", s, err)
	}
}

func TestWrongTypesNameTheField(t *testing.T) {
	for _, line := range []string{asJSON, asPython} {
		o := mustParse(t, line)
		_, text := o.Text("whole")
		_, list := o.Texts("paths")
		_, paths := o.Paths("texts")
		_, number := o.Number("yes")
		_, whole := o.Whole("number")
		_, object := o.Text("deep")
		for want, err := range map[string]error{
			"f:3: the field whole is the number 12, expected a text":     text,
			"f:3: the field paths is a list, expected a text or a list":  list,
			"f:3: the field texts is not a list of lists of texts":       paths,
			"f:3: the field yes is true, expected a number of 32 bits":   number,
			"f:3: the field number is the number -2.5, expected a whole": whole,
			"f:3: the field deep is an object, expected a text":          object,
		} {
			if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
}

func TestLinesThatHoldNoObject(t *testing.T) {
	for line, want := range map[string]string{
		`{"a":1`: "no JSON object: column 6", `[1]`: "the line is a list, expected", `"x"`: "the line is a text", `3`: "the line is the number 3", `null`: "is nothing",
		`{"a":1,"b":2,"a":3}`: `the field "a" stands there twice`, `{"a":NaN}`: "invalid character 'N'", "{\"a\":\"\xff\"}": "not UTF-8",
		`{'a': __import__('os')}`: "no plain value", `{'a': 1`: "no Python dictionary", `{"a":1}{"b":2}`: "no JSON object", `{'a': 1} 2`: "follows",
	} {
		if _, err := parse(line); !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), "f:3: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", line, err, want)
		}
	}
}

// FuzzParse holds the fields against those that encoding/json finds.
func FuzzParse(f *testing.F) {
	f.Add(asJSON)
	f.Add(asPython)
	f.Add(`{"a":[1,{"b":"]"}],"c":-1.5e3,"d":"\\","":{}}`)
	f.Fuzz(func(t *testing.T, line string) {
		line = strings.TrimSpace(line)
		if line == "" {
			return
		}
		o, err := parse(line)
		if err != nil {
			if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), "f:3: ") {
				t.Fatal(err)
			}
			return
		}
		for _, key := range o.Keys() {
			_, _ = o.Text(key)
			_, _ = o.Texts(key)
			_, _ = o.Paths(key)
			_, _ = o.Number(key)
			_, _ = o.Whole(key)
			_, _ = o.Object(key)
			_, _ = o.Objects(key)
		}
		if o.python != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &want); err != nil || !slices.Equal(o.Keys(), slices.Sorted(maps.Keys(want))) {
			t.Fatalf("keys %q, want those of %v (%v)", o.Keys(), want, err)
		}
		for _, field := range o.json {
			if string(field.raw) != string(want[field.name]) {
				t.Fatalf("field %q is %s, want %s", field.name, field.raw, want[field.name])
			}
		}
	})
}

func TestANameTwiceAmongManyFieldsIsRefused(t *testing.T) {
	for _, n := range []int{1, fewFields - 1, fewFields, fewFields + 1, 100} {
		var line strings.Builder
		for i := range n {
			_, _ = fmt.Fprintf(&line, `"f%d":%d,`, i, i)
		}
		if o, err := parse("{" + line.String() + `"last":1}`); err != nil || len(o.Keys()) != n+1 {
			t.Errorf("%d fields: %v", n, err)
		}
		for _, again := range []int{0, n - 1} {
			if _, err := parse(fmt.Sprintf(`{%s"f%d":1}`, line.String(), again)); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), fmt.Sprintf(`the field "f%d" stands there twice`, again)) {
				t.Errorf("%d fields, field %d again: error %v", n, again, err)
			}
		}
	}
}

func TestObjectsInsideAnObject(t *testing.T) {
	for _, line := range []string{
		`{"items": [{"id": "10", "hours": 1.5, "n": 3}, {"id":20,"owned":true}],"none":null, "deep":{"a":{"b":[{"c":"x","stars":1}]}}, "flat": [1, "x"], "one": 7}`,
		`{'items': [{'id': '10', 'hours': 1.5, 'n': 3}, {'id': 20, 'owned': True}], 'none': None, 'deep': {'a': {'b': [{'c': 'x', 'stars': 1}]}}, 'flat': [1, 'x'], 'one': 7}`,
	} {
		o := mustParse(t, line)
		items, err := o.Objects("items")
		if err != nil || len(items) != 2 {
			t.Fatalf("%d items, %v", len(items), err)
		}
		id, err1 := items[0].Text("id")
		hours, err2 := items[0].Float("hours")
		n, err3 := items[0].Whole("n")
		owned, err4 := items[1].Bool("owned")
		absent, err5 := items[0].Bool("owned")
		if err := errors.Join(err1, err2, err3, err4, err5); err != nil || id != "10" || *hours != 1.5 || *n != 3 || !*owned || absent != nil {
			t.Errorf("%q %v %v %v %v, %v", id, hours, n, owned, absent, err)
		}
		text10, err1 := items[0].ID("id")
		whole20, err2 := items[1].ID("id")
		none, err3 := items[1].ID("hours")
		if err := errors.Join(err1, err2, err3); err != nil || text10 != "10" || whole20 != "20" || none != "" {
			t.Errorf("ids %q %q %q, %v", text10, whole20, none, err)
		}
		_, text := items[1].Text("id")
		_, fraction := items[0].ID("hours")
		_, flat := o.Objects("flat")
		_, one := o.Objects("one")
		_, single := o.Object("one")
		_, truth := items[0].Bool("id")
		_, number := items[0].Float("id")
		deep, err := o.Object("deep")
		if err != nil {
			t.Fatal(err)
		}
		a, err := deep.Object("a")
		if err != nil {
			t.Fatal(err)
		}
		b, err := a.Objects("b")
		if err != nil {
			t.Fatal(err)
		}
		_, below := b[0].Number("c")
		want := b[0].Want("a review", "c", "Stars")
		for want, err := range map[string]error{
			"f:3: the field items[1].id is the number 20, expected a text":                              text,
			"f:3: the field items[0].hours is the number 1.5, expected an id: a text or a whole number": fraction,
			"f:3: the field flat[0] is the number 1, expected an object":                                flat,
			"f:3: the field one is the number 7, expected a list of objects":                            one,
			"f:3: the field one is the number 7, expected an object":                                    single,
			"f:3: the field items[0].id is a text, expected true or false":                              truth,
			"f:3: the field items[0].id is a text, expected a number":                                   number,
			"f:3: the field deep.a.b[0].c is a text, expected a number of 32 bits":                      below,
			`f:3: a review has no field deep.a.b[0].Stars; did you mean "stars"?`:                       want,
		} {
			if !errors.Is(err, contract.ErrBadData) || err.Error() != want {
				t.Errorf("error %v, want %q", err, want)
			}
		}
		for _, key := range []string{"none", "missing"} {
			list, err1 := o.Objects(key)
			object, err2 := o.Object(key)
			if err := errors.Join(err1, err2); err != nil || list != nil || object != nil {
				t.Errorf("absent %s: %v %v, %v", key, list, object, err)
			}
		}
	}
	if _, err := mustParse(t, `{"a": [{"b": 1, "b": 2}]}`).Objects("a"); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `the field "b" stands there twice`) {
		t.Errorf("a name twice inside: error %v", err)
	}
}

func TestAFieldThatStandsThereTwiceIsRefusedAmongFewAndMany(t *testing.T) {
	for _, n := range []int{1, fewFields - 1, fewFields, fewFields + 1, fewFields + 2, 10 * fewFields} {
		var b strings.Builder
		for i := range n {
			_, _ = fmt.Fprintf(&b, `"k%d":%d,`, i, i)
		}
		whole := "{" + strings.TrimSuffix(b.String(), ",") + "}"
		if o, err := Parse(lines.Line{Bytes: []byte(whole)}); err != nil || len(o.Keys()) != n {
			t.Errorf("%d fields: error %v", n, err)
		}
		for _, again := range []int{0, n / 2, n - 1} {
			twice := "{" + b.String() + fmt.Sprintf(`"k%d":0}`, again)
			if _, err := Parse(lines.Line{Bytes: []byte(twice)}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf(`the field "k%d" stands there twice`, again)) {
				t.Errorf("%d fields, k%d again: error %v", n, again, err)
			}
		}
	}
}
