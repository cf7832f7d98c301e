package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// doubling is a schema of a few lines that unfolds to 2^n values.
func doubling(n int, from string) string {
	var defs []string
	for i := range n {
		defs = append(defs, fmt.Sprintf(`"d%d": {"allOf": [{"$ref": "#/$defs/d%d"}, {"$ref": "#/$defs/d%d"}]}`, i, i+1, i+1))
	}
	return fmt.Sprintf(`{"$ref": "#/$defs/%s", "$defs": {%s, "d%d": {"type": "object"}}}`, from, strings.Join(defs, ", "), n)
}

// TestASchemaThatAPluginMadeUpIsRefusedInWords: what would read files, never end
// or take the host's memory is a problem, at once.
func TestASchemaThatAPluginMadeUpIsRefusedInWords(t *testing.T) {
	for name, c := range map[string]struct{ schema, words string }{
		"a file":         {`{"properties": {"x": {"$ref": "file:///etc/passwd"}}}`, `refers to "file:///etc/passwd"`},
		"a file as base": {`{"$id": "file:///etc/x", "$ref": "passwd"}`, `refers to "passwd"`},
		"an address":     {`{"$ref": "http://127.0.0.1:1/s"}`, `refers to "http://127.0.0.1:1/s"`},
		"a dialect":      {`{"$schema": "file:///etc/passwd"}`, `is a schema of "file:///etc/passwd"`},
		"itself":         {`{"properties": {"x": {"$ref": "#"}}}`, `refers to itself at "#"`},
		"a circle":       {`{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}`, "refers to itself"},
		"a dynamic one":  {`{"$dynamicRef": "#a", "$dynamicAnchor": "a"}`, "do not need"},
		"doubling":       {doubling(30, "d0"), "unfolds to more than 100000 values"},
		"depth":          {strings.Repeat(`{"not":`, 5000) + "{}" + strings.Repeat("}", 5000), "nested more than 100 deep"},
		"a huge number":  {`{"multipleOf": 1e-999999999}`, "not a number that 64 bits hold"},
		"a huge bound":   {`{"properties": {"x": {"minimum": 1e999999999}}}`, "not a number that 64 bits hold"},
		"no regexp":      {`{"pattern": "("}`, "the schema is broken"},
		"no schema":      {`7`, "the schema is broken"},
		"no JSON":        {`{`, "the schema is broken"},
	} {
		begin := time.Now()
		problems := Check(json.RawMessage(c.schema), json.RawMessage(`{}`))
		if len(problems) != 1 || !strings.Contains(problems[0].Message, c.words) {
			t.Errorf("%s: got %.300v, want %q", name, problems, c.words)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestReferencesInsideASchemaAreFollowed(t *testing.T) {
	s := json.RawMessage(`{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.org/p",
		"properties": {"x": {"$ref": "#/$defs/n"}, "y": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer", "minimum": 3}}}`)
	if problems := Check(s, json.RawMessage(`{"x": 2, "y": 4}`)); len(problems) != 1 || problems[0].String() != "x: must be at least 3, got 2" {
		t.Errorf("got %v", problems)
	}
}

func TestManyProblemsAndValuesAreToldInPart(t *testing.T) {
	var keys, values []string
	for i := range 5000 {
		keys = append(keys, fmt.Sprintf(`"key%d": 1`, i))
		values = append(values, fmt.Sprintf(`"value%d"`, i))
	}
	_, err := Resolve(json.RawMessage(`{"additionalProperties": false}`), json.RawMessage("{"+strings.Join(keys, ",")+"}"))
	if err == nil || len(err.Error()) > 10_000 || !strings.Contains(err.Error(), "5000 problems") || !strings.HasSuffix(err.Error(), "and 4900 more") {
		t.Errorf("%d bytes: %.200v", len(fmt.Sprint(err)), err)
	}
	problems := Check(json.RawMessage(`{"enum": [`+strings.Join(values, ",")+`]}`), json.RawMessage(`"value77x"`))
	if len(problems) != 1 || len(problems[0].Message) > 500 || !strings.Contains(problems[0].Message, `5000 values, such as value77, `) {
		t.Errorf("got %.600v", problems)
	}
}

// FuzzSchemaOfAPlugin: any schema and any value give problems or none, in bounded
// time, never a panic.
func FuzzSchemaOfAPlugin(f *testing.F) {
	for _, s := range []string{
		string(Of[params]()), `{"$ref": "#"}`, doubling(20, "d3"), `{"properties": {"x": {"type": "string", "format": "path", "x-resource": "yes"}}}`,
		`{"$schema": "x", "$id": "y"}`, `{"pattern": "(a+)+$"}`, `{"enum": [1e3, {}, []]}`, `{"items": true, "default": {"$ref": 1}}`, `{"$defs": 3, "$ref": "#/$defs/0/x"}`,
	} {
		f.Add([]byte(s), []byte(`{"path": "x", "stages": [{"epochs": "2"}]}`))
	}
	f.Fuzz(func(t *testing.T, schema, value []byte) {
		begin := time.Now()
		problems := Check(schema, json.RawMessage(value))
		resolved, err := Resolve(schema, value)
		if took := time.Since(begin); took > 10*time.Second {
			t.Fatalf("took %v", took)
		}
		if err == nil && !json.Valid(resolved) {
			t.Fatalf("resolved to %s", resolved)
		}
		for _, p := range problems {
			if p.Message == "" {
				t.Fatal("a problem without words")
			}
		}
	})
}
