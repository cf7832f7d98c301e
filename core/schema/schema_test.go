package schema

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

type section struct {
	Epochs int     `json:"epochs" jsonschema:"default=10,minimum=1"`
	Rate   float64 `json:"rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=Adam's rate\\, per step"`
}

type shared struct {
	Verbose bool `json:"verbose"`
}

type params struct {
	shared
	Lambda  float64            `json:"lambda" jsonschema:"default=500,minimum=0"`
	Mode    string             `json:"mode" jsonschema:"default=fast,enum=fast,enum=exact"`
	Path    string             `json:"path" jsonschema:"required,minLength=1"`
	Layers  []int              `json:"layers" jsonschema:"default=600,default=200,minimum=1"`
	Warmup  section            `json:"warmup"`
	Early   *section           `json:"early"`
	Stages  []section          `json:"stages,omitempty"`
	Weights map[string]float64 `json:"weights,omitempty"`
	Seed    int32              `json:"seed"`
}

func TestDecodeFillsEveryDefaultAndResolvesToItself(t *testing.T) {
	p, resolved, err := Decode[params](json.RawMessage(`{"path":"x","warmup":{"epochs":2.0},"stages":[{}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"lambda":500,"layers":[600,200],"mode":"fast","path":"x","seed":0,"stages":[{"epochs":10,"rate":0.001}],"verbose":false,"warmup":{"epochs":2,"rate":0.001}}`
	if string(resolved) != want {
		t.Errorf("resolved\n%s, want\n%s", resolved, want)
	}
	if p.Warmup.Epochs != 2 || p.Warmup.Rate != 0.001 || p.Early != nil || !slices.Equal(p.Layers, []int{600, 200}) {
		t.Errorf("decoded %+v", p)
	}
	if _, again, err := Decode[params](resolved); err != nil || string(again) != want {
		t.Errorf("second time %s, %v", again, err)
	}
}

func TestEqualParametersHaveEqualBytes(t *testing.T) {
	_, a, errA := Decode[params](json.RawMessage(`{"path":"x","lambda":1e-1,"seed":3e0}`))
	_, b, errB := Decode[params](json.RawMessage(` {"seed":3, "lambda":0.10, "path":"x"}`))
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("%s (%v) and %s (%v)", a, errA, b, errB)
	}
}

func TestDecodeListsEveryProblemWithItsPath(t *testing.T) {
	_, _, err := Decode[params](json.RawMessage(`{"lamdba":1,"mode":"fsat","warmup":{"epochs":"2","rate":0},"stages":[{"x":1}]}`))
	if !errors.Is(err, contract.ErrInvalid) {
		t.Fatalf("error %v, want ErrInvalid", err)
	}
	for _, want := range []string{
		"6 problems:", `lamdba: unknown key; did you mean "lambda"?`, `mode: must be one of fast, exact, got "fsat"; did you mean "fast"?`,
		"path: is missing and has no default", "warmup.epochs: expected integer, got string",
		"warmup.rate: must be greater than 0, got 0", "stages.0.x: unknown key; known are epochs, rate",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
}

func TestValuesThatTheSchemaCannotSeeAreErrorsToo(t *testing.T) {
	for raw, want := range map[string]string{
		`{"path":"x","seed":3000000000}`:     "seed: number 3000000000 does not fit into int32",
		`{"path":"x","lambda":1e999999999}`:  "lambda: is not a number that 64 bits hold",
		`{"path":"x","lambda":1e-999999999}`: "lambda: is not a number that 64 bits hold",
		`{"path":"x"} {}`:                    "not JSON",
		`[]`:                                 "expected object, got array",
		`{"path":"x","early":null}`:          "early: expected object, got null",
	} {
		if _, _, err := Decode[params](json.RawMessage(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", raw, err, want)
		}
	}
}

func TestNoParametersMeanEveryDefault(t *testing.T) {
	for _, raw := range []string{"", "null", "{}", " \n"} {
		if p, _, err := Decode[section](json.RawMessage(raw)); err != nil || p.Epochs != 10 {
			t.Errorf("%q: %+v, %v", raw, p, err)
		}
	}
}

func TestWrongTagsAreErrorsThatNameTheField(t *testing.T) {
	type unknownWord struct {
		X int `json:"x" jsonschema:"minimun=3"`
	}
	type badDefault struct {
		X float64 `json:"x" jsonschema:"exclusiveMinimum=0"`
	}
	_, errWord := For[unknownWord]()
	if errWord == nil || !strings.Contains(errWord.Error(), `unknownWord.X: jsonschema tag has the unknown word "minimun"; did you mean "minimum"?`) {
		t.Errorf("unknown word: %v", errWord)
	}
	if _, err := For[badDefault](); err == nil || !strings.Contains(err.Error(), "badDefault.X: its default 0 does not fit") {
		t.Errorf("bad default: %v", err)
	}
	if _, err := For[struct{ C chan int }](); err == nil {
		t.Error("a channel has a schema")
	}
	if p := Check(Of[unknownWord](), map[string]any{}); len(p) != 1 || p[0].Message != errWord.Error() {
		t.Errorf("Of's schema says %v", p)
	}
}

func TestCheckTakesWhatYAMLDecodesTo(t *testing.T) {
	value := map[string]any{"path": "x", "seed": 3, "lambda": 0.5, "layers": []any{int64(1), uint64(2)}}
	if problems := Check(Of[params](), value); len(problems) > 0 {
		t.Error(problems)
	}
	value["stages"] = []any{map[string]any{"rate": -1}}
	problems := Check(Of[params](), value)
	if len(problems) != 1 || !slices.Equal(problems[0].Path, []string{"stages", "0", "rate"}) {
		t.Errorf("problems %v", problems)
	}
}

func TestSchemaKeepsDescriptionsWithCommas(t *testing.T) {
	if s := string(Of[section]()); !strings.Contains(s, `"description":"Adam's rate, per step"`) {
		t.Error(s)
	}
}

func TestListsAndTextsAreExplainedInWords(t *testing.T) {
	type lists struct {
		Few  []int  `json:"few" jsonschema:"required,minItems=1"`
		Set  []int  `json:"set" jsonschema:"uniqueItems=true"`
		Name string `json:"name" jsonschema:"required,pattern=^[a-z]+$"`
	}
	problems := Check(Of[lists](), json.RawMessage(`{"few":[],"set":[1,2,1],"name":"A"}`))
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	want := []string{"few: needs at least 1 of them, got 0", `name: must have the form ^[a-z]+$, got "A"`, "set: entries 1 and 3 are the same"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"popularity", "itemknn", "ease", "learning_rate"}
	for name, want := range map[string]string{"easy": "ease", "ItemKNN": "itemknn", "popularty": "popularity", "learning-rate": "learning_rate", "svd": "", "": ""} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"path":"x"}`, `{"path":"x","stages":[{}],"weights":{"a":1e3}}`, `{"layers":[1,"2"]}`, `[`, `{"path":"x","seed":1e2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, resolved, err := Decode[params](raw)
		if err != nil {
			if !errors.Is(err, contract.ErrInvalid) {
				t.Fatalf("error %v is not ErrInvalid", err)
			}
			return
		}
		if _, again, err := Decode[params](resolved); err != nil || string(again) != string(resolved) {
			t.Fatalf("%s resolves to %s, then to %s (%v)", raw, resolved, again, err)
		}
	})
}

func TestAChoiceOfTypesIsExplained(t *testing.T) {
	type choice struct {
		Column any `json:"column,omitempty" jsonschema:"oneof_type=string;integer"`
	}
	for raw, want := range map[string]string{`{"column":1.5}`: "expected string or integer, got number", `{"column":[]}`: "expected string or integer, got array"} {
		problems := Check(Of[choice](), json.RawMessage(raw))
		if len(problems) != 1 || problems[0].Message != want {
			t.Errorf("%s: %v, want %s", raw, problems, want)
		}
	}
	if problems := Check(Of[choice](), json.RawMessage(`{"column":1}`)); len(problems) > 0 {
		t.Error(problems)
	}
}
