// Package manifest reads plugin.yaml, which says how a plugin is started that is no single
// binary: a script with its interpreter, mostly. It lies in the plugin's folder beside the
// files that it names, and none of them lies elsewhere.
package manifest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"

	"golang.org/x/sys/unix"
)

// File is the name of a manifest.
const File = "plugin.yaml"

// Manifest is what plugin.yaml says.
type Manifest struct {
	Kind        contract.Kind `json:"kind" jsonschema:"required,enum=dataset,enum=recommender,enum=backbone,description=what the plugin is"`
	Name        string        `json:"name" jsonschema:"required,pattern=^[a-z0-9][a-z0-9_-]*$,description=as in an experiment's plugin: and as the folder"`
	Contract    int           `json:"contract" jsonschema:"required,minimum=1,description=version of the kind's contract that the plugin is written for"`
	Command     []string      `json:"command" jsonschema:"required,minItems=1,description=program and arguments; it runs in the plugin's folder. The program is looked for in the environment that install makes; then on PATH; one with a slash is a file of the folder"`
	Files       []string      `json:"files" jsonschema:"required,minItems=1,description=files and folders that are the plugin; its checksum is made of their contents"`
	Packages    []string      `json:"packages,omitempty" jsonschema:"minItems=1,pattern=^[A-Za-z0-9][A-Za-z0-9._-]*$,description=Python packages of the environment whose versions and contents enter the checksum"`
	Environment []string      `json:"environment,omitempty" jsonschema:"minItems=1,pattern=^[A-Za-z_][A-Za-z0-9_]*[*]?$,description=variables that are let through beside the usual ones; NAME* lets through all that begin with NAME"`
	Install     *Install      `json:"install,omitempty" jsonschema:"description=how plugins install makes an environment for the plugin"`
	Check       *Check        `json:"check,omitempty" jsonschema:"description=how plugins check tries the plugin"`

	path string // absolute, of the file
}

// Install says how a Python environment is made.
type Install struct {
	Python       string `json:"python" jsonschema:"default=python3,pattern=^[A-Za-z0-9._/-]+$,description=interpreter that the environment is made with"`
	Requirements string `json:"requirements" jsonschema:"required,description=file of the folder for pip install -r"`
}

// Check is what the conformance suite cannot know of a plugin.
type Check struct {
	Params     map[string]any `json:"params,omitempty" jsonschema:"description=parameters under which the plugin is done in a second or so; a path that begins with ./ is one of the plugin's folder"`
	Sniff      string         `json:"sniff,omitempty" jsonschema:"description=file or folder that a dataset recognises"`
	Epochs     int            `json:"epochs,omitempty" jsonschema:"minimum=1,description=epochs that a recommender learns for (default 10)"`
	Tolerance  float64        `json:"tolerance,omitempty" jsonschema:"exclusiveMinimum=0,maximum=0.1,description=how far a score may move with the queries beside it; relative to its size (default 1e-5)"`
	NotLearner string         `json:"not_better_than_popularity,omitempty" jsonschema:"description=why a recommender need not find tastes; such as: it is popularity"`
}

// Path is the absolute path of the file.
func (m *Manifest) Path() string { return m.path }

// Dir is the folder of the plugin.
func (m *Manifest) Dir() string { return filepath.Dir(m.path) }

// Load reads a manifest. ErrInvalid with every problem and its place; ErrNotFound.
func Load(path string) (*Manifest, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	m, err := parse(path, text, root)
	if err != nil {
		return nil, err
	}
	m.path = path
	return m, nil
}

// read reads a regular file of bounded size.
func read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe without a writer must not hold it up
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s does not exist", path)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, contract.Errorf(contract.ErrInvalid, "%s is no regular file; expected a manifest in YAML", path)
	case info.Size() > yamltree.MaxBytes:
		return nil, contract.Errorf(contract.ErrInvalid, "%s has %d bytes; a manifest has at most %d", path, info.Size(), yamltree.MaxBytes)
	}
	text := make([]byte, info.Size())
	_, err = f.ReadAt(text, 0)
	return text, err
}

// parse reads the text of a manifest whose files lie in root.
func parse(path string, text []byte, root *os.Root) (*Manifest, error) {
	tree, problems := yamltree.Parse(path, text, func(name string) (string, error) {
		return "", contract.Errorf(contract.ErrInvalid, "a manifest has no variables: ${%s}", name)
	})
	if tree == nil {
		return nil, problems.Err()
	}
	r := &reader{file: path, tree: tree, problems: problems}
	for _, p := range schema.Check(schema.Of[Manifest](), tree.Value()) {
		r.blame(p.Message, p.Path...)
	}
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	m, _, err := schema.Decode[Manifest](tree.Marshal())
	if err != nil {
		return nil, err
	}
	r.check(&m, root)
	return &m, r.problems.Err()
}

// reader collects what is wrong with a manifest.
type reader struct {
	file     string
	tree     *yamltree.Node
	problems yamltree.Problems
}

func (r *reader) blame(message string, path ...string) {
	_, line, column := r.tree.Find(path)
	r.problems = append(r.problems, yamltree.Problem{File: r.file, Line: line, Column: column, Path: yamltree.PathString(path), Message: message})
}

// check looks at what the schema cannot see.
func (r *reader) check(m *Manifest, root *os.Root) {
	for i, name := range m.Files {
		r.inside(root, name, "files", index(i))
	}
	if m.Install != nil {
		r.inside(root, m.Install.Requirements, "install", "requirements")
	}
	program := m.Command[0]
	if strings.Contains(program, "/") && !filepath.IsAbs(program) {
		r.inside(root, program, "command", "0")
	}
	if program == "" {
		r.blame("expected the name of a program", "command", "0")
	}
	if len(m.Packages) > 0 && m.Install == nil {
		r.blame("the packages' versions are read from the environment that install makes, and there is no install", "packages")
	}
	if m.Check != nil && m.Check.Sniff != "" {
		r.inside(root, m.Check.Sniff, "check", "sniff")
	}
}

// inside: a name leads to something in the plugin's folder, symbolic links followed.
func (r *reader) inside(root *os.Root, name string, path ...string) {
	if !filepath.IsLocal(name) {
		r.blame("expected a path inside the plugin's folder, got "+quoted(name), path...)
		return
	}
	switch info, err := root.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		r.blame(quoted(name)+" does not exist in the plugin's folder"+near(root, name), path...)
	case err != nil:
		r.blame(quoted(name)+" leads out of the plugin's folder, or cannot be read", path...)
	case !info.Mode().IsRegular() && !info.IsDir():
		r.blame(quoted(name)+" is neither a file nor a folder", path...)
	}
}

// Checked is the section check as the suite takes it, with the paths of the plugin's folder
// made absolute.
func (m *Manifest) Checked() (contract.Check, error) {
	if m.Check == nil {
		return contract.Check{}, nil
	}
	c := contract.Check{Epochs: m.Check.Epochs, Tolerance: m.Check.Tolerance, NotBetterThanPopularity: m.Check.NotLearner}
	if m.Check.Sniff != "" {
		c.Sniff = "./" + filepath.ToSlash(m.Check.Sniff)
	}
	if len(m.Check.Params) > 0 {
		params, err := json.Marshal(m.Check.Params)
		if err != nil {
			return c, err
		}
		c.Params = params
	}
	return c.Below(m.Dir())
}
