package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/adapt"
	"cllm4rec/tools/libtorch/internal/console"
	"cllm4rec/tools/libtorch/internal/locate"
)

// setup is one run of the tool.
type setup struct {
	root, named string
	install     bool
	out         *console.Console
}

func (s *setup) run() (err error) {
	if s.root, err = filepath.Abs(s.root); err != nil {
		return err
	}
	l, err := s.libtorch()
	if err != nil {
		return err
	}
	cxx, compiler, err := cxxCompiler()
	if err != nil {
		return err
	}
	binding, err := adapt.Download(s.root)
	if err != nil {
		return err
	}
	l.Gotch, l.Compiler = binding.Version, compiler
	if l.Fingerprint, err = adapt.Fingerprint(binding, l, compiler); err != nil {
		return err
	}
	if s.current(l) {
		s.out.Say("up to date: libtorch %s (%s) in %s", l.Version, kind(l), l.Root)
		return s.record(l)
	}
	s.out.Say("libtorch %s (%s) in %s, found by: %s", l.Version, kind(l), l.Root, l.Source)
	return s.adapt(binding, l, cxx)
}

// adapt builds the binding and writes what the go command needs; the description comes last,
// so that an interrupted run is made again.
func (s *setup) adapt(binding adapt.Binding, l *found.Libtorch, cxx []string) error {
	library, built, err := adapt.Library(binding, l, cxx, l.Fingerprint, s.out)
	if err != nil {
		return err
	}
	l.Wrappers, l.MissingWrappers = built.Wrappers, built.Missing
	copied := filepath.Join(s.root, found.Folder, "gotch")
	if err := binding.Copy(copied); err != nil {
		return err
	}
	if err := adapt.Install(library, copied, l.Fingerprint); err != nil {
		return err
	}
	if err := adapt.Workspace(s.root, l); err != nil {
		return err
	}
	if err := s.out.During("building the Go side of the binding (about a minute)", s.build); err != nil {
		return err
	}
	s.out.Say("%d of %d functions of gotch %s are there", l.Wrappers-len(l.MissingWrappers), l.Wrappers, l.Gotch)
	return s.record(l)
}

// record writes what the go command and the program read; nothing changes when it is there.
func (s *setup) record(l *found.Libtorch) error {
	if err := adapt.Workspace(s.root, l); err != nil {
		return err
	}
	return found.Write(s.root, l)
}

// build has the go command compile the binding into its cache.
func (s *setup) build() error {
	command := exec.Command("go", "build", adapt.Module+"/libtch")
	command.Dir = s.root
	command.Env = append(os.Environ(), "GOWORK="+filepath.Join(s.root, "go.work"))
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s/libtch: %w\n%s", adapt.Module, err, out)
	}
	return nil
}

// current tells whether an earlier run adapted the binding to this libtorch, and if so takes
// over what it learned.
func (s *setup) current(l *found.Libtorch) bool {
	before, err := found.Read(s.root)
	if err != nil || before.Fingerprint != l.Fingerprint {
		return false
	}
	l.Wrappers, l.MissingWrappers = before.Wrappers, before.MissingWrappers
	return adapt.Complete(s.root, l.Fingerprint)
}

func (s *setup) libtorch() (*found.Libtorch, error) {
	l, skipped, err := locate.Search(s.root, s.named)
	for _, why := range skipped {
		s.out.Say("passed over: %s", why)
	}
	if err == nil && l == nil {
		err = fmt.Errorf("no libtorch")
	}
	return l, err
}

func kind(l *found.Libtorch) string {
	if !l.CUDA {
		return "CPU"
	}
	return strings.TrimSpace("CUDA " + l.CUDAVersion)
}

// cxxCompiler is the compiler that the go command would use, and its first version line.
func cxxCompiler() (command []string, version string, err error) {
	name := os.Getenv("CXX")
	if name == "" {
		name = "g++"
	}
	command = strings.Fields(name)
	out, err := exec.Command(command[0], "--version").Output()
	if err != nil {
		return nil, "", fmt.Errorf("the C++ compiler %s does not run: %w", command[0], err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return command, first, nil
}
