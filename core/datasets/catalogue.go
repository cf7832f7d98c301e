package datasets

import (
	_ "embed" // the catalogue
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

//go:embed catalogue.yaml
var builtIn []byte

// Catalogue is a list of data sets with the terms under which they are given.
type Catalogue struct {
	Licences []Licence `json:"licences" jsonschema:"required,minItems=1,description=the terms that the data sets name"`
	Datasets []Set     `json:"datasets" jsonschema:"required,minItems=1,description=the data sets"`
}

// Licence is what a user agrees to.
type Licence struct {
	Name  string `json:"name" jsonschema:"required,minLength=1,description=what data sets call it"`
	Terms string `json:"terms" jsonschema:"required,minLength=1,description=a summary of what is allowed; the address says it in full"`
	URL   string `json:"url" jsonschema:"required,pattern=^https?://,description=the terms in full"`
}

// Set is a data set. {folder} in its parameters is the folder that it is unpacked into;
// {category} in its parameters, files and addresses is the category that the user names.
type Set struct {
	Name       string         `json:"name" jsonschema:"required,pattern=^[a-z0-9][a-z0-9._-]{0\\,60}$,description=what the user asks for; also the name of its folder"`
	Title      string         `json:"title" jsonschema:"required,minLength=1,description=what it is"`
	Homepage   string         `json:"homepage" jsonschema:"required,pattern=^https?://,description=the page of its owners"`
	Licence    string         `json:"licence" jsonschema:"required,minLength=1,description=the name of one of the licences"`
	Cite       string         `json:"cite" jsonschema:"required,minLength=1,description=what to cite"`
	Categories []string       `json:"categories,omitempty" jsonschema:"minItems=1,uniqueItems=true,description=what {category} may be"`
	Plugin     string         `json:"plugin" jsonschema:"required,minLength=1,description=the plugin that reads it"`
	Params     map[string]any `json:"params" jsonschema:"required,description=its parameters for these files"`
	Split      map[string]any `json:"split" jsonschema:"required,description=a split that its rows allow"`
	Files      []Download     `json:"files" jsonschema:"required,minItems=1,description=what is downloaded"`
	Root       string         `json:"root,omitempty" jsonschema:"description=the folder of the archives whose content is the data set"`
	AtMost     int64          `json:"at_most" jsonschema:"required,minimum=1,description=bytes on disk that the data set needs at most; archives that hold more are refused"`
}

// Download is a file that is downloaded. Without a checksum the first download decides
// what the file is.
type Download struct {
	Path    string   `json:"path" jsonschema:"required,minLength=1,description=its name; of a plain file also in the folder"`
	Archive Archive  `json:"archive" jsonschema:"enum=plain,enum=zip,enum=tar,enum=tar.gz,enum=gz,default=plain,description=what is unpacked; a plain file stays as it is"`
	Size    int64    `json:"size,omitempty" jsonschema:"minimum=1,description=bytes; left out where nobody says"`
	SHA256  string   `json:"sha256,omitempty" jsonschema:"pattern=^[0-9a-f]{64}$,description=published checksum"`
	SHA1    string   `json:"sha1,omitempty" jsonschema:"pattern=^[0-9a-f]{40}$,description=published checksum"`
	MD5     string   `json:"md5,omitempty" jsonschema:"pattern=^[0-9a-f]{32}$,description=published checksum"`
	From    []string `json:"from" jsonschema:"required,minItems=1,description=addresses that give it; asked in this order"`
}

// Archive is the kind of a file.
type Archive string

// The kinds of files.
const (
	Plain Archive = "plain"
	Zip   Archive = "zip"
	Tar   Archive = "tar"
	TarGz Archive = "tar.gz"
	Gz    Archive = "gz"
)

// Known is the size of all downloads, 0 where one is not known, and whether each has a
// published checksum.
func (s *Set) Known() (size int64, checked bool) {
	sized := true
	checked = true
	for _, d := range s.Files {
		size += d.Size
		sized, checked = sized && d.Size > 0, checked && len(d.digests()) > 0
	}
	if !sized {
		size = 0
	}
	return size, checked
}

// packed reports whether a file is unpacked.
func (d Download) packed() bool { return d.Archive != Plain }

// Open reads the built-in catalogue and adds that of a file; "" adds none. ErrNotFound
// when the file cannot be read, ErrInvalid with every problem of its content.
func Open(file string) (*Catalogue, error) {
	c, err := Parse("catalogue.yaml", builtIn)
	if err != nil || file == "" {
		return c, err
	}
	text, err := read(file)
	if err != nil {
		return nil, err
	}
	own, err := Parse(file, text)
	if err != nil {
		return nil, err
	}
	for _, s := range own.Datasets {
		if c.find(s.Name) != nil {
			return nil, contract.Errorf(contract.ErrInvalid, "%s: the data set %q is in the built-in catalogue: give it another name", file, s.Name)
		}
	}
	for i := range own.Licences { // their names are the file's own
		own.Licences[i].Name = file + ": " + own.Licences[i].Name
	}
	for _, s := range own.Datasets {
		s.Licence = file + ": " + s.Licence
		c.Datasets = append(c.Datasets, s)
	}
	c.Licences = append(c.Licences, own.Licences...)
	return c, nil
}

// read reads a file, or one byte more of it than the parser takes.
func read(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		return nil, contract.Errorf(contract.ErrInvalid, "%s is no regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, contract.Errorf(contract.ErrNotFound, "the catalogue cannot be read: %v", err)
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, yamltree.MaxBytes+1))
}

// Parse reads a catalogue; file is its name in messages. ErrInvalid with every problem.
func Parse(file string, text []byte) (*Catalogue, error) {
	root, problems := yamltree.Parse(file, text, func(name string) (string, error) {
		return "", contract.Errorf(contract.ErrInvalid, "a catalogue has no variables such as ${%s}; {folder} and {category} are filled in", name)
	})
	if root == nil {
		return nil, problems.Err()
	}
	k := &checker{file: file, root: root, problems: problems}
	for _, p := range schema.Check(schema.Of[Catalogue](), root.Value()) {
		k.add(p.Message, p.Path...)
	}
	if err := k.problems.Err(); err != nil {
		return nil, err
	}
	c, _, err := schema.Decode[Catalogue](root.Marshal())
	if err != nil {
		return nil, err
	}
	k.check(&c)
	return &c, k.problems.Err()
}

// find is the set of a name; nil when there is none.
func (c *Catalogue) find(name string) *Set {
	i := slices.IndexFunc(c.Datasets, func(s Set) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Datasets[i]
}

// licence is that of a set.
func (c *Catalogue) licence(s *Set) Licence {
	i := slices.IndexFunc(c.Licences, func(l Licence) bool { return l.Name == s.Licence })
	return c.Licences[i]
}

// Find is a data set with its category and folder filled in, and its licence. ErrNotFound
// says which names or categories are near; ErrInvalid that one is asked for or not.
func (c *Catalogue) Find(name, category string) (*Set, Licence, error) {
	s := c.find(name)
	if s == nil {
		var known []string
		for _, s := range c.Datasets {
			known = append(known, s.Name)
		}
		return nil, Licence{}, contract.Errorf(contract.ErrNotFound, "the catalogue has no data set %q%s", name, schema.Hint(name, known))
	}
	switch {
	case len(s.Categories) == 0 && category != "":
		return nil, Licence{}, contract.Errorf(contract.ErrInvalid, "%s has no categories: leave --category out", name)
	case len(s.Categories) > 0 && category == "":
		return nil, Licence{}, contract.Errorf(contract.ErrInvalid, "%s has categories: name one with --category, such as %s; there are %s", name, s.Categories[0], strings.Join(s.Categories, ", "))
	case len(s.Categories) > 0 && !slices.Contains(s.Categories, category):
		return nil, Licence{}, contract.Errorf(contract.ErrNotFound, "%s has no category %q%s", name, category, schema.Hint(category, s.Categories))
	}
	filled, err := s.filled(category)
	return filled, c.licence(s), err
}

// filled is a copy of the set with a category in place of {category}.
func (s *Set) filled(category string) (*Set, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(string(raw), "{category}", category)
	var out Set
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, err
	}
	return &out, nil
}
