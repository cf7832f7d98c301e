package record

import (
	"encoding/json"
	"time"

	"cllm4rec/core/schema"
)

// schema1 is a record as version 1 wrote it: under one hash, without rankings.
type schema1 struct {
	Schema     int             `json:"schema"`
	Hash       string          `json:"hash"`
	Status     Status          `json:"status"`
	Error      string          `json:"error"`
	StderrTail []string        `json:"last_words"`
	Experiment string          `json:"experiment"`
	Dataset    string          `json:"dataset"`
	Method     string          `json:"method"`
	Seed       uint64          `json:"seed"`
	Trial      json.RawMessage `json:"trial"`
	Plugins    []Plugin        `json:"plugins"`
	Data       struct {
		Fingerprint  string          `json:"fingerprint"`
		Users        int             `json:"users"`
		Items        int             `json:"items"`
		Interactions int             `json:"interactions"`
		Documents    int             `json:"documents"`
		Audit        json.RawMessage `json:"audit"`
	} `json:"data"`
	Versions    Versions    `json:"versions"`
	Environment Environment `json:"environment"`
	Started     time.Time   `json:"started"`
	Finished    time.Time   `json:"finished"`
	Times       Times       `json:"times"`
	Results     []struct {
		Part    string             `json:"part"`
		Means   map[string]float64 `json:"means"`
		Users   int                `json:"users"`
		Skipped int                `json:"skipped"`
		File    string             `json:"file"`
		SHA256  string             `json:"sha256"`
	} `json:"results"`
	Pipeline json.RawMessage `json:"pipeline"`
}

// decode reads a record of this version or of version 1.
func decode(raw []byte) (*Record, error) {
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(raw, &version); err != nil {
		return nil, err
	}
	if version.Schema != 1 {
		var rec Record
		return &rec, schema.Unmarshal(raw, &rec)
	}
	var old schema1
	if err := schema.Unmarshal(raw, &old); err != nil {
		return nil, err
	}
	return old.record(), nil
}

// record is the old one in today's form; Schema stays 1.
func (o *schema1) record() *Record {
	rec := &Record{
		Schema: o.Schema, Key: o.Hash, Status: o.Status, Error: o.Error, StderrTail: o.StderrTail,
		Experiment: o.Experiment, Dataset: o.Dataset, Method: o.Method, Seed: o.Seed, Trial: o.Trial,
		Plugins: o.Plugins, Versions: o.Versions, Environment: o.Environment,
		Data: Data{
			Fingerprint: o.Data.Fingerprint, Users: o.Data.Users, Items: o.Data.Items, Interactions: o.Data.Interactions,
			Texts: o.Data.Documents, Audit: o.Data.Audit,
		},
		Started: o.Started, Finished: o.Finished, Times: o.Times, Pipeline: o.Pipeline,
	}
	for _, r := range o.Results {
		rec.Results = append(rec.Results, Result{
			Part: r.Part, Means: r.Means, Users: r.Users, Skipped: r.Skipped, PerUser: File{r.File, r.SHA256},
		})
	}
	return rec
}
