// Package record is what one trial leaves on disk: a folder with record.json
// and one file of per-user results for each evaluated part. Tables and reports
// are pure functions of these files.
//
//	OUT/plan.json               the plan that was run last
//	OUT/lock                    held while a run writes
//	OUT/trials/HASH/record.json
//	OUT/trials/HASH/users-test.csv.gz
package record

import (
	"encoding/json"
	"time"
)

// Schema is the version of the files; a reader refuses any other.
const Schema = 1

// Status says how a trial ended.
type Status string

// The ways in which a trial ends.
const (
	Done   Status = "done"
	Failed Status = "failed"
)

// Record is the provenance and the outcome of one trial.
type Record struct {
	Schema int    `json:"schema"`
	Hash   string `json:"hash"` // sha256 of the resolved trial; names the folder
	Status Status `json:"status"`
	// Error and StderrTail tell why a trial failed.
	Error      string   `json:"error,omitempty"`
	StderrTail []string `json:"last_words,omitempty"`

	Experiment string `json:"experiment"`
	Dataset    string `json:"dataset"`
	Method     string `json:"method"`
	Seed       uint64 `json:"seed"`
	// Trial is the resolved part of the plan that Hash was made of.
	Trial json.RawMessage `json:"trial"`

	Plugins     []Plugin    `json:"plugins"`
	Data        Data        `json:"data"`
	Versions    Versions    `json:"versions"`
	Environment Environment `json:"environment"`

	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Times    Times     `json:"times"`
	Results  []Result  `json:"results,omitempty"`
	// Pipeline is the stage report of a CLLM4Rec trial: losses, times and the
	// selection curve.
	Pipeline json.RawMessage `json:"pipeline,omitempty"`
}

// Plugin is a process that took part.
type Plugin struct {
	Kind     string          `json:"kind"`
	Name     string          `json:"name"`
	Version  string          `json:"version"`
	Checksum string          `json:"checksum"` // sha256 of the binary
	Params   json.RawMessage `json:"params"`   // resolved, with absolute paths
	PeakRSS  int64           `json:"peak_rss"` // bytes; of a plugin that died: when last looked at; 0 when unknown
	CPU      float64         `json:"cpu_seconds"`
	// PeakDevice is the most memory of a device that training took, in bytes; 0
	// when it ran on the CPU or nobody counted.
	PeakDevice int64 `json:"peak_device,omitempty"`
}

// Data says which data the trial saw.
type Data struct {
	Fingerprint  string          `json:"fingerprint"` // sha256 over vocabularies, parts and documents
	Users        int             `json:"users"`
	Items        int             `json:"items"`
	Interactions int             `json:"interactions"` // for training
	Documents    int             `json:"documents"`
	Audit        json.RawMessage `json:"audit,omitempty"`
}

// Times are wall-clock seconds, measured by the host for every method alike.
type Times struct {
	Start float64 `json:"start"` // launching and configuring plugins, loading weights
	Train float64 `json:"train"`
	Rank  float64 `json:"rank"` // of the test part
}

// Result is the evaluation of one part.
type Result struct {
	Part    string             `json:"part"`
	Means   map[string]float64 `json:"means"` // metric name -> mean over users
	Users   int                `json:"users"`
	Skipped int                `json:"skipped"` // users without a relevant item
	File    string             `json:"file"`    // per-user results, inside the folder
	SHA256  string             `json:"sha256"`  // of File
}

// Result is the result of a part; nil when the trial has none.
func (r *Record) Result(part string) *Result {
	for i := range r.Results {
		if r.Results[i].Part == part {
			return &r.Results[i]
		}
	}
	return nil
}

// PeakDevice is the most device memory of the trial's plugins, in bytes.
func (r *Record) PeakDevice() int64 {
	var most int64
	for _, p := range r.Plugins {
		most = max(most, p.PeakDevice)
	}
	return most
}

// PeakRSS is the sum over the trial's plugins, in bytes, without the dataset,
// which all trials share.
func (r *Record) PeakRSS() int64 {
	var sum int64
	for _, p := range r.Plugins {
		if p.Kind != "dataset" {
			sum += p.PeakRSS
		}
	}
	return sum
}
