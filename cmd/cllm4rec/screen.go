package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"
)

// drawEvery is the time between two drawings of progress.
const drawEvery = 200 * time.Millisecond

// screen is stderr shared by log lines and progress: on a terminal a line goes above the
// progress, which is drawn anew in place.
type screen struct {
	mu    sync.Mutex
	out   io.Writer
	live  bool
	size  func() (width, height int)
	shows []func(width int) []string // what makes the lines of progress
	drawn []string                   // the lines that stand there
	stop  chan struct{}
	over  sync.WaitGroup
}

func newScreen(out io.Writer, live bool) *screen {
	return &screen{out: out, live: live, size: func() (int, int) { return terminalSize(out) }}
}

// terminalSize is 80 by 24 where it is not known.
func terminalSize(w io.Writer) (width, height int) {
	if f, ok := w.(interface{ Fd() uintptr }); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return 80, 24
}

// canMove reports whether the cursor of the terminal behind a writer can be moved.
func canMove(w io.Writer) bool { return isTerminal(w) && os.Getenv("TERM") != "dumb" }

// coloured reports whether colours are wanted where a writer shows (https://no-color.org).
func coloured(w io.Writer) bool { return canMove(w) && os.Getenv("NO_COLOR") == "" }

// Write writes a log line.
func (s *screen) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	standing := s.drawn
	if len(standing) == 0 {
		return s.out.Write(line)
	}
	s.put(s.erasing() + string(line) + joined(standing))
	s.drawn = standing
	return len(line), nil
}

// Show draws lines on a terminal again and again until Close; elsewhere it does nothing. A
// line has at most the width that it is asked for.
func (s *screen) Show(lines func(width int) []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		return
	}
	s.shows = append(s.shows, lines)
	if s.stop == nil {
		s.stop = make(chan struct{})
		s.over.Add(1)
		go s.drawing(s.stop)
	}
}

func (s *screen) drawing(stop <-chan struct{}) {
	defer s.over.Done()
	tick := time.NewTicker(drawEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			s.draw()
		}
	}
}

// draw puts the lines of the moment in the place of those that stand there.
func (s *screen) draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	width, height := s.size()
	var lines []string
	for _, show := range s.shows {
		lines = append(lines, show(width-1)...) // a full line would leave the cursor at its end
	}
	if most := max(1, height-1); len(lines) > most { // what has scrolled away cannot be drawn anew
		lines = append(lines[:most-1], fmt.Sprintf("and %d more", len(lines)-most+1))
	}
	if slices.Equal(lines, s.drawn) {
		return
	}
	s.put(s.erasing() + joined(lines))
	s.drawn = lines
}

// erasing clears the lines that stand there and goes to the first of them. Where the terminal
// was made narrower since, it has wrapped them. Each row is cleared by itself: tmux takes a
// clearing of all that is below for one of the screen, and keeps what was there in its history.
func (s *screen) erasing() string {
	width, _ := s.size()
	rows := 0
	for _, line := range s.drawn {
		rows += max(1, (displaywidth.String(line)+width-1)/width)
	}
	if rows == 0 {
		return ""
	}
	up := fmt.Sprintf("\r\x1b[%dA", rows)
	return up + strings.Repeat("\x1b[K\x1b[B", rows) + up
}

func joined(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// put writes at once, so that no half drawn state is seen. A terminal that has gone shows
// nothing, and the work goes on.
func (s *screen) put(text string) {
	_, _ = io.WriteString(s.out, text)
	s.drawn = nil
}

// Close takes the progress away; later lines go straight to stderr.
func (s *screen) Close() {
	s.mu.Lock()
	stop := s.stop
	s.stop, s.shows = nil, nil
	s.mu.Unlock()
	if stop != nil {
		close(stop)
		s.over.Wait()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.drawn) > 0 {
		s.put(s.erasing())
	}
}

// During changes what is shown while nothing is drawn.
func (s *screen) During(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}
