package estimate

import (
	"encoding/json"
	"fmt"

	"cllm4rec/core/record"
)

// Observation is what a trial took, or a part of one.
type Observation struct {
	Kind, Plugin    string
	Dataset, Method string // of a record
	At              Sizes
	Start           float64 // seconds until a plugin can train
	Train, Rank     float64 // seconds
	Memory          int64   // peak of the processes, in bytes; 0 is unknown
	origin          origin
	Source          string // where the figures come from
}

// origin ranks observations: the first ones are preferred.
type origin int

const (
	fromRow       origin = iota // records of the same row on the same data set
	fromProbe                   // on the data and the settings that were asked about
	fromMachine                 // records of the same plugin on this machine
	fromElsewhere               // records of the same plugin on another machine
	fromDocument
)

// Recorded is what a finished record observed. here is the machine that estimates are for.
func Recorded(h record.Head, here record.Environment) (Observation, bool) {
	if !h.Finishes() || h.Kind == "" {
		return Observation{}, false
	}
	o := Observation{
		Kind: h.Kind, Plugin: h.Plugin, Dataset: h.Dataset, Method: h.Method,
		At: Sizes{
			Users: h.Data.Users, Items: h.Data.Items, Interactions: h.Data.Interactions,
			Epochs: h.Learned.Epochs, Tokens: float64(h.Learned.Tokens), Params: Numbers(h.Params),
		},
		Start: h.Times.Start, Train: h.Times.Train, Rank: h.Times.Rank, Memory: h.PeakRSS, origin: fromMachine,
		Source: fmt.Sprintf("a record of %s on %s", h.Method, h.Dataset),
	}
	if h.Machine.CPU != here.CPU || h.Machine.Cores != here.Cores {
		o.origin, o.Source = fromElsewhere, o.Source+" on another machine"
	}
	return o, true
}

// Probed marks an observation as a probe of a case: short training on a part of its data.
func (o Observation) Probed(source string) Observation {
	o.origin, o.Source = fromProbe, source
	return o
}

// documents are what the documents observed of a plugin.
func documents(kind, plugin string) (all []Observation) {
	for _, d := range rateOf(kind, plugin).seen {
		all = append(all, Observation{
			Kind: kind, Plugin: plugin, At: d.at, Train: d.train, Rank: d.rank, Memory: int64(d.peak * (1 << 20)),
			origin: fromDocument, Source: d.where,
		})
	}
	return all
}

// Numbers are the numeric parameters of a plugin, by name.
func Numbers(params json.RawMessage) map[string]float64 {
	var all map[string]any
	if json.Unmarshal(params, &all) != nil {
		return nil
	}
	numbers := map[string]float64{}
	for name, v := range all {
		if n, is := v.(float64); is {
			numbers[name] = n
		}
	}
	return numbers
}
