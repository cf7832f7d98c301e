package stage

import "time"

// Pace says when the next checkpoint is due. A nil Pace never does.
type Pace struct {
	// Every is the work that a kill may cost, about.
	Every time.Duration
	// Least is how many times as long as the last checkpoint took must lie between
	// it and the next; 0: any time.
	Least int
	last  time.Time
	took  time.Duration
}

// NewPace begins to count. Writing takes a twentieth of the time at most, but for
// whoever asks for less than a second. An every of 0 is nil: there are no checkpoints.
func NewPace(every time.Duration) *Pace {
	p := &Pace{Every: every, last: time.Now()}
	switch {
	case every == 0:
		return nil
	case every >= time.Second:
		p.Least = 20
	}
	return p
}

// Due reports whether it is time for a checkpoint.
func (p *Pace) Due() bool { return p != nil && time.Since(p.last) >= p.Interval() }

// Interval is the least time between two checkpoints.
func (p *Pace) Interval() time.Duration { return max(p.Every, time.Duration(p.Least)*p.took) }

// Write writes a checkpoint and begins to count anew.
func (p *Pace) Write(write func() error) error {
	start := time.Now()
	err := write()
	p.last = time.Now()
	p.took = p.last.Sub(start)
	return err
}
