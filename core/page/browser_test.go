package page

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cllm4rec/core/report/reporttest"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser opens a page in headless Chromium and watches what it asks for and complains about.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string
	faults   []string
}

func open(t *testing.T, page []byte, width int64) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: there is no chromium, in which pages are tried (Debian: apt-get install chromium)")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(2*time.Minute))
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	b := &browser{t: t, ctx: ctx}
	b.do(chromedp.EmulateViewport(width, 900))
	if err := chromedp.Listen(ctx, b.watch); err != nil {
		t.Fatal(err)
	}
	for _, enable := range []func() error{
		func() error { _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); return err },
		func() error { _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); return err },
		func() error { _, err := chromedp.Call(ctx, runtime.Enable, cdp.Empty{}); return err },
	} {
		if err := enable(); err != nil {
			t.Fatal(err)
		}
	}
	b.do(chromedp.Navigate("file://" + file))
	return b
}

func (b *browser) watch(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, fmt.Sprint(e.ExceptionDetails))
	case *log.EventEntryAdded:
		b.faults = append(b.faults, e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprint(e.Type, e.Args))
	}
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// set gives a control a value as its user does.
func (b *browser) set(id, value, event string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const c = document.getElementById(%q); c.value = %q; c.dispatchEvent(new Event(%q)); }`, id, value, event)))
}

// ask evaluates an expression to strings.
func (b *browser) ask(expression string) []string {
	b.t.Helper()
	answer, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return answer
}

func (b *browser) expect(expression string, want ...string) {
	b.t.Helper()
	if got := b.ask(expression); !slices.Equal(got, want) {
		b.t.Errorf("%s: got %q, want %q", expression, got, want)
	}
}

// quiet reports what the page asked for beside itself and what it complained about.
func (b *browser) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.requests) != 1 || len(b.faults) > 0 {
		b.t.Errorf("requests %q, faults %q", b.requests, b.faults)
	}
}

const (
	rowsOf   = `[...document.querySelectorAll("#d1-results tbody tr")].filter(r => !r.hidden).map(r => r.dataset.row)`
	figureOf = `[...document.querySelectorAll("#d1-differences figure")].filter(f => !f.hidden).map(f => f.dataset.metric)`
	kindOf   = `[...document.querySelectorAll("#d1-cost figure")].filter(f => !f.hidden).map(f => f.dataset.kind + ", " + f.dataset.metric)`
)

func TestAPageInABrowserSortsFiltersAndSwitchesWithoutANetwork(t *testing.T) {
	b := open(t, pageOfSmall(t), 1280)
	head := func(n int) string { return fmt.Sprintf("#d1-results thead th:nth-child(%d) button", n) }
	b.expect(rowsOf, "Method 1", "Method 2", "Method 3", "Method 4", "Method 5", "Published")
	values := `[...document.querySelectorAll("#d1-results tbody tr")].map(r => r.cells[1].dataset.sort)`
	b.do(chromedp.Click(head(2)))
	if got := b.ask(values); !slices.IsSortedFunc(got, func(x, y string) int { return strings.Compare(y, x) }) {
		t.Errorf("descending order %q", got)
	}
	b.do(chromedp.Click(head(2)))
	if got := b.ask(values); !slices.IsSorted(got) {
		t.Errorf("ascending order %q", got)
	}
	b.expect(`[document.querySelector("#d1-results th:nth-child(2)").getAttribute("aria-sort")]`, "ascending")
	b.do(chromedp.Click(head(1)))
	b.expect(rowsOf, "Method 1", "Method 2", "Method 3", "Method 4", "Method 5", "Published")

	b.do(chromedp.SendKeys("#filter", "OD 3"))
	b.expect(rowsOf, "Method 3")
	b.set("filter", "", "input")

	b.expect(figureOf, "recall@10")
	b.expect(kindOf, "training time, recall@10")
	b.set("metric", "ndcg@10", "change")
	b.expect(figureOf, "ndcg@10")
	b.do(chromedp.Click(`#d1-cost .kinds button:nth-child(2)`))
	b.expect(kindOf, "peak memory, ndcg@10")

	b.expect(`[document.querySelector("#d1-users svg").getAttribute("aria-label").split(".")[0]]`, "Method 3 against Method 1 in ndcg@10, user by user")
	b.do(chromedp.Evaluate[chromedp.Void](`{ const a = document.querySelector("#d1-users .a"); a.value = "3"; a.dispatchEvent(new Event("change")); }`))
	b.expect(`[document.querySelector("#d1-users svg").getAttribute("aria-label").split(".")[0]]`, "Method 3 against Method 4 in ndcg@10, user by user")
	counted := `[...document.querySelectorAll("#d1-users .bubble title")].map(t => parseInt(t.textContent)).reduce((a, b) => a + b, 0)`
	b.expect(`[String(`+counted+`)]`, "60")
	b.quiet()
}

// Whatever the width, only the areas that scroll by themselves are wider than the page.
func TestAPageFitsNarrowAndWideWindows(t *testing.T) {
	f := small
	f.Names = []string{reporttest.HostileName}
	page := written(t, f)
	for _, width := range []int64{400, 1280} {
		b := open(t, page, width)
		b.expect(`[String(document.documentElement.scrollWidth <= innerWidth)]`, "true")
		b.expect(`[...document.querySelectorAll("svg.figure")].filter(f => f.getBoundingClientRect().height > 4000).map(f => f.id)`)
		b.quiet()
	}
}

// In the dark no figure, table or text keeps the colours of paper: what is written is brighter
// than what is behind it.
func TestAPageIsDarkWhereTheSystemIs(t *testing.T) {
	b := open(t, pageOfSmall(t), 1280)
	const light = `(c => c.match(/\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b, 0))`
	const lights = `["body", "#d1-results td", "#d1-differences svg text", "#d1-users svg text", ".controls select"].map(q => { const e = document.querySelector(q), s = getComputedStyle(e); return q + (` + light + `(e.ownerSVGElement ? s.fill : s.color) > 384 ? " light" : " dark"); })`
	const behind = `[` + light + `(getComputedStyle(document.body).backgroundColor) > 384 ? "light" : "dark"]`
	for scheme, want := range map[string][2]string{"light": {"light", "dark"}, "dark": {"dark", "light"}} {
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
			t.Fatal(err)
		}
		b.expect(behind, want[0])
		for _, text := range b.ask(lights) {
			if !strings.HasSuffix(text, " "+want[1]) {
				t.Errorf("%s: %s", scheme, text)
			}
		}
	}
	b.quiet()
}
