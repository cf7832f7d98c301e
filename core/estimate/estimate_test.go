package estimate

import (
	"math"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/record"
)

// here is the machine of the tests.
var here = record.Environment{CPU: "this", Cores: 2}

// head is a record of EASE on a data set with so many items, which took so many seconds.
func head(method string, items int, seconds float64, cpu string) record.Head {
	return record.Head{
		Schema: record.Schema, Status: record.Done, Dataset: "D", Method: method, Kind: "recommender", Plugin: "ease",
		Data: record.HeadData{Users: 100, Items: items, Interactions: 1000}, Machine: record.HeadMachine{CPU: cpu, Cores: 2},
		Times: record.Times{Start: .5, Train: seconds, Rank: 1}, PeakRSS: 64 << 20,
	}
}

func estimator(t *testing.T, heads ...record.Head) *Estimator {
	t.Helper()
	var seen []Observation
	for _, h := range heads {
		o, ok := Recorded(h, here)
		if !ok {
			t.Fatalf("%+v observed nothing", h)
		}
		seen = append(seen, o)
	}
	return New(seen)
}

// ease asks for EASE with so many items.
func ease(items int) Case {
	return Case{Kind: "recommender", Plugin: "ease", Dataset: "D", Method: "EASE", At: Sizes{Users: 100, Items: items, Interactions: 1000}, Shape: Shape{Depth: 100, Parts: 2}}
}

func TestTheNearestObservationIsTakenAndItsSourceIsNamed(t *testing.T) {
	own, tuned := head("EASE", 50, 2, "this"), head("EASE", 50, 4, "this")
	large, elsewhere := head("Other", 100, 8, "this"), head("EASE", 50, 90, "that")
	probe, _ := Recorded(head("EASE", 50, 3, "this"), here)
	for _, c := range []struct {
		name   string
		e      *Estimator
		want   float64 // seconds
		source string
	}{
		{"its own records", estimator(t, own, tuned, large, elsewhere), 1.5 + 3, "the mean of 2 of its own records"},
		// The work of EASE is items^3: half the items are an eighth; ranking is users x items.
		{"a record of another row", estimator(t, large, elsewhere), .5 + 8.0/8 + .5, "a record of Other on D, 0.12 times the work"},
		{"another machine", estimator(t, elsewhere), .5 + 90 + 1, "a record of EASE on D on another machine"},
		{"a probe", New(append(estimator(t, large).seen, probe.Probed("a probe on 10 of 100 users"))), .5 + 3 + 1, "a probe on 10 of 100 users"},
	} {
		got := c.e.Of(ease(50)).Time
		if !got.Known || math.Abs(got.Value-c.want) > 1e-9 || got.Source != c.source {
			t.Errorf("%s: got %+v, want %v from %q", c.name, got, c.want, c.source)
		}
	}
}

func TestARecordOfNextToNoWorkSaysLessThanADocument(t *testing.T) {
	const all = 6086 // the items of the documents' Beauty; work is items^3
	for items, taken := range map[int]bool{60: false, 600: false, 700: true} {
		got := estimator(t, head("Other", items, .25, "this")).Of(ease(all)).Time
		if got.Source == "" || strings.HasPrefix(got.Source, "a record of Other") != taken {
			t.Errorf("a record of %d items: the source is %q", items, got.Source)
		}
	}
}

func TestMemoryIsTheHighestOfItsOwnRecords(t *testing.T) {
	small, large := head("EASE", 50, 2, "this"), head("EASE", 50, 2, "this")
	large.PeakRSS = 80 << 20
	for _, e := range []*Estimator{estimator(t, small, large), estimator(t, large, small)} {
		if got := e.Of(ease(50)).Memory; got.Value != 80<<20 || got.Rough {
			t.Errorf("got %+v", got)
		}
	}
}

func TestARecordOfARowThatTrainedForOtherEpochsIsScaled(t *testing.T) {
	short := head("SASRec", 50, 2, "this")
	short.Plugin, short.Learned.Epochs = "sasrec", 3
	c := ease(50)
	c.Plugin, c.Method, c.At.Epochs = "sasrec", "SASRec", 60
	if got := estimator(t, short).Of(c).Time; got.Value != .5+2*20+1 || got.Source != "a record of SASRec on D, 20 times the work" {
		t.Errorf("got %+v", got)
	}
	if c.AtMost = true; estimator(t, short).Of(c).Time.Source != "the mean of 1 of its own records" {
		t.Error("a training that stopped early is not taken for one of the row")
	}
	if c.At.Epochs = 1; estimator(t, short).Of(c).Time.Source == "the mean of 1 of its own records" {
		t.Error("a longer training is taken for one of the row")
	}
}

func TestDocumentsGiveTimesWithoutARecord(t *testing.T) {
	c := ease(2 * 6086)
	c.At.Users, c.At.Interactions = 10553, 70614
	got := New(nil).Of(c).Time // the nearer document is that of 12,101 items
	if want := 32*math.Pow(12172.0/12101, 3) + 3.11*10553/22363*12172/12101; math.Abs(got.Value-want) > 1e-6 || !strings.HasPrefix(got.Source, "docs/results.md, leave-one-out Beauty") {
		t.Errorf("got %+v, want %v", got, want)
	}
}

func TestWhatIsUnknownSaysHowToKnowIt(t *testing.T) {
	c := ease(50)
	c.Plugin = "of somebody else"
	got := New(nil).Of(c)
	for _, f := range []Figure{got.Time, got.Memory} {
		if f.Known || !strings.Contains(f.Source, "--probe") || f.Words(Seconds) != "unknown" {
			t.Errorf("got %+v", f)
		}
	}
}

func TestMemoryOfClosedFormsIsThatOfTheDocumentsWithinAThird(t *testing.T) {
	for name, r := range recommenders {
		for _, d := range r.seen {
			if r.matrices == 0 {
				continue
			}
			c := Case{Kind: "recommender", Plugin: name, At: d.at}
			if got := New(nil).Of(c).Memory.Value / (1 << 20); got < d.peak*.75 || got > d.peak*4/3 {
				t.Errorf("%s on %d items: %.0f MiB, documented %.0f", name, d.at.Items, got, d.peak)
			}
		}
	}
}

// The peak of a step of GPT-2 small's shape, collaborative tower, 8 x 128 tokens, with the
// users and items of the paper's Beauty, is 1,842 MiB in docs/performance.md.
func TestMemoryOfAPipelineIsThatOfTheDocumentsWithinAThird(t *testing.T) {
	c := Case{Kind: "backbone", Plugin: "gpt2", At: beauty, Shape: Shape{Weights: 124e6 * 4, Hidden: 768, Layers: 12, Towers: 1, MicroBatch: 1024}}
	f := New(nil).Of(c).Memory
	if got := f.Value / (1 << 20); got < 1842*.75 || got > 1842*4.0/3 || !strings.Contains(f.Source, "activations 612 MiB") {
		t.Errorf("%.0f MiB, from %s", got, f.Source)
	}
}

func TestAtPaperScaleItIsDays(t *testing.T) {
	c := Case{Kind: "backbone", Plugin: "gpt2", At: Sizes{Tokens: 380 * 86400 * 12, Parameters: 124e6}}
	if got := New(nil).Of(c).Time; got.Words(Seconds) != "12 days" || got.Source != "docs/performance.md, GPT-2 small, 380 tokens/s, 1e+06 times the work" {
		t.Errorf("got %s from %s", got.Words(Seconds), got.Source)
	}
}

func TestTheSumKnowsHowManyRunAtATime(t *testing.T) {
	each := func(seconds, memory float64) Estimate {
		return Estimate{Time: Figure{Known: true, Value: seconds}, Memory: Figure{Known: true, Value: memory}, Disk: Figure{Known: true, Value: 7}}
	}
	got := Sum([]Estimate{each(10, 1), each(2, 5), each(3, 2), each(4, 4), {}}, 2)
	// One worker has 10 seconds, the other 2 + 3 + 4.
	if want := (Total{Trials: 5, Unknown: 1, Unsized: 1, Work: 19 * time.Second, Wall: 10 * time.Second, Memory: 9, Disk: 28}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAnUnknownFactorCountsAsEqual(t *testing.T) {
	w := work{"interactions", "epochs", "1/users", "dim"}
	of, to := Sizes{Interactions: 20, Epochs: 9, Users: 4, Params: map[string]float64{"dim": 3}}, Sizes{Interactions: 5, Users: 2, Params: map[string]float64{"dim": 1}}
	if got := w.ratio(of, to); got != 4/2*3 {
		t.Errorf("got %v", got)
	}
}
