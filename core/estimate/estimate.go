package estimate

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Case is a trial whose cost is asked for.
type Case struct {
	Kind, Plugin    string // "" for an ensemble
	Dataset, Method string
	At              Sizes
	AtMost          bool // training may stop before its last epoch
	Shape           Shape
}

// Shape is what decides memory and disk beside the sizes.
type Shape struct {
	Depth, Parts int   // items of a stored list, measured parts
	Weights      int64 // bytes of a language model's weights
	Hidden       int   // width of its embeddings; 0: not a pipeline
	Layers       int
	Towers       int
	MicroBatch   int64 // tokens of one forward and backward pass
}

// Figure is an estimated quantity. An unknown one has a Source that says how to know it.
type Figure struct {
	Known  bool
	Value  float64 // seconds or bytes
	AtMost bool
	Rough  bool // scaled from a trial of another size or another machine
	Source string
}

// And is the figure with that of what is done beside it, which has a name.
func (f Figure) And(beside Figure, name string) Figure {
	if !f.Known || !beside.Known {
		return f
	}
	f.Value, f.AtMost, f.Rough = f.Value+beside.Value, f.AtMost || beside.AtMost, f.Rough || beside.Rough
	f.Source += fmt.Sprintf("; that of %s from %s", name, beside.Source)
	return f
}

// Estimate is what a trial will take.
type Estimate struct {
	Time   Figure // seconds of wall clock, if it ran alone
	Memory Figure // bytes, of the plugins' processes
	Disk   Figure // bytes that stay
}

// Duration is the time; 0 when unknown.
func (e Estimate) Duration() time.Duration { return time.Duration(e.Time.Value * float64(time.Second)) }

// Estimator knows observations.
type Estimator struct{ seen []Observation }

// New makes an Estimator of records and probes. What the documents say is always known.
func New(seen []Observation) *Estimator { return &Estimator{seen} }

// Of estimates a case.
func (e *Estimator) Of(c Case) Estimate {
	memory, sure := c.shaped()
	if seen := e.remembered(c); !sure || seen.Known && !seen.Rough {
		memory = seen
	}
	return Estimate{Time: e.time(c), Memory: memory, Disk: c.disk()}
}

// unknown says how to know what neither a record nor a document tells.
const unknown = "there is neither a record nor a document; plan --probe measures a part"

// time scales the nearest observation.
func (e *Estimator) time(c Case) Figure {
	if c.Kind == "" {
		return Figure{Known: true, Source: "an ensemble reads rankings that are there"}
	}
	near := e.nearest(c)
	if len(near) == 0 {
		return Figure{Source: unknown}
	}
	if near[0].origin == fromRow {
		sum := 0.0
		for _, o := range near {
			sum += o.Start + o.Train + o.Rank
		}
		return Figure{Known: true, Value: sum / float64(len(near)), Source: fmt.Sprintf("the mean of %d of its own records", len(near))}
	}
	o := near[0]
	times := rateOf(c.Kind, c.Plugin).train.ratio(c.At, o.At)
	lists := work{"users", "items"}.ratio(c.At, o.At)
	f := Figure{Known: true, Value: o.Start + o.Train*times + o.Rank*lists, AtMost: c.AtMost, Rough: true, Source: o.Source}
	if fmt.Sprintf("%.2g", times) != "1" {
		f.Source += fmt.Sprintf(", %.2g times the work", times)
	}
	return f
}

// nearest are the observations of the best origin that there is: all of the same row, else
// the one whose work is most like the case's. One that is remote comes behind those that are not.
func (e *Estimator) nearest(c Case) []Observation {
	rate := rateOf(c.Kind, c.Plugin)
	var own, like []Observation
	for _, o := range slices.Concat(e.seen, documents(c.Kind, c.Plugin)) {
		switch {
		case o.Kind != c.Kind || o.Plugin != c.Plugin:
		case o.Dataset == c.Dataset && o.Method == c.Method && o.origin == fromMachine && sameSize(o.At, c.At) && c.asMuchWork(rate.train.ratio(c.At, o.At)):
			o.origin = fromRow
			own = append(own, o)
		case o.origin == fromDocument && o.At.Parameters > 0 && c.At.Parameters == 0: // any size of model may be meant
		case o.origin == fromProbe && (o.Dataset != c.Dataset || o.Method != c.Method):
		default:
			like = append(like, o)
		}
	}
	if len(own) > 0 || len(like) == 0 {
		return own
	}
	return []Observation{slices.MinFunc(like, func(a, b Observation) int {
		of, other := rate.distance(c.At, a.At), rate.distance(c.At, b.At)
		return cmp.Or(cmp.Compare(int(of/remote), int(other/remote)), cmp.Compare(a.origin, b.origin), cmp.Compare(of, other))
	})}
}

// remote is the distance from which on an observation says less than one of a worse origin
// that is not so far: the fraction of a second that a trial of a thousandth of the work took is
// no work.
var remote = far(1000)

// alike is how many times as much work two trials of a row may seem to be: tokens are
// estimated from texts, and records have those that there were.
const alike = 3

// asMuchWork reports whether the trial of a record, of which the case is so many times the
// work, may have been one of the case: with other epochs, or another language model, it was
// not. Training that may stop early may have had less.
func (c Case) asMuchWork(times float64) bool {
	return times > 1.0/alike && (times < alike || c.AtMost)
}

// sameSize reports whether two trials saw as many data; unknown counts are those of any.
func sameSize(a, b Sizes) bool {
	return b.Interactions == 0 || a.Users == b.Users && a.Items == b.Items && a.Interactions == b.Interactions
}
