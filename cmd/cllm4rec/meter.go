package main

import (
	"fmt"
	"math"
	"sync"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/progress"

	"github.com/rs/zerolog"
)

// lineEvery is the least time between two progress lines without a terminal.
const lineEvery = 10 * time.Second

// meter shows the progress of one piece of work that is no trial: a line on a terminal, else
// log lines.
type meter struct {
	log   zerolog.Logger
	title string
	live  bool

	mu    sync.Mutex
	last  contract.Progress
	stage string
	since time.Time // start of the stage
	shown time.Time // of the last line
	over  bool
}

func (a *app) newMeter(title string) *meter {
	m := &meter{log: a.log, title: title, live: a.screen.live, shown: time.Now(), since: time.Now()}
	a.screen.Show(m.lines)
	return m
}

// report takes progress; it must not wait for the screen.
func (m *meter) report(p contract.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if p.Stage != m.stage {
		m.stage, m.since = p.Stage, now
	}
	m.last = p
	if !m.live && now.Sub(m.shown) >= lineEvery {
		m.shown = now
		m.log.Info().Msg(m.title + ": " + describe(p, now.Sub(m.since)))
	}
}

// lines are what a terminal shows.
func (m *meter) lines(width int) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return nil
	}
	return []string{progress.Bar(m.title, share(m.last), describe(m.last, time.Since(m.since)), width)}
}

// share is what is done of the whole; 0 when that is not known.
func share(p contract.Progress) float64 {
	if p.Total <= 0 {
		return 0
	}
	return min(1, float64(p.Done)/float64(p.Total))
}

func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
}

// describe is a line such as "pretrain: 30 of 120 steps, loss 3.21, 5300 tokens/s".
func describe(p contract.Progress, since time.Duration) string {
	text := p.Stage
	if p.Unit != "" {
		text += ": " + amount(p)
	}
	if !math.IsNaN(p.Loss) && p.Loss != 0 {
		text += fmt.Sprintf(", loss %.4g", p.Loss)
	}
	if p.Tokens > 0 && since > 100*time.Millisecond {
		text += fmt.Sprintf(", %.0f tokens/s", float64(p.Tokens)/since.Seconds())
	}
	return text
}

// amount is such as "30 of 120 examples" or "30 examples".
func amount(p contract.Progress) string {
	if p.Total > 0 {
		return fmt.Sprintf("%d of %s", p.Done, counted(int(p.Total), p.Unit))
	}
	return counted(int(p.Done), p.Unit)
}
