package datasets

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/fetch"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// checker gathers what is wrong with a catalogue beyond its schema.
type checker struct {
	file     string
	root     *yamltree.Node
	problems yamltree.Problems
}

func (k *checker) add(message string, path ...string) {
	_, line, column := k.root.Find(path)
	k.problems = append(k.problems, yamltree.Problem{File: k.file, Line: line, Column: column, Path: yamltree.PathString(path), Message: message})
}

func (k *checker) check(c *Catalogue) {
	var licences []string
	for i, l := range c.Licences {
		k.unique(l.Name, licences, "licences", strconv.Itoa(i), "name")
		licences = append(licences, l.Name)
	}
	var names []string
	for i, s := range c.Datasets {
		at := func(more ...string) []string { return append([]string{"datasets", strconv.Itoa(i)}, more...) }
		k.unique(s.Name, names, at("name")...)
		names = append(names, s.Name)
		if !slices.Contains(licences, s.Licence) {
			k.add(fmt.Sprintf("there is no licence %q%s", s.Licence, schema.Hint(s.Licence, licences)), at("licence")...)
		}
		if s.Root != "" && !fetch.PlainPath(s.Root) {
			k.add(fmt.Sprintf("%q is no plain path inside a folder", s.Root), at("root")...)
		}
		for j, category := range s.Categories {
			if !fetch.PlainPath(category) || strings.Contains(category, "/") {
				k.add(fmt.Sprintf("%q cannot be the name of a folder", category), at("categories", strconv.Itoa(j))...)
			}
		}
		k.files(s, at)
	}
}

func (k *checker) unique(name string, before []string, path ...string) {
	if slices.Contains(before, name) {
		k.add(fmt.Sprintf("%q is there twice", name), path...)
	}
}

func (k *checker) files(s Set, at func(more ...string) []string) {
	var paths []string
	for j, d := range s.Files {
		in := func(more ...string) []string { return at(append([]string{"files", strconv.Itoa(j)}, more...)...) }
		k.unique(d.Path, paths, in("path")...)
		paths = append(paths, d.Path)
		if !fetch.PlainPath(d.Path) {
			k.add(fmt.Sprintf("%q is no plain path inside a folder", d.Path), in("path")...)
		}
		if d.Archive == Gz && (!strings.HasSuffix(d.Path, ".gz") || d.Path == ".gz") {
			k.add(fmt.Sprintf("%q does not end in .gz, so the unpacked file has no name", d.Path), in("path")...)
		}
		if len(d.digests()) > 1 {
			k.add("more than one checksum is given; expected the strongest alone", in()...)
		}
		if len(s.Categories) > 0 && (d.Size > 0 || len(d.digests()) > 0) {
			k.add("a file of each category has its own size and checksum; expected neither", in()...)
		}
		for i, from := range d.From {
			k.address(from, s, in("from", strconv.Itoa(i))...)
		}
	}
}

func (d Download) digests() (all []string) {
	for _, sum := range []string{d.SHA256, d.SHA1, d.MD5} {
		if sum != "" {
			all = append(all, sum)
		}
	}
	return all
}

func (k *checker) address(text string, s Set, path ...string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "" {
		k.add(fmt.Sprintf("%q is no address: expected one such as https://host/path/file.zip", text), path...)
		return
	}
	if strings.Contains(text, "{category}") != (len(s.Categories) > 0) {
		k.add("{category} stands in the addresses of a data set with categories, and in no other", path...)
	}
}
