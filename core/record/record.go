// Package record is what one trial leaves on disk: a folder with record.json and
// the files that it lists, each with its checksum. Tables and reports are pure
// functions of these files, and so is every metric that is asked for later.
//
//	OUT/plans/NAME-HASH.json                 every plan that was run
//	OUT/claims/                              what processes work at
//	OUT/lock                                 shuts out versions of the program that know no claims
//	OUT/index.json                           what a run and a table of means need of all records; made of them
//	OUT/data/FINGERPRINT/users.parquet       the split data: who has which items in which part
//	OUT/data/FINGERPRINT/items.parquet
//	OUT/data/FINGERPRINT/fold-in.parquet     histories of users who are held out whole, where there are such
//	OUT/data/FINGERPRINT/attributes-DIGEST.parquet   what is known of users, where it was asked for
//	OUT/trials/KEY/record.json
//	OUT/trials/KEY/users-test.csv.gz         the metrics of each user
//	OUT/trials/KEY/ranking-test.parquet      what was recommended to each user
//	OUT/trials/KEY/vectors-item.npy          vectors that other trials take as features
//	OUT/trials/KEY/model/                    the trained model (run --keep models)
//	OUT/trials/KEY/work/                     the checkpoint of a trial without a record (core/stage)
//
// docs/records.md describes every file and column.
package record

import (
	"encoding/json"
	"time"

	"cllm4rec/core/train"
)

// Schema is the version of the files. Records of an older one are read for
// tables, but no trial is finished by them.
const Schema = 2

// Status says how a trial ended.
type Status string

// The ways in which a trial ends.
const (
	Done   Status = "done"
	Failed Status = "failed"
)

// Record is the provenance and the outcome of one trial.
type Record struct {
	Schema int `json:"schema"`
	// Key is the sha256 of what decides the stored rankings; it names the folder.
	Key string `json:"key"`
	// TrainKey is the sha256 of what decides the trained model.
	TrainKey string `json:"train_key,omitempty"`
	Status   Status `json:"status"`
	// Error and StderrTail say why a trial failed.
	Error      string   `json:"error,omitempty"`
	StderrTail []string `json:"stderr_tail,omitempty"`
	// Died says that the trial failed as its plugin's process ended, such as for want of
	// memory or by a kill, and not by an error that the plugin returned.
	Died bool `json:"died,omitempty"`

	Experiment string `json:"experiment"`
	Dataset    string `json:"dataset"`
	Method     string `json:"method"`
	Seed       uint64 `json:"seed"`
	// Trial is the content that the keys were made of.
	Trial json.RawMessage `json:"trial"`
	// Needs are the keys of the trials whose results this one used.
	Needs []string `json:"needs,omitempty"`

	Plugins     []Plugin    `json:"plugins"`
	Data        Data        `json:"data"`
	Versions    Versions    `json:"versions"`
	Environment Environment `json:"environment"`
	Resources   Resources   `json:"resources"`

	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Times    Times     `json:"times"`
	// Resumed is how often a process went on from the checkpoint of another that was
	// killed or failed; Times count the work of all.
	Resumed int      `json:"resumed,omitempty"`
	Results []Result `json:"results,omitempty"`
	// Model is nil unless the run kept models (run --keep models).
	Model *Model `json:"model,omitempty"`
	// Vectors are what other trials take as features.
	Vectors []Vectors `json:"vectors,omitempty"`
	// Log is what training did, epoch by epoch, in the same form for all methods;
	// empty for a method that does not learn in epochs.
	Log []train.Entry `json:"log,omitempty"`
	// Fit says that the model of a recommender was taken from the store of stages, or left there.
	Fit *Fit `json:"fit,omitempty"`
	// Ensemble says how much each of Needs counts; nil for other methods.
	Ensemble *Ensemble `json:"ensemble,omitempty"`
	// Pipeline is the stage report of a CLLM4Rec trial: settings, losses, times
	// and the selection curve.
	Pipeline json.RawMessage `json:"pipeline,omitempty"`
}

// Fit is the trained model of a recommender in the store of stages.
type Fit struct {
	Key     string  `json:"key"`
	Made    bool    `json:"made,omitempty"`
	Seconds float64 `json:"seconds"` // that its training took
}

// Ensemble is how much each input of an ensemble counts.
type Ensemble struct {
	Weights []float64 `json:"weights"`         // as Needs
	Tried   int       `json:"tried,omitempty"` // combinations, where the weights were chosen on validation
	Score   float64   `json:"score,omitempty"` // of those chosen: the sum of the metrics
}

// Resources are contract.Resources, which convert into them: what the host gave the
// method. They change no number beyond rounding.
type Resources struct {
	Threads       int    `json:"threads,omitempty"`
	Device        string `json:"device,omitempty"`
	Memory        int64  `json:"memory,omitempty"`
	MicroBatch    int64  `json:"micro_batch,omitempty"`
	Attention     string `json:"attention,omitempty"`
	Checkpointing *bool  `json:"checkpointing,omitempty"`
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
	Fingerprint  string          `json:"fingerprint"` // sha256 over vocabularies, parts and texts; names the folder of Files
	Users        int             `json:"users"`
	Items        int             `json:"items"`
	Interactions int             `json:"interactions"` // for training
	Texts        int             `json:"texts"`
	Files        *DataFiles      `json:"files,omitempty"` // nil in records of schema 1 and where the data could not be read
	Audit        json.RawMessage `json:"audit,omitempty"`
}

// DataFiles are the files of the folder data/FINGERPRINT.
type DataFiles struct {
	Users File `json:"users"`
	Items File `json:"items"`
	// FoldIn are the histories of users who are held out whole; nil where nobody is.
	FoldIn *File `json:"fold_in,omitempty"`
	// Attributes are of users; nil where none were read.
	Attributes *File `json:"attributes,omitempty"`
}

// File is a file that a record lists.
type File struct {
	Name   string `json:"name"` // inside its folder
	SHA256 string `json:"sha256"`
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
	Means   map[string]float64 `json:"means"`             // metric -> mean over users
	Overall map[string]float64 `json:"overall,omitempty"` // metric -> the one number for all users together
	Users   int                `json:"users"`
	Skipped int                `json:"skipped"`         // users without a relevant item
	Depth   int                `json:"depth,omitempty"` // how many items of each user's list are stored
	// PerUser holds the values of the metrics, Ranking the lists. Ranking is nil in
	// records of schema 1.
	PerUser File  `json:"per_user"`
	Ranking *File `json:"ranking,omitempty"`
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
