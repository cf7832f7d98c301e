// Package bundle packs what a table was made of into one file, and checks such a file
// elsewhere: a zip archive of a plan, the records of its trials with their rankings and the
// values of users, the split data, and a manifest. Unpacked it is a folder of records, which
// every command reads.
package bundle

import (
	"cmp"
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/schema"
)

// Schema is the version of a bundle's form.
const Schema = 1

// manifestFile is the manifest's name in the archive.
const manifestFile = "bundle.json"

// Manifest says what a bundle holds and what its table shows.
type Manifest struct {
	Schema     int      `json:"schema"`
	Program    string   `json:"program"` // version that packed it
	Experiment string   `json:"experiment"`
	Plan       string   `json:"plan"` // its ID
	Seeds      []uint64 `json:"seeds"`
	// Plugins are those that took part, each with the checksum of its binary or files.
	Plugins      []Plugin             `json:"plugins"`
	Environments []record.Environment `json:"environments"` // those that the trials ran in
	Trials       []Trial              `json:"trials"`       // of the plan, and then what searches tried
	Table        *report.Report       `json:"table"`        // of the test part, with groups
	Files        []File               `json:"files"`        // all others of the archive
}

// Plugin is a process that took part.
type Plugin struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	Checksum string `json:"checksum"`
}

// Trial is a trial and what became of it.
type Trial struct {
	Key     string `json:"key"`
	Dataset string `json:"dataset"` // with its split
	Method  string `json:"method"`
	Seed    uint64 `json:"seed"`
	// Tried: a search tried it, and it is no trial of the table.
	Tried  bool   `json:"tried,omitempty"`
	Status string `json:"status"` // done, failed or missing
}

// missing is the status of a trial without a record.
const missing = "missing"

// String is such as "EASE, Beauty, seed 1".
func (t Trial) String() string {
	name := fmt.Sprintf("%s, %s, seed %d", t.Method, t.Dataset, t.Seed)
	if t.Tried {
		name = fmt.Sprintf("%s, %s, tried by the search (%.12s)", t.Method, t.Dataset, t.Key)
	}
	return name
}

// File is a file of the archive.
type File struct {
	Name   string `json:"name"` // with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// parseManifest reads a manifest strictly; ErrBadData.
func parseManifest(raw []byte) (*Manifest, error) {
	var m Manifest
	if err := schema.Unmarshal(raw, &m); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: %v", manifestFile, err)
	}
	if m.Schema != Schema {
		return nil, contract.Errorf(contract.ErrBadData, "%s has schema %d; this version of the program reads %d", manifestFile, m.Schema, Schema)
	}
	if m.Table == nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s is damaged: it has no table", manifestFile)
	}
	return &m, nil
}

// trialsOf are the trials of a plan, and those that its searches tried, with the records that
// they have.
func trialsOf(plan *experiment.Plan) []Trial {
	var all []Trial
	for _, t := range plan.Trials {
		all = append(all, Trial{Key: t.Key, Dataset: plan.Datasets[t.Dataset].Label(), Method: plan.Methods[t.Method].Name, Seed: t.Seed})
	}
	for _, c := range plan.Choices {
		for _, tried := range c.Tried {
			all = append(all, Trial{Key: tried.Key, Dataset: plan.Datasets[c.Dataset].Label(), Method: plan.Methods[c.Method].Name, Tried: true})
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(t Trial) bool {
		twice := seen[t.Key]
		seen[t.Key] = true
		return twice
	})
}

// note takes the plugins and the environment of a record.
func (m *Manifest) note(rec *record.Record) {
	for _, p := range rec.Plugins {
		plugin := Plugin{p.Kind, p.Name, p.Version, p.Checksum}
		if !slices.Contains(m.Plugins, plugin) {
			m.Plugins = append(m.Plugins, plugin)
		}
	}
	if !slices.Contains(m.Environments, rec.Environment) {
		m.Environments = append(m.Environments, rec.Environment)
	}
}

// sort puts plugins in the order of their names.
func (m *Manifest) sort() {
	slices.SortFunc(m.Plugins, func(a, b Plugin) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Checksum, b.Checksum))
	})
}
