package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// Plugin is what planning asks about a plugin.
type Plugin struct {
	contract.Info
	Checksum string // sha256 of the binary
}

// Catalogue knows the plugins.
type Catalogue interface {
	// Names lists the plugins of a kind.
	Names(kind contract.Kind) []string
	// Describe asks a plugin that Names lists.
	Describe(ctx context.Context, kind contract.Kind, name string) (Plugin, error)
	// Resolve has the plugin check parameters that fit its schema, and fill in
	// the defaults.
	Resolve(ctx context.Context, kind contract.Kind, name string, params json.RawMessage) (json.RawMessage, error)
}

// checker gathers what is wrong with a tree.
type checker struct {
	file     string
	dir      string // of the file; relative paths start here
	root     *yamltree.Node
	sizes    []string // of the file
	plugins  Catalogue
	problems Problems
	broken   map[string]bool   // "datasets.0", "methods.2": the schema found problems
	orphans  map[int]bool      // methods whose base was not found: what they lack is no news
	bases    map[int]bool      // methods that are a base alone: they may be incomplete
	uses     map[string]use    // by path of the section that names the plugin
	lists    map[string]string // digests of the files that filters name
	// failures are uses, by the same paths, whose plugin failed while it was asked.
	failures    map[string]PluginPlan
	rowsMayFail bool
	outOfRoom   error // the machine's, at which the search ends
	files       digester
	exact       bool   // Options.ExactBinaries
	device      string // Options.Device
	text        []byte // of the file, and how it is read: what configurations are made of
	options     Options
	// published are the numbers of the files that the table quotes.
	published []Published
	spaces    map[string]searchSpace // of searched methods, by number
	// newFiles: parameters may name files that do not exist yet.
	newFiles bool
}

func (c *checker) add(line, column int, path, message string) {
	c.problems = append(c.problems, Problem{File: c.file, Line: line, Column: column, Path: path, Message: message})
}

// at reports a problem at a path of the tree.
func (c *checker) at(message string, path ...string) {
	_, line, column := c.root.Find(path)
	c.add(line, column, yamltree.PathString(path), message)
}

// check finds every problem of the tree.
func (c *checker) check(ctx context.Context) {
	c.inherit()
	c.checkSchema(Schema())
	c.checkNames("datasets")
	c.checkNames("methods")
	c.checkMetrics()
	c.checkLimits()
	c.checkSearch()
	c.checkTable()
	c.checkPublishedFiles()
	c.checkDatasets(ctx)
	c.checkMethods(ctx)
	c.checkInputs()
	c.checkVectors()
	c.checkHeldOut()
}

// checkSchema holds the tree against the schema of the file.
func (c *checker) checkSchema(of json.RawMessage) {
	for _, p := range schema.Check(of, c.root.Value()) {
		if len(p.Path) >= 2 {
			c.broken[p.Path[0]+"."+p.Path[1]] = true
		}
		if !c.follows(p) {
			c.at(p.Message, p.Path...)
		}
	}
}

// follows reports whether a problem is only the consequence of one told before, or
// of a base's that is to be completed by its heirs.
func (c *checker) follows(p schema.Problem) bool {
	if c.ofMethod(p, c.bases) {
		return true
	}
	n, _, _ := c.root.Find(p.Path)
	if n != nil {
		return n.Bad
	}
	return c.ofMethod(p, c.orphans)
}

// ofMethod reports whether a problem is one of these methods'.
func (c *checker) ofMethod(p schema.Problem, methods map[int]bool) bool {
	return len(p.Path) >= 2 && p.Path[0] == "methods" && methods[index(p.Path[1])]
}

// Schema is the JSON schema of an experiment file (after inheritance), without
// the parameters of plugins.
func Schema() json.RawMessage { return fileSchema() }

// PretrainingSchema is the JSON schema of a pretraining file.
func PretrainingSchema() json.RawMessage { return schema.Of[Pretraining]() }

// fileSchema reflects over the types once.
var fileSchema = sync.OnceValue(schema.Of[Experiment])

// checkNames refuses two entries of a list that have the same name.
func (c *checker) checkNames(list string) {
	first := map[string]int{}
	for i, n := range c.root.Get(list).Elements() {
		name := n.Get("name").Text()
		if name == "" {
			continue
		}
		c.checkName(name, list, strconv.Itoa(i), "name")
		if line, known := first[name]; known {
			c.at(fmt.Sprintf("the name %q is taken already, on line %d", name, line), list, strconv.Itoa(i), "name")
			continue
		}
		first[name] = n.Fields["name"].Line
	}
}

// checkName refuses characters that are not seen, or that change how a terminal
// shows what stands around them.
func (c *checker) checkName(name string, path ...string) {
	for _, r := range name {
		joiner := r == '\u200c' || r == '\u200d' // which some languages write with
		if !joiner && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			c.at(fmt.Sprintf("the name %q has the control character %U; expected characters that are seen", name, r), path...)
			return
		}
	}
}

// names lists the names of a list's entries.
func (c *checker) names(list string) []string {
	var out []string
	for _, n := range c.root.Get(list).Elements() {
		if name := n.Get("name").Text(); name != "" {
			out = append(out, name)
		}
	}
	return out
}

func (c *checker) metrics() []string {
	var out []string
	for _, m := range c.root.Get("evaluate").Get("metrics").Elements() {
		out = append(out, m.Text())
	}
	return out
}

func (c *checker) checkMetrics() {
	c.checkMetricNames(c.metrics(), []string{"evaluate", "metrics"})
}

func (c *checker) checkMetricNames(names, list []string) {
	for i, name := range names {
		path := yamltree.Extend(list, strconv.Itoa(i))
		if name == "" {
			continue // the schema said so
		}
		if _, err := eval.ParseMetric(name); err != nil {
			c.at(err.Error(), path...)
		} else if slices.Contains(names[:i], name) {
			c.at(fmt.Sprintf("metric %q is given twice", name), path...)
		}
	}
}

// checkSelecting refuses metrics by which no epoch can be the better one.
func (c *checker) checkSelecting(names, list []string) {
	c.checkMetricNames(names, list)
	for i, name := range names {
		if m, err := eval.ParseMetric(name); err == nil && !m.Judges() {
			c.at(fmt.Sprintf("metric %q says what is recommended, not how well; what is best is selected by one that judges, such as ndcg@10", name), yamltree.Extend(list, strconv.Itoa(i))...)
		}
	}
}

func (c *checker) checkTable() {
	table := c.root.Get("table")
	c.checkBorders("item_count")
	c.checkBorders("user_activity")
	if against := table.Get("against").Text(); against != "" {
		c.known("method", against, c.rows(), "table", "against")
	}
	metrics := c.metrics()
	for i, p := range table.Get("published").Elements() {
		at := []string{"table", "published", strconv.Itoa(i)}
		c.checkName(p.Get("method").Text(), append(slices.Clip(at), "method")...)
		if name := p.Get("metric").Text(); name != "" && len(metrics) > 0 {
			c.known("metric of this experiment", name, metrics, append(at, "metric")...)
		}
		if name := p.Get("dataset").Text(); name != "" {
			c.known("data set", name, c.names("datasets"), append(at, "dataset")...)
		} else if len(c.names("datasets")) > 1 {
			c.at("dataset is missing; it is needed as there are several", at...)
		}
	}
}

// checkBorders refuses borders of strata that do not rise.
func (c *checker) checkBorders(by string) {
	var borders eval.Buckets
	for _, n := range c.root.Get("table").Get("strata").Get(by).Elements() {
		border, ok := n.Number()
		if !ok {
			return // the schema said so
		}
		borders = append(borders, int(border))
	}
	if len(borders) == 0 {
		return
	}
	if err := borders.Check(); err != nil {
		c.at(err.Error(), "table", "strata", by)
	}
}

// known refuses a name that is not among those known.
func (c *checker) known(what, name string, known []string, path ...string) {
	if !slices.Contains(known, name) {
		c.at(fmt.Sprintf("there is no %s %q%s", what, name, schema.Hint(name, known)), path...)
	}
}

func (c *checker) checkDatasets(ctx context.Context) {
	for i, n := range c.root.Get("datasets").Elements() {
		path := []string{"datasets", strconv.Itoa(i)}
		c.checkUse(ctx, contract.KindDataset, path)
		c.checkFilter(n, path)
		c.checkLists(n, path)
		if !c.broken[strings.Join(path, ".")] {
			c.checkSplit(n, path)
		}
	}
}

// checkFilter refuses a filter that is given twice.
func (c *checker) checkFilter(n *yamltree.Node, path []string) {
	if n.Get("filter") != nil && n.Get("keep") != nil {
		c.at("filter is given, and keep, which is its old name: remove keep", yamltree.Extend(path, "keep")...)
	}
}

// checkSplit asks core/data whether filter and split make sense together.
func (c *checker) checkSplit(n *yamltree.Node, path []string) {
	var d Dataset
	if err := json.Unmarshal(n.Marshal(), &d); err != nil {
		c.at(err.Error(), path...)
		return
	}
	if _, err := (data.Options{Name: d.Name, Filter: d.filter(), Split: d.Split}).Resolve(); err != nil {
		c.at(err.Error(), append(path, "split")...)
	}
	c.checkRepeat(d, path)
	given := slices.Contains(c.uses[strings.Join(path, ".")].plugin.Capabilities, contract.CapabilityGivenSplit)
	if name := c.uses[strings.Join(path, ".")].plugin.Name; d.Split.Method == data.MethodGiven && name != "" && !given {
		c.at(fmt.Sprintf("dataset plugin %s has no split of its own; expected one of %s", name, strings.Join(data.OwnMethods(), ", ")), append(path, "split", "method")...)
	}
}
