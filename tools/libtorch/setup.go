package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/adapt"
	"cllm4rec/tools/libtorch/internal/archive"
	"cllm4rec/tools/libtorch/internal/console"
	"cllm4rec/tools/libtorch/internal/locate"
	"cllm4rec/tools/libtorch/internal/system"
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
	cxx := cxxCommand()
	compiler, err := compilerVersion(cxx)
	if err != nil {
		return err
	}
	binding, err := adapt.Download(s.root)
	if err != nil {
		return err
	}
	l.Gotch, l.Compiler = binding.Version, compiler
	toolkits := locate.Toolkits(l)
	if l.Fingerprint, err = adapt.Fingerprint(binding, l, compiler, toolkits); err != nil {
		return err
	}
	if s.current(l) {
		s.out.Say("up to date: libtorch %s (%s) in %s", l.Version, kind(l), l.Root)
		return s.record(l)
	}
	s.out.Say("libtorch %s (%s) in %s, found by: %s", l.Version, kind(l), l.Root, l.Source)
	if l.Toolkit = adapt.Toolkit(l, cxx, toolkits); l.CUDA && l.Toolkit == nil {
		s.out.Say("this libtorch has CUDA, but the headers of the CUDA toolkit are missing or incomplete: the GPU stays unused")
	}
	return s.adapt(binding, l, cxx)
}

// adapt builds the binding and writes what the go command needs; the description comes last,
// so that an interrupted run is made again.
func (s *setup) adapt(binding adapt.Binding, l *found.Libtorch, cxx []string) error {
	_, built, err := binding.Adapt(l, cxx, s.out)
	if err != nil {
		return err
	}
	l.Wrappers, l.MissingWrappers = built.Wrappers, built.Missing
	if err := adapt.Workspace(s.root, l); err != nil {
		return err
	}
	if err := s.out.During("building the Go side of the binding", "about a minute, once for this libtorch", s.build); err != nil {
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
	if err := s.kernel(); err != nil {
		return err
	}
	return found.Write(s.root, l)
}

// build has the go command compile the binding into its cache.
func (s *setup) build() error {
	command := exec.Command("go", "build", adapt.Module+"/libtch")
	command.Dir = s.root
	command.Env = append(os.Environ(), "GOWORK="+filepath.Join(s.root, "go.work"), "GOFLAGS="+goFlags(os.Getenv("GOFLAGS")))
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s/libtch: %w\n%s", adapt.Module, err, out)
	}
	return nil
}

// goFlags adds the flag that the Makefile builds with, so that both find the same packages.
func goFlags(set string) string {
	if strings.Contains(set, "-trimpath") {
		return set
	}
	return strings.TrimSpace(set + " -trimpath")
}

// current reports whether an earlier run adapted the binding to this libtorch, and if so takes
// over what it learned.
func (s *setup) current(l *found.Libtorch) bool {
	before, err := found.Read(s.root)
	if err != nil || before.Fingerprint != l.Fingerprint {
		return false
	}
	l.Wrappers, l.MissingWrappers, l.Toolkit = before.Wrappers, before.MissingWrappers, before.Toolkit
	return adapt.Complete(s.root, l.Fingerprint)
}

// auto as the name of a folder asks for a new search.
const auto = "auto"

// choice is the folder that the user names now or named for an earlier setup, or "".
func (s *setup) choice() string {
	if s.named != "" {
		if s.named == auto {
			return ""
		}
		return s.named
	}
	before, err := found.Read(s.root)
	if err != nil || before.Source != locate.FromVariable {
		return ""
	}
	if _, err := locate.At(before.Root, before.Source); err != nil {
		s.out.Say("LIBTORCH=%s was chosen earlier and is no more: searching again", before.Root)
		return ""
	}
	return before.Root
}

// libtorch finds a libtorch, or gets one: the distribution's where that can be installed and
// is not too old, else the official archive.
func (s *setup) libtorch() (*found.Libtorch, error) {
	download, err := chosenArchive()
	if err != nil {
		return nil, err
	}
	l, skipped, err := locate.Search(download.folder, s.choice())
	for _, why := range skipped {
		s.out.Say("passed over: %s", why)
	}
	if err != nil {
		return nil, err
	}
	needs, apt := system.Missing(cxxCommand()[0]), &system.Apt{Out: s.out}
	if l == nil && s.install && apt.Usable() && locate.NewEnough(apt.Candidate("libtorch-dev")) {
		needs = append(needs, system.Libtorch)
	}
	if len(needs) > 0 {
		if err := s.installPackages(apt, needs); err != nil {
			return nil, err
		}
	}
	if l != nil {
		return l, nil
	}
	if l, _, err = locate.Search(download.folder, ""); err != nil || l != nil {
		return l, err
	}
	return s.download(download)
}

func (s *setup) installPackages(apt *system.Apt, needs []system.Need) error {
	if s.install {
		return apt.Install(needs)
	}
	return fmt.Errorf("%s", system.ByHand(needs))
}

// download is an archive and the folder, in the user's cache, that it is unpacked to.
type download struct {
	archive.Archive
	folder string
}

// chosenArchive is the one that the variables LIBTORCH_URL and LIBTORCH_SHA256 name, or the pinned one.
func chosenArchive() (d download, err error) {
	d.Archive = archive.Pinned
	if url := os.Getenv("LIBTORCH_URL"); url != "" {
		d.Archive = archive.Archive{URL: url, SHA256: strings.ToLower(os.Getenv("LIBTORCH_SHA256"))}
	}
	if len(d.SHA256) != 64 {
		return d, fmt.Errorf("LIBTORCH_URL needs LIBTORCH_SHA256, the archive's checksum of 64 hexadecimal digits")
	}
	base, err := adapt.Cache()
	d.folder = filepath.Join(base, "libtorch", d.SHA256[:12])
	return d, err
}

// download gets an archive.
func (s *setup) download(d download) (*found.Libtorch, error) {
	if runtime.GOARCH != "amd64" && d.Archive == archive.Pinned {
		return nil, fmt.Errorf("no official libtorch archive is known for %s: %s", runtime.GOARCH, otherWays)
	}
	if err := d.Install(filepath.Dir(d.folder), d.folder, s.out); err != nil {
		return nil, fmt.Errorf("%w\n%s\n%s", err, system.ByHand([]system.Need{system.Libtorch}), otherWays)
	}
	return locate.At(d.folder, locate.FromDownload)
}

const otherWays = "Elsewhere: install PyTorch, or run `make setup LIBTORCH=<folder of a libtorch or of an installed PyTorch>`"

func kind(l *found.Libtorch) string {
	if !l.CUDA {
		return "CPU"
	}
	return strings.TrimSpace("CUDA " + l.CUDAVersion)
}

// cxxCommand is the C++ compiler that the go command would use.
func cxxCommand() []string {
	if words := strings.Fields(os.Getenv("CXX")); len(words) > 0 {
		return words
	}
	return []string{"g++"}
}

// compilerVersion is the first line that a compiler prints about itself.
func compilerVersion(command []string) (string, error) {
	out, err := exec.Command(command[0], "--version").Output()
	if err != nil {
		return "", fmt.Errorf("the C++ compiler %s does not run: %w", command[0], err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return first, nil
}
