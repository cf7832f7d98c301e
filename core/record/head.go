package record

import (
	"encoding/json"
	"strings"
	"time"
)

// Head is what of a record decides whether its trial is to run, what a table of means
// shows, and by what the time of other trials is estimated.
type Head struct {
	Schema  int             `json:"schema"`
	Status  Status          `json:"status"`
	Error   string          `json:"error,omitempty"` // its first line
	Dataset string          `json:"dataset"`
	Method  string          `json:"method"`
	Seed    uint64          `json:"seed"`
	Kind    string          `json:"kind,omitempty"`   // of the method's plugin; "" of an ensemble
	Plugin  string          `json:"plugin,omitempty"` // its name
	Params  json.RawMessage `json:"params,omitempty"`
	Data    HeadData        `json:"data"`
	Machine HeadMachine     `json:"machine"`
	Learned Learned         `json:"learned,omitzero"`
	// Started and Finished are in UTC.
	Started    time.Time    `json:"started"`
	Finished   time.Time    `json:"finished"`
	Times      Times        `json:"times"`
	PeakRSS    int64        `json:"peak_rss,omitempty"`    // bytes, as Record.PeakRSS
	PeakDevice int64        `json:"peak_device,omitempty"` // bytes, as Record.PeakDevice
	Results    []HeadResult `json:"results,omitempty"`
	Ensemble   *Ensemble    `json:"ensemble,omitempty"`
	Kept       bool         `json:"kept,omitempty"` // there is an account of its model: Record.Model
}

// HeadData is which data a trial saw, and how many.
type HeadData struct {
	Fingerprint  string `json:"fingerprint"`
	Users        int    `json:"users"`
	Items        int    `json:"items"`
	Interactions int    `json:"interactions"`
	Texts        int    `json:"texts"`
}

// HeadMachine is what a trial ran on.
type HeadMachine struct {
	CPU     string `json:"cpu,omitempty"`
	Cores   int    `json:"cores"`
	Jobs    int    `json:"jobs,omitempty"`
	Threads int    `json:"threads,omitempty"`
	Device  string `json:"device,omitempty"`
}

// Learned is the sum of a training log; zero for a method that does not learn in epochs.
type Learned struct {
	Epochs  int     `json:"epochs,omitempty"` // entries that trained
	Steps   int64   `json:"steps,omitempty"`
	Tokens  int64   `json:"tokens,omitempty"`
	Seconds float64 `json:"seconds,omitempty"` // of training, without validation
}

// HeadResult is what of a Result is the same for all users together.
type HeadResult struct {
	Part    string             `json:"part"`
	Means   map[string]float64 `json:"means"`
	Overall map[string]float64 `json:"overall,omitempty"`
	Users   int                `json:"users"`
	Skipped int                `json:"skipped"`
}

// Finishes reports the same as Record.Finishes.
func (h *Head) Finishes() bool { return h.Status == Done && h.Schema == Schema }

// Wall is the time from start to end.
func (h *Head) Wall() time.Duration { return h.Finished.Sub(h.Started) }

// Result is the result of a part; nil when the trial has none.
func (h *Head) Result(part string) *HeadResult {
	for i := range h.Results {
		if h.Results[i].Part == part {
			return &h.Results[i]
		}
	}
	return nil
}

// Head is the record's.
func (r *Record) Head() Head {
	first, _, _ := strings.Cut(r.Error, "\n")
	h := Head{
		Schema: r.Schema, Status: r.Status, Error: first, Dataset: r.Dataset, Method: r.Method, Seed: r.Seed,
		Data:    HeadData{r.Data.Fingerprint, r.Data.Users, r.Data.Items, r.Data.Interactions, r.Data.Texts},
		Machine: HeadMachine{r.Environment.CPU, r.Environment.Cores, r.Environment.Jobs, r.Resources.Threads, r.Environment.Device},
		Learned: r.learned(), Started: r.Started, Finished: r.Finished, Times: r.Times,
		PeakRSS: r.PeakRSS(), PeakDevice: r.PeakDevice(), Ensemble: r.Ensemble, Kept: r.Model != nil,
	}
	for _, p := range r.Plugins {
		if p.Kind != "dataset" {
			h.Kind, h.Plugin, h.Params = p.Kind, p.Name, p.Params
		}
	}
	for _, res := range r.Results {
		h.Results = append(h.Results, HeadResult{res.Part, res.Means, res.Overall, res.Users, res.Skipped})
	}
	return h
}

func (r *Record) learned() (sum Learned) {
	for _, e := range r.Log {
		if e.Loss == nil {
			continue
		}
		sum.Epochs++
		sum.Steps += e.Steps
		sum.Tokens += e.Tokens
		sum.Seconds += e.Seconds
	}
	return sum
}
