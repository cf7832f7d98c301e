package progress

import (
	"testing"
	"time"
)

func TestAnExperimentCountsAndEstimatesByItsOwnTrials(t *testing.T) {
	e := NewExperiment(2)
	ease, sas, yelp := Row{Dataset: "Beauty", Method: "EASE"}, Row{Dataset: "Beauty", Method: "SASRec"}, Row{Dataset: "Yelp", Method: "SASRec"}
	for _, r := range []Row{ease, sas, yelp} {
		e.Plan(r, 3)
	}
	if s := e.State(nil); s.Left.Known || s.Total != 9 {
		t.Errorf("nothing is known yet, got %+v", s)
	}
	e.Finished(ease, 10*time.Second)
	e.Finished(ease, 20*time.Second)
	s := e.State(nil)
	if s.Left != (Left{Known: true, Time: 7500 * time.Millisecond, AtLeast: true}) || s.Done != 2 {
		t.Errorf("only EASE is known: got %+v", s)
	}
	running := []Running{{Row: sas, Snapshot: Snapshot{Share: .5, Elapsed: 50 * time.Second, Left: Left{Known: true, Time: 50 * time.Second}}}}
	s = e.State(running)
	// One of EASE, 50 seconds of the one under way, and five others of SASRec as long as that one.
	if want := (15*time.Second + 50*time.Second + 5*100*time.Second) / 2; s.Left != (Left{Known: true, Time: want}) {
		t.Errorf("got %+v, want %v", s.Left, want)
	}
	if want := 2.5 / 9; s.Share != want || s.Running != 1 {
		t.Errorf("got %+v", s)
	}
}

func TestTheLongestTrialUnderWayIsNotShared(t *testing.T) {
	e := NewExperiment(4)
	row := Row{Method: "SASRec"}
	e.Plan(row, 1)
	s := e.State([]Running{{Row: row, Snapshot: Snapshot{Left: Left{Known: true, Time: time.Hour}}}})
	if s.Left.Time != time.Hour {
		t.Errorf("got %v", s.Left)
	}
}

func TestAFailedDataSetAndASearchThatEndsEarlyAreNoLongerAwaited(t *testing.T) {
	e := NewExperiment(1)
	search := Row{Dataset: "Beauty", Method: "EASE", Search: true}
	e.Plan(search, 20)
	e.Plan(Row{Dataset: "Yelp", Method: "EASE"}, 3)
	e.Finished(search, time.Second)
	e.Plan(search, 0)
	e.Lost("Yelp")
	if s := e.State(nil); s.Total != 4 || s.Failed != 3 || s.Done != 1 || s.Share != 1 || s.Left != (Left{Known: true}) {
		t.Errorf("got %+v", s)
	}
}
