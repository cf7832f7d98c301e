// Package experiments holds the worked examples; its test validates every one.
package experiments

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/manifest"
	"cllm4rec/core/pyenv"
	"cllm4rec/core/run"
	"cllm4rec/core/sharedtest"
)

// plugins starts from the folder of plugins that CLLM4REC_BUILT names, as `make test`
// does after it has built them, or builds every plugin of the repository.
func plugins(t *testing.T) *run.Host {
	t.Helper()
	dir := os.Getenv("CLLM4REC_BUILT")
	if dir == "" {
		dir = built(t)
	}
	dirs := []string{dir}
	for _, m := range folders(t) {
		dirs = append(dirs, m.Dir())
	}
	h, err := host.Open(host.Options{Dirs: dirs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	known, err := run.NewHost(h)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// folders are the plugins that are no binaries.
func folders(t *testing.T) []*manifest.Manifest {
	t.Helper()
	paths, err := filepath.Glob("../plugins/*/*/" + manifest.File)
	if err != nil {
		t.Fatal(err)
	}
	var all []*manifest.Manifest
	for _, path := range paths {
		m, err := manifest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// needsInstalled skips a test of a text that names a recommender plugin whose environment
// nobody has made.
func needsInstalled(t *testing.T, text string) {
	t.Helper()
	for _, m := range folders(t) {
		if named, _ := regexp.MatchString(`recommender: *{[^}]*plugin: *`+m.Name+`\b|recommender:\s+plugin: *`+m.Name+`\b`, text); !named {
			continue
		}
		if _, err := pyenv.Open(m); err != nil {
			t.Skipf("NOT PROVED HERE: that this is valid; %v", err)
		}
	}
}

func built(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, kind := range []string{"backbones", "datasets", "baselines"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, kind)+"/", "./plugins/"+kind+"/...")
		build.Dir = sharedtest.Repository(t)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", build.Args, err, out)
		}
	}
	return dir
}

func TestExperimentFiles(t *testing.T) {
	known := plugins(t)
	t.Run("every example is valid", func(t *testing.T) { examples(t, known) })
	t.Run("every method that a README shows is valid", func(t *testing.T) { shown(t, known) })
	t.Run("every data set that a page shows fits its plugin", func(t *testing.T) { explained(t, known) })
	t.Run("every data set of the catalogue is read by its plugin", func(t *testing.T) { catalogued(t, known) })
	t.Run("files that were reported get the right answer", func(t *testing.T) { reported(t, known) })
}

func examples(t *testing.T, known *run.Host) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			needsInstalled(t, string(text))
			o := experiment.Options{Plugins: known}
			switch {
			case strings.Contains(string(text), "${DATA}/ml-100k"):
				o.Data = filepath.Dir(sharedtest.ML100K(t))
			case strings.Contains(string(text), "${DATA}"):
				o.Data = sharedtest.Path(t, "data")
			}
			if strings.Contains(string(text), "${MODELS}") {
				o.Models = sharedtest.Path(t, "models")
			}
			plan, _, err := experiment.Validate(t.Context(), file, o)
			if err != nil {
				t.Fatal(err)
			}
			if plan != nil && len(plan.Sizes) > 0 {
				sizes(t, file, o, plan.Sizes)
			}
		})
	}
}

// sizes validates the other sizes of a file. What is not at hand has stand-ins: the
// example's own language model, a small one of the tests, and the reviews of Musical Instruments.
func sizes(t *testing.T, file string, o experiment.Options, names []string) {
	stories := filepath.Join(o.Models, "stories260K")
	o.Models = linked(t, map[string]string{"gpt2": "models/tiny-gpt2", "stories260K": stories, "smollm2-135m.gguf": "../plugins/backbones/llama/testdata/small-b.gguf"})
	if o.Data != "" {
		reviews := filepath.Join(o.Data, "amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz")
		links := map[string]string{}
		for _, name := range []string{"toys/%s_Toys_and_Games", "sports/%s_Sports_and_Outdoors"} {
			links["amazon-"+fmt.Sprintf(name, "reviews")+"_5.json.gz"] = reviews
			links["amazon-"+fmt.Sprintf(name, "meta")+".json.gz"] = reviews
		}
		folders, err := os.ReadDir(o.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range folders {
			links[f.Name()] = filepath.Join(o.Data, f.Name())
		}
		o.Data = linked(t, links)
	}
	for _, o.Size = range names {
		if _, _, err := experiment.Validate(t.Context(), file, o); err != nil {
			t.Errorf("size %s: %v", o.Size, err)
		}
	}
}

// linked is a folder of links, by what each leads to.
func linked(t *testing.T, links map[string]string) string {
	dir := t.TempDir()
	for name, to := range links {
		target, err := filepath.Abs(to)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		}
		if err == nil {
			err = os.Symlink(target, filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func reported(t *testing.T, known *run.Host) {
	for file, want := range map[string]string{
		"xkeys/e.yaml": "", "yamltab/yaml12.yaml": "", "bom/e.yaml": "",
		"yamltab/e.yaml": ":4:1: not YAML: the line is indented with a tab",
	} {
		_, _, err := experiment.Validate(t.Context(), sharedtest.Path(t, "cases/"+file), experiment.Options{Plugins: known})
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}

// around is an experiment in which a method that a README shows may stand.
const around = `name: shown
datasets: [{name: Synthetic, plugin: synthetic, split: {method: ratio, validation: 0.1, test: 0.2}}]
methods:
`

// shown validates each entry of the YAML lists in the READMEs of the baselines.
func shown(t *testing.T, known *run.Host) {
	pages, err := filepath.Glob("../plugins/baselines/*/README.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no method", page)
		}
		t.Run(filepath.Base(filepath.Dir(page)), func(t *testing.T) {
			needsInstalled(t, string(text))
			for _, block := range blocks {
				for _, entry := range regexp.MustCompile(`(?m)^- `).Split(block[1], -1)[1:] {
					valid(t, known, around+"- "+entry)
				}
			}
		})
	}
}

func valid(t *testing.T, known *run.Host, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shown.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	models := linked(t, map[string]string{"Qwen/Qwen3-0.6B-Base": "models/tiny-gpt2"}) // a page names a model, and a small one stands in
	if _, _, err := experiment.Validate(t.Context(), file, experiment.Options{Plugins: known, Models: models}); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}
