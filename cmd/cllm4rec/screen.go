package main

import (
	"io"
	"sync"

	"github.com/vbauerster/mpb/v8"
)

// screen is stderr shared by log lines and progress bars: on a terminal a line
// goes above the bars.
type screen struct {
	mu   sync.Mutex
	out  io.Writer
	bars *mpb.Progress // nil without a terminal, and before the first bar
	live bool
}

func newScreen(out io.Writer, live bool) *screen { return &screen{out: out, live: live} }

// Write writes a log line.
func (s *screen) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bars != nil {
		return s.bars.Write(line)
	}
	return s.out.Write(line)
}

// Bars is where bars are drawn; nil without a terminal.
func (s *screen) Bars() *mpb.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live && s.bars == nil {
		s.bars = mpb.New(mpb.WithOutput(file(s.out)), mpb.WithWidth(24))
	}
	return s.bars
}

// Close draws the last state; later lines go straight to stderr.
func (s *screen) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bars != nil {
		s.bars.Shutdown()
		s.bars = nil
	}
}
