package schema

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// mostCompiled is how many compiled schemas are kept; those of a run are far fewer.
const mostCompiled = 200

// ready is a schema that was parsed and compiled, or why it cannot be.
type ready struct {
	doc      any // not to be changed
	compiled *jsonschema.Schema
	err      error
}

var compiledOnce struct {
	sync.Mutex
	byText map[string]ready
}

// compile compiles a schema, or remembers that it did: the same few schemas check
// every section of an experiment and every step of a plugin.
func compile(schema json.RawMessage) (doc any, compiled *jsonschema.Schema, err error) {
	compiledOnce.Lock()
	defer compiledOnce.Unlock()
	r, known := compiledOnce.byText[string(schema)]
	if !known {
		if len(compiledOnce.byText) >= mostCompiled || compiledOnce.byText == nil {
			compiledOnce.byText = map[string]ready{}
		}
		r.doc, r.compiled, r.err = compileAnew(schema)
		compiledOnce.byText[string(schema)] = r
	}
	return r.doc, r.compiled, r.err
}

func compileAnew(schema json.RawMessage) (doc any, compiled *jsonschema.Schema, err error) {
	if doc, err = parse(schema); err != nil {
		return nil, nil, err
	}
	if err = checkSchema(doc); err != nil {
		return nil, nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseLoader(noLoader{})
	if err = c.AddResource(resource, doc); err != nil {
		return nil, nil, err
	}
	compiled, err = c.Compile(resource)
	return doc, compiled, err
}

// noLoader opens nothing: a schema is complete in itself.
type noLoader struct{}

func (noLoader) Load(address string) (any, error) {
	return nil, fmt.Errorf("%q is not loaded; a schema of parameters refers to itself alone", address)
}
