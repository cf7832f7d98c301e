package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/sharedtest"
	"gopkg.in/yaml.v3"
)

// linkOf finds what a page links to or shows.
var linkOf = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// code is what a page shows as it is.
var code = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

// links are the files and anchors of the repository that a page leads to.
func links(t *testing.T, page string) (found []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range linkOf.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
		if !strings.Contains(m[1], "://") {
			found = append(found, m[1])
		}
	}
	return found
}

func TestTheIndexHasEveryPageAndEveryLinkLeadsSomewhere(t *testing.T) {
	root := sharedtest.Repository(t)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	index := links(t, filepath.Join(root, "docs", "README.md"))
	for _, page := range pages {
		name := filepath.Base(page)
		if name != "README.md" && !slices.ContainsFunc(index, func(l string) bool { return strings.HasPrefix(l, name) }) {
			t.Errorf("docs/README.md does not name %s", name)
		}
	}
	for _, page := range append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "ARCHITECTURE.md"), filepath.Join(root, "CONTRIBUTING.md"), filepath.Join(root, "CHANGELOG.md")) {
		for _, link := range links(t, page) {
			file, anchor, _ := strings.Cut(link, "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s leads to %s, which is not there", page, link)
			} else if anchor != "" && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s leads to %s: the page has no such heading", page, link)
			}
		}
	}
}

// anchors are those of a page's headings.
func anchors(t *testing.T, page string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	gone := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for line := range strings.SplitSeq(string(text), "\n") {
		if heading, is := strings.CutPrefix(line, "#"); is {
			heading = strings.TrimSpace(strings.TrimLeft(heading, "#"))
			all = append(all, strings.ReplaceAll(gone.ReplaceAllString(strings.ToLower(heading), ""), " ", "-"))
		}
	}
	return all
}

func TestPicturesAreSmallAndShown(t *testing.T) {
	root := sharedtest.Repository(t)
	index := links(t, filepath.Join(root, "docs", "README.md"))
	for _, pattern := range []string{"*.png", "*.svg"} {
		files, err := filepath.Glob(filepath.Join(root, "docs", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > 150_000 {
				t.Errorf("%s has %d bytes, more than 150,000", file, info.Size())
			}
			if !slices.Contains(index, filepath.Base(file)) {
				t.Errorf("docs/README.md does not name %s", filepath.Base(file))
			}
		}
	}
}

func TestTheCitationNamesThePaperAndTheSoftware(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(sharedtest.Repository(t), "CITATION.cff"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Version    string `yaml:"cff-version"`
		Title      string
		Message    string
		Authors    []map[string]string
		References []struct {
			Title   string
			Authors []map[string]string
			URL     string
		}
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	if c.Version != "1.2.0" || c.Title != "cllm4rec" || c.Message == "" || len(c.Authors) == 0 || len(c.References) != 1 || len(c.References[0].Authors) != 5 || !strings.HasSuffix(c.References[0].URL, "2311.01343") {
		t.Errorf("got %+v", c)
	}
}
