package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/printable"
	"cllm4rec/core/record"
	"cllm4rec/core/run"

	"github.com/rs/zerolog"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// lineEvery is the least time between two progress lines without a terminal.
const lineEvery = 10 * time.Second

// watch shows how a run goes: bars on a terminal, else log lines.
type watch struct {
	log    zerolog.Logger
	screen *screen
	meters map[string]*meter // of the trials under way, by their keys
}

func (a *app) newWatch() *watch {
	return &watch{log: a.log, screen: a.screen, meters: map[string]*meter{}}
}

func (w *watch) Note(text string) { w.log.Info().Msg(text) }

// Reading tells every few seconds how far the reading is.
func (w *watch) Reading(dataset string) contract.OnProgress {
	w.log.Info().Msg("reading data set " + printable.Line(dataset))
	m := &meter{log: w.log, title: printable.Line(dataset), shown: time.Now()}
	return m.report
}

func (w *watch) Cached(e run.Event) {
	w.event(w.log.Info(), e).Msg("finished earlier")
}

func (w *watch) Started(e run.Event) contract.OnProgress {
	w.event(w.log.Info(), e).Msg("started")
	m := w.newMeter(fmt.Sprintf("%d/%d %s", e.Number, e.Total, e.Method))
	w.meters[e.Trial.Key] = m
	return m.report
}

func (w *watch) Ended(e run.Event, rec *record.Record) {
	w.meters[e.Trial.Key].end()
	delete(w.meters, e.Trial.Key)
	if rec.Status == record.Failed {
		w.event(w.log.Error(), e).Msg("failed: " + printable.Text(rec.Error))
		return
	}
	line := w.event(w.log.Info(), e).Str("train", took(rec.Times.Train)).Str("rank", took(rec.Times.Rank))
	if r := cmp.Or(rec.Result(string(contract.PartTest)), rec.Result(string(contract.PartValidation))); r != nil {
		for _, metric := range slices.Sorted(maps.Keys(r.Means)) {
			line = line.Str(metric, fmt.Sprintf("%.4f", r.Means[metric]))
		}
	}
	line.Msg("finished")
}

func (w *watch) Unreadable(dataset string, trials int, why error) {
	w.log.Error().Str("data", dataset).Int("trials", trials).Msg("failed: " + printable.Text(why.Error()))
}

func (w *watch) event(line *zerolog.Event, e run.Event) *zerolog.Event {
	return line.Str("trial", fmt.Sprintf("%d/%d", e.Number, e.Total)).Str("method", e.Method).Str("data", e.Dataset).Uint64("seed", e.Trial.Seed)
}

func took(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Millisecond).String()
}

// meter shows the progress of one piece of work. Calls are not concurrent,
// except that the bar reads text.
type meter struct {
	log   zerolog.Logger
	title string
	bar   *mpb.Bar
	texts chan string // the latest line beside the bar
	stage string
	since time.Time // start of the stage
	shown time.Time // of the last line
}

func (w *watch) newMeter(title string) *meter {
	m := &meter{log: w.log, title: title, texts: make(chan string, 1), shown: time.Now()}
	if bars := w.screen.Bars(); bars != nil {
		last := ""
		m.bar = bars.AddBar(0, mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(title, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.Percentage(decor.WCSyncSpace), decor.Any(func(decor.Statistics) string {
				select {
				case last = <-m.texts:
				default:
				}
				return "  " + last
			})))
	}
	return m
}

// report takes progress; it must not wait for the screen.
func (m *meter) report(p contract.Progress) {
	now := time.Now()
	fresh := p.Stage != m.stage
	if fresh {
		m.stage, m.since = p.Stage, now
	}
	text := describe(p, now.Sub(m.since))
	switch {
	case m.bar != nil:
		m.draw(p, text)
	case now.Sub(m.shown) >= lineEvery:
		m.shown = now
		m.log.Info().Msg(m.title + ": " + text)
	}
}

// draw moves the bar, which stays empty while the total is unknown.
func (m *meter) draw(p contract.Progress, text string) {
	total, done := int64(1), int64(0)
	if p.Total > 0 {
		total, done = max(p.Total, p.Done+1), p.Done
	}
	m.bar.SetTotal(total, false)
	m.bar.SetCurrent(done)
	select { // replace an older text that was not drawn
	case <-m.texts:
	default:
	}
	select {
	case m.texts <- text:
	default:
	}
}

func (m *meter) end() {
	if m.bar != nil {
		m.bar.Abort(true)
		m.bar.Wait()
	}
}

// describe is a line such as "pretrain 2/10, content tower: 30 of 120 examples, loss 3.21, 5300 tokens/s".
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
