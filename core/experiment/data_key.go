package experiment

import (
	"encoding/json"

	"cllm4rec/core/data"
)

// DataContent is what decides the split of a data set, as methods are given it:
// what a prepared split is known by. Names and places of files are not in it.
type DataContent struct {
	Form       string        `json:"form"` // of what is stored
	Dataset    PluginContent `json:"dataset"`
	Selection  Selection     `json:"selection"`
	Texts      bool          `json:"texts"`      // they were read
	Attributes bool          `json:"attributes"` // they were read
	Semantics  int           `json:"semantics"`  // of core/data
}

// DataKey is the sha256 over the content of a data set of the plan, and that
// content; form is the version of how it is stored.
func (p *Plan) DataKey(dataset int, form string) (key string, content json.RawMessage, err error) {
	d := p.Datasets[dataset]
	c := DataContent{
		Form: form, Dataset: p.pluginContent(d.Plugin), Selection: d.content(),
		Texts: d.Documents, Attributes: d.Attributes, Semantics: data.Semantics,
	}
	if content, err = canonical(c); err == nil {
		key, err = keyOf(c)
	}
	return key, content, err
}
