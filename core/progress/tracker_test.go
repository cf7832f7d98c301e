package progress

import (
	"math/rand/v2"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time       { return c.at }
func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func tracked() (*Tracker, *clock) {
	c := &clock{time.Unix(0, 0)}
	return newTracker(c.now), c
}

func TestTheShareIsOfTheWholeTrialAndNeverFalls(t *testing.T) {
	tracker, c := tracked()
	tracker.Plan(Work{Kind: "rank", Total: 300, Weight: RankWeight})
	r, last := rand.New(rand.NewPCG(1, 2)), 0.0
	for pass := range 10 {
		for docs := 0; docs <= 90; docs += 10 {
			c.pass(time.Second)
			tracker.Advance(Work{Kind: "next_item", Done: float64(pass*90 + docs), Total: 900, Weight: 1})
			tracker.Report(contract.Progress{Stage: "pretrain", Done: int64(docs), Total: 90})
			if r.IntN(5) == 0 { // work that is done once more, as after a checkpoint that cannot be read
				tracker.Advance(Work{Kind: "next_item", Done: 0, Total: 900, Weight: 1})
			}
			s := tracker.Snapshot()
			if s.Share < last || s.Share > .9+1e-9 {
				t.Fatalf("pass %d, %d documents: %v after %v", pass, docs, s.Share, last)
			}
			last = s.Share
		}
	}
	tracker.Reach("rank", 300)
	if s := tracker.Snapshot(); s.Share != 1 {
		t.Errorf("got %v", s.Share)
	}
}

func TestTrainingThatEndsEarlyJumpsForward(t *testing.T) {
	tracker, c := tracked()
	tracker.Plan(Work{Kind: "train", Total: 900, Weight: 1}, Work{Kind: "rank", Total: 300, Weight: RankWeight})
	c.pass(10 * time.Second)
	tracker.Reach("train", 450)
	if s := tracker.Snapshot(); s.Share != .45 {
		t.Errorf("got %v", s.Share)
	}
	tracker.CompleteBut("rank")
	if s := tracker.Snapshot(); s.Share != .9 {
		t.Errorf("got %v", s.Share)
	}
}

func TestWhatIsLeftGoesByTheRateOfEachKind(t *testing.T) {
	tracker, c := tracked()
	tracker.Plan(Work{Kind: "words", Done: 50, Total: 100, Weight: 1}, Work{Kind: "items", Total: 100, Weight: 1}, Work{Kind: "rank", Total: 30, Weight: 1})
	if s := tracker.Snapshot(); s.Left.Known {
		t.Errorf("nothing is known before work is done, got %v", s.Left)
	}
	c.pass(10 * time.Second)
	tracker.Reach("words", 60) // a second each; 50 of an earlier process took none of this one's time
	c.pass(5 * time.Second)
	tracker.Reach("items", 50) // a tenth of a second each
	// 40 words, 50 items, and 30 users at the mean of 15 seconds for 60 documents.
	if got, want := tracker.Snapshot().Left.Time, 40*time.Second+5*time.Second+7500*time.Millisecond; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	c.pass(2 * time.Second)
	if got, want := tracker.Snapshot().Left.Time, 50500*time.Millisecond; got != want {
		t.Errorf("two seconds later: got %v, want %v", got, want)
	}
}

func TestASnapshotHasScoresAndTokensOfTheStage(t *testing.T) {
	tracker, c := tracked()
	tracker.Report(contract.Progress{Stage: "a", Tokens: 5})
	c.pass(time.Second)
	tracker.Report(contract.Progress{Stage: "b", Loss: 2.5})
	c.pass(2 * time.Second)
	tracker.Report(contract.Progress{Stage: "b", Tokens: 500, Loss: 2.25})
	tracker.Scored(.3, .4)
	s := tracker.Snapshot()
	if s.Rate != 250 || *s.Loss != 2.25 || *s.Score != .3 || *s.Best != .4 || s.Elapsed != 3*time.Second {
		t.Errorf("got %+v", s)
	}
}
