package page

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"
	"cllm4rec/core/report/reporttest"

	"golang.org/x/sys/unix"
)

// written is the page of an invented folder.
func written(t testing.TB, f reporttest.Folder) []byte {
	t.Helper()
	dir := t.TempDir()
	plan, err := f.Write(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	store, err := record.View(dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := report.Detail(plan, store, report.DetailOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, d, Options{Folder: "runs/invented"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var small = reporttest.Folder{Datasets: 2, Methods: 5, Seeds: 2, Users: 60, Items: 40, Depth: 10, Epochs: 6, Tried: 8}

// smallPage is written once for the tests that only look at it.
var smallPage []byte

func pageOfSmall(t testing.TB) []byte {
	t.Helper()
	if smallPage == nil {
		smallPage = written(t, small)
	}
	return smallPage
}

func TestAPageAsksForNothingOutsideOfItself(t *testing.T) {
	page := string(pageOfSmall(t))
	for _, never := range []string{"src=", "@import", "url(", "<link", "<iframe", "fetch(", "XMLHttpRequest", "https://"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if n := strings.Count(strings.ReplaceAll(page, `"http://www.w3.org/2000/svg"`, ""), "http://"); n > 0 {
		t.Errorf("the page names %d addresses", n)
	}
	for _, want := range []string{"default-src 'none'", "Method 1", "Method 5", "Data 2", "Differences to Method 1", "Accuracy against cost", "By popularity of the items", "By activity of the users",
		"collaborative tower: loss", "Every pair", "User by user", "Searches", "One setting varied", "By params.lambda", "Settings in which rows differ", "Title &lt;", "finetune: validation", "Published", "a paper", "cllm4rec run invented.yaml --out runs/invented", "Test CPU", "family0"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestThePageOfTheSameRecordsIsTheSame(t *testing.T) {
	if one, other := pageOfSmall(t), written(t, small); !bytes.Equal(one, other) {
		t.Error("two pages of the same records differ")
	}
}

func TestNamesAreTextAndNeverMarkup(t *testing.T) {
	f := small
	f.Names = []string{reporttest.HostileName, "x' onclick='alert(1)", "{{template}}"}
	page := string(written(t, f))
	data := regexp.MustCompile(`<script type="application/json" class="users">[^<]*</script>`) // no markup begins in it
	if n := len(data.FindAllString(page, -1)); n != f.Datasets {
		t.Errorf("%d blocks of data, want %d", n, f.Datasets)
	}
	page = data.ReplaceAllString(page, "")
	for _, never := range []string{"<img", "\u202e", "\a", "onclick='", `onerror=alert(1)>"`} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if n := strings.Count(page, "</script>"); n != 1 {
		t.Errorf("%d scripts end", n)
	}
}

func TestEveryNameOnAPageIsUsedOnceAndEveryLinkLeadsSomewhere(t *testing.T) {
	page := string(pageOfSmall(t))
	seen := map[string]bool{}
	for _, part := range strings.Split(page, ` id="`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		if seen[id] {
			t.Errorf("the name %q is given twice", id)
		}
		seen[id] = true
	}
	for _, before := range []string{`href="#`, `aria-labelledby="`, ` for="`} {
		for _, part := range strings.Split(page, before)[1:] {
			names, _, _ := strings.Cut(part, `"`)
			for _, id := range strings.Fields(names) {
				if !seen[id] {
					t.Errorf("%s%s leads nowhere", before, id)
				}
			}
		}
	}
}

// A page of 300 trials of 22,000 users on 5 data sets. The goal is 5 s on two cores and 3 MB. CLLM4REC_PAGE=FILE
// keeps the page; CLLM4REC_PAGE_FOLDER=DIR keeps the folder, and takes it up again.
func BenchmarkPage(b *testing.B) {
	store, plan := largeFolder(b)
	before := processorTime(b)
	for b.Loop() {
		d, err := report.Detail(plan, store, report.DetailOptions{})
		if err != nil {
			b.Fatal(err)
		}
		var out bytes.Buffer
		if err := Write(&out, d, Options{}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(out.Len())/1e6, "MB")
		if keep := os.Getenv("CLLM4REC_PAGE"); keep != "" {
			if err := os.WriteFile(filepath.Clean(keep), out.Bytes(), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric((processorTime(b)-before)/float64(b.N), "cpu-s/op")
}

func largeFolder(b *testing.B) (*record.Store, *experiment.Plan) {
	b.Helper()
	dir, plan := os.Getenv("CLLM4REC_PAGE_FOLDER"), &experiment.Plan{}
	if dir == "" {
		dir = b.TempDir()
	}
	store, err := record.View(dir)
	if err == nil {
		var file record.PlanFile
		if file, err = store.FindPlan(""); err == nil {
			err = file.Load(plan)
		}
	} else if plan, err = (reporttest.Folder{Datasets: 5, Methods: 20, Seeds: 3, Users: 22000, Items: 12000, Depth: 20, Epochs: 30, Tried: 20}).Write(context.Background(), dir); err == nil {
		store, err = record.View(dir)
	}
	if err != nil {
		b.Fatal(err)
	}
	return store, plan
}

// processorTime is what this process has computed so far, in seconds.
func processorTime(b *testing.B) float64 {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
