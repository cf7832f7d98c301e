package experiment

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/eval"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// The columns of a file of published numbers; the last may be missing.
var publishedColumns = []string{"dataset", "method", "metric", "value", "source", "mark"}

// publishedNumber is a line of a file of published numbers.
type publishedNumber struct {
	Published
	line int
}

// checkPublishedFiles reads the files that the table quotes and keeps the numbers that it
// takes of them.
func (c *checker) checkPublishedFiles() {
	read := map[string][]publishedNumber{}
	for i, entry := range c.root.Get("table").Get("published_from").Elements() {
		at := []string{"table", "published_from", strconv.Itoa(i)}
		name := entry.Get("file").Text()
		if name == "" {
			continue // the schema said so
		}
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.dir, path)
		}
		if err := checkPath(path, entry.Get("file").Written); err != nil {
			c.at(err.Error(), yamltree.Extend(at, "file")...)
			continue
		}
		if _, known := read[path]; !known {
			read[path] = c.readPublished(name, path, yamltree.Extend(at, "file"))
		}
		c.takePublished(entry, name, read[path], at)
	}
}

// readPublished reads a file of published numbers; what is wrong with a line is told with it.
func (c *checker) readPublished(name, path string, at []string) []publishedNumber {
	text, err := read(path)
	if err != nil {
		c.at(strings.ReplaceAll(err.Error(), path, name), at...)
		return nil
	}
	if len(text) > yamltree.MaxBytes {
		c.at(fmt.Sprintf("%s is larger than %d bytes, more than published numbers take", name, yamltree.MaxBytes), at...)
		return nil
	}
	p := publishedReader{checker: c, name: name, first: map[[3]string]int{}}
	return p.read(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
}

// publishedReader reads one file of published numbers.
type publishedReader struct {
	*checker
	name   string
	csv    *csv.Reader
	places map[string]int    // of columns
	first  map[[3]string]int // lines of what was given, by data set, method and metric
	all    []publishedNumber
}

// problem tells what is wrong with a column of the line that was read last.
func (p *publishedReader) problem(column, format string, args ...any) {
	line, at := p.csv.FieldPos(p.places[column])
	p.problems = append(p.problems, Problem{File: p.name, Line: line, Column: at, Path: column, Message: fmt.Sprintf(format, args...)})
}

func (p *publishedReader) read(text []byte) []publishedNumber {
	p.csv = csv.NewReader(bytes.NewReader(text))
	p.csv.Comment = '#'
	for {
		line, err := p.csv.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if p.places == nil {
				p.problems = append(p.problems, Problem{File: p.name, Message: "it is empty; expected the columns " + strings.Join(publishedColumns, ", ")})
			}
			return p.all
		case errors.As(err, &bad):
			p.problems = append(p.problems, Problem{File: p.name, Line: bad.Line, Column: bad.Column, Message: bad.Err.Error()})
			return nil
		case err != nil:
			p.problems = append(p.problems, Problem{File: p.name, Message: err.Error()})
			return nil
		case p.places == nil:
			if !p.header(line) {
				return nil
			}
		default:
			p.number(line)
		}
	}
}

// header reads the names of the columns.
func (p *publishedReader) header(line []string) bool {
	p.places = map[string]int{}
	good := true
	for i, column := range line {
		p.places[column] = i
		if !slices.Contains(publishedColumns, column) {
			p.problem(column, "there is no column %q%s", column, schema.Hint(column, publishedColumns))
			good = false
		}
	}
	for _, column := range publishedColumns[:5] {
		if _, there := p.places[column]; !there {
			at, _ := p.csv.FieldPos(0)
			p.problems = append(p.problems, Problem{File: p.name, Line: at, Column: 1, Message: fmt.Sprintf("there is no column %s; expected %s", column, strings.Join(publishedColumns, ", "))})
			good = false
		}
	}
	return good
}

// number reads a line.
func (p *publishedReader) number(line []string) {
	get := func(column string) string {
		at, there := p.places[column]
		if !there {
			return ""
		}
		return strings.TrimSpace(line[at])
	}
	n := publishedNumber{Published: Published{Dataset: get("dataset"), Method: get("method"), Metric: get("metric"), Source: get("source"), Mark: get("mark")}}
	n.line, _ = p.csv.FieldPos(0)
	good := true
	for _, column := range publishedColumns[:5] {
		if get(column) == "" {
			p.problem(column, "it is empty")
			good = false
		}
	}
	if !good {
		return
	}
	metric, err := eval.ParseMetric(n.Metric)
	if err != nil {
		p.problem("metric", "%v", err)
		return
	}
	if n.Value, err = strconv.ParseFloat(get("value"), 64); err != nil {
		p.problem("value", "%q is no number", get("value"))
		return
	}
	if high := metric.Highest(1); metric.Judges() && !(n.Value >= 0 && n.Value <= high) {
		p.problem("value", "%s is %v, expected 0 to %v", n.Metric, n.Value, high)
		return
	}
	key := [3]string{n.Dataset, n.Method, n.Metric}
	if before, twice := p.first[key]; twice {
		p.problem("metric", "%s of %q on %q stands on line %d already", n.Metric, n.Method, n.Dataset, before)
		return
	}
	p.first[key] = n.line
	p.all = append(p.all, n)
}

// takePublished takes the numbers that an entry asks for, under the name of a data set of
// the experiment.
func (c *checker) takePublished(entry *yamltree.Node, file string, numbers []publishedNumber, at []string) {
	to, ok := c.publishedTo(entry, at)
	if !ok || len(numbers) == 0 {
		return
	}
	of := c.publishedOf(entry, file, numbers, at)
	if of == "" {
		return
	}
	var rows []string
	for _, n := range numbers {
		if n.Dataset == of && !slices.Contains(rows, n.Method) {
			rows = append(rows, n.Method)
		}
	}
	wanted := rows
	if asked := entry.Get("rows").Elements(); len(asked) > 0 {
		wanted = nil
		for i, row := range asked {
			c.known(fmt.Sprintf("row of %s in %s", of, file), row.Text(), rows, yamltree.Extend(yamltree.Extend(at, "rows"), strconv.Itoa(i))...)
			wanted = append(wanted, row.Text())
		}
	}
	taken := false
	for _, n := range numbers {
		if n.Dataset == of && slices.Contains(wanted, n.Method) && slices.Contains(c.metrics(), n.Metric) {
			n.Dataset, taken = to, true
			c.published = append(c.published, n.Published)
		}
	}
	if !taken && len(c.metrics()) > 0 {
		c.at(fmt.Sprintf("none of its numbers of %s is of a metric of this experiment", of), yamltree.Extend(at, "file")...)
	}
}

// publishedTo is the data set of the experiment beside which numbers are shown.
func (c *checker) publishedTo(entry *yamltree.Node, at []string) (name string, ok bool) {
	known := c.names("datasets")
	if name = entry.Get("dataset").Text(); name != "" {
		c.known("data set", name, known, yamltree.Extend(at, "dataset")...)
		return name, slices.Contains(known, name)
	}
	if len(known) != 1 {
		c.at("dataset is missing; it is needed as there are several", at...)
		return "", false
	}
	return known[0], true
}

// publishedOf is the data set of the file whose numbers are taken.
func (c *checker) publishedOf(entry *yamltree.Node, file string, numbers []publishedNumber, at []string) string {
	var known []string
	for _, n := range numbers {
		if !slices.Contains(known, n.Dataset) {
			known = append(known, n.Dataset)
		}
	}
	if of := entry.Get("of").Text(); of != "" {
		c.known("data set in "+file, of, known, yamltree.Extend(at, "of")...)
		if slices.Contains(known, of) {
			return of
		}
		return ""
	}
	if len(known) > 1 {
		c.at(fmt.Sprintf("of is missing; it is needed as %s has several data sets: %s", file, strings.Join(known, ", ")), at...)
		return ""
	}
	return known[0]
}
