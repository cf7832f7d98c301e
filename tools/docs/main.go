// Command docs writes docs/experiment-files.md: every key of an experiment file and
// of a pretraining file, from the schemas by which the program checks them, under
// the prose of experiment-files.tmpl. `make docs` runs it.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"text/template"

	"cllm4rec/core/experiment"

	"github.com/invopop/jsonschema"
)

// target is the file that is written, from the folder of the repository.
const target = "docs/experiment-files.md"

//go:embed experiment-files.tmpl
var prose string

func main() {
	text, err := page()
	if err == nil {
		err = os.WriteFile(target, text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

// page is the whole page.
func page() ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"experiment":  func() (string, error) { return tables(experiment.Schema()) },
		"pretraining": func() (string, error) { return tables(experiment.PretrainingSchema()) },
	}).Parse(prose)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, nil)
	return out.Bytes(), err
}

// tables are the tables of a schema: one for the file, one for each section in it.
func tables(schema json.RawMessage) (string, error) {
	var root jsonschema.Schema
	if err := json.Unmarshal(schema, &root); err != nil {
		return "", err
	}
	return section("", &root), nil
}
