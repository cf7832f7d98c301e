package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
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

// run finds a libtorch that can be used and adapts the binding to it. The one that the user
// named must do; of those that are there, and then of those that can be had, the first that does
// is taken.
func (s *setup) run() (err error) {
	if s.root, err = filepath.Abs(s.root); err != nil {
		return err
	}
	if named := s.choice(); named != "" {
		l, err := locate.Named(named)
		if err != nil {
			return err
		}
		if err := s.packages(false); err != nil {
			return err
		}
		if err := s.use(l); err != nil {
			return fmt.Errorf("LIBTORCH=%s, libtorch %s: %w", named, l.Version, err)
		}
		return nil
	}
	archive, err := chosenArchive()
	if err != nil {
		return err
	}
	candidates, skipped := locate.Candidates(archive.folder)
	for _, why := range skipped {
		s.out.Say("passed over: %s", why)
	}
	if err := s.packages(len(candidates) == 0); err != nil {
		return err
	}
	if done, err := s.first(candidates, s.use); done || err != nil {
		return err
	}
	return s.more(candidates, archive)
}

// first uses the first candidate that can be used, and reports whether there was one.
func (s *setup) first(candidates []*found.Libtorch, use func(*found.Libtorch) error) (bool, error) {
	for _, l := range candidates {
		err := use(l)
		if !errors.Is(err, adapt.ErrUnusable) {
			return err == nil, err
		}
		s.out.Say("passed over: libtorch %s in %s: %v", l.Version, l.Root, err)
	}
	return false, nil
}

// more uses the distribution's libtorch, which is there by now where it could be installed, or
// else the official archive, unless they were tried.
func (s *setup) more(tried []*found.Libtorch, archive download) error {
	was := func(source string) bool {
		return slices.ContainsFunc(tried, func(l *found.Libtorch) bool { return l.Source == source })
	}
	if !was(locate.FromSystem) {
		if err := s.packages(true); err != nil {
			return err
		}
		if l, err := locate.At(locate.System, locate.FromSystem); err == nil {
			if done, err := s.first([]*found.Libtorch{l}, s.use); done || err != nil {
				return err
			}
		}
	}
	if was(locate.FromDownload) {
		return fmt.Errorf("no libtorch can be used, as said above: %s", otherWays)
	}
	l, err := s.download(archive)
	if err != nil {
		return err
	}
	return s.use(l)
}

// use makes a libtorch the project's. It is adapt.ErrUnusable when that is the libtorch's fault.
func (s *setup) use(l *found.Libtorch) error {
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
	if l.Source != locate.FromVariable { // a folder that is named is tried again
		if err := adapt.Failed(l.Fingerprint); err != nil {
			return err
		}
	}
	s.out.Say("libtorch %s (%s) in %s, found by: %s", l.Version, kind(l), l.Root, l.Source)
	err = s.adapt(binding, l, cxx, toolkits)
	if errors.Is(err, adapt.ErrUnusable) {
		err = errors.Join(err, adapt.RememberFailure(l.Fingerprint, err))
	}
	return err
}

// adapt builds the binding and writes what the go command needs; the description comes last,
// so that an interrupted run is made again.
func (s *setup) adapt(binding adapt.Binding, l *found.Libtorch, cxx []string, toolkits []found.Toolkit) error {
	if err := adapt.Trial(l, cxx); err != nil {
		return err
	}
	if l.Toolkit = adapt.Toolkit(l, cxx, toolkits); l.CUDA && l.Toolkit == nil {
		s.out.Say("this libtorch has CUDA, but the headers of the CUDA toolkit are missing or incomplete: the GPU stays unused")
	}
	_, built, err := binding.Adapt(l, cxx, s.out)
	if err != nil {
		return err
	}
	l.Wrappers, l.MissingWrappers = built.Wrappers, built.Missing
	if err := adapt.Workspace(s.root, l); err != nil {
		return err
	}
	if err := s.out.During("building the Go side of the binding and our kernels", "two minutes, once for this libtorch", s.build); err != nil {
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

// layer is the package that stands on the binding.
const layer = "./plugins/internal/numerics/torch"

// build has the go command compile the binding and our kernels into its cache.
func (s *setup) build() error {
	command := exec.Command("go", "build", layer)
	command.Dir = s.root
	command.Env = append(os.Environ(), "GOWORK="+filepath.Join(s.root, "go.work"), "GOFLAGS="+goFlags(os.Getenv("GOFLAGS")))
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: go build %s: %w\n%s", adapt.ErrUnusable, layer, err, system.Tail(string(out), 20))
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

// packages installs what is missing of the system: a compiler, OpenBLAS and, where it is wanted,
// can be installed and is not too old, libtorch.
func (s *setup) packages(libtorch bool) error {
	needs, apt := system.Missing(cxxCommand()[0]), &system.Apt{Out: s.out}
	if libtorch && s.install && apt.Usable() && locate.NewEnough(apt.Candidate("libtorch-dev")) {
		needs = append(needs, system.Libtorch)
	}
	if len(needs) == 0 {
		return nil
	}
	return s.installPackages(apt, needs)
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
