package adapt

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// compiler compiles the binding's sources in one folder.
type compiler struct {
	command []string // the C++ compiler with its flags
	folder  string
	version string // of libtorch
	jobs    int
}

// rounds bounds how often the compiler may find more that is missing. The first round finds
// nearly all, since a compiler checks all functions; a later one confirms.
const rounds = 4

// all compiles every source, stubs what fails, and repeats until none fails. It returns the
// names of the stubbed functions, sorted.
func (c *compiler) all(sources []*source, say func(format string, args ...any)) ([]string, error) {
	var missing []string
	pending := sources
	for round := 1; len(pending) > 0; round++ {
		if round > rounds {
			return nil, fmt.Errorf("%s still does not compile after %d rounds", pending[0].name, rounds)
		}
		failed, names, err := c.round(pending, func(done int) { say("round %d: %d of %d files compiled", round, done, len(pending)) })
		if err != nil {
			return nil, err
		}
		if len(names) > 0 {
			say("round %d: %d functions are not in libtorch %s", round, len(names), c.version)
		}
		missing = append(missing, names...)
		pending = failed
	}
	slices.Sort(missing)
	return missing, nil
}

// round compiles the sources at the same time, tells how many are done, and stubs the functions
// that failed.
func (c *compiler) round(sources []*source, tell func(done int)) (failed []*source, names []string, err error) {
	messages := make([]string, len(sources))
	var group errgroup.Group
	var done atomic.Int64
	group.SetLimit(c.jobs)
	for i, s := range sources {
		group.Go(func() (err error) {
			if messages[i], err = c.one(s); err == nil {
				tell(int(done.Add(1)))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for i, s := range sources {
		if messages[i] == "" {
			continue
		}
		stubbed, err := stubFailures(s, messages[i], c.version)
		if err != nil {
			return nil, nil, err
		}
		failed, names = append(failed, s), append(names, stubbed...)
	}
	return failed, names, nil
}

// one compiles a source to an object file and returns the compiler's messages if that failed.
func (c *compiler) one(s *source) (string, error) {
	file := filepath.Join(c.folder, s.name)
	if err := os.WriteFile(file, []byte(strings.Join(s.lines, "\n")), 0o644); err != nil {
		return "", err
	}
	args := append(slices.Clone(c.command[1:]), "-x", "c++", "-c", s.name, "-o", object(s))
	command := exec.Command(c.command[0], args...)
	command.Dir = c.folder
	command.Env = append(os.Environ(), "LC_ALL=C")
	var messages bytes.Buffer
	command.Stderr = &messages
	err := command.Run()
	if err == nil {
		return "", nil
	}
	if messages.Len() == 0 {
		return "", fmt.Errorf("%s: %w", c.command[0], err)
	}
	return messages.String(), nil
}

func object(s *source) string { return strings.TrimSuffix(s.name, filepath.Ext(s.name)) + ".o" }

// place matches the compiler's mention of a line that does not compile, or of the line
// whose template does not.
var place = regexp.MustCompile(`(?m)^([^\s:]+):(\d+):\d+: +(?:fatal error|error|  required from|required from|note: in instantiation)`)

// stubFailures stubs the functions that the compiler complained about and returns their names.
func stubFailures(s *source, messages, version string) ([]string, error) {
	var names []string
	for _, hit := range place.FindAllStringSubmatch(messages, -1) {
		line, err := strconv.Atoi(hit[2])
		if err != nil || filepath.Base(hit[1]) != s.name {
			continue
		}
		f := s.at(line)
		if f == nil {
			return nil, fmt.Errorf("%s does not compile outside its functions:\n%s", s.name, firstErrors(messages))
		}
		if !slices.Contains(names, f.name) {
			names = append(names, f.name)
			s.stub(f, version)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s does not compile:\n%s", s.name, firstErrors(messages))
	}
	return names, nil
}

// firstErrors keeps the first few error lines of a compiler's output.
func firstErrors(messages string) string {
	var out []string
	for line := range strings.Lines(messages) {
		if strings.Contains(line, "error") && len(out) < 5 {
			out = append(out, "  "+strings.TrimSpace(line))
		}
	}
	if len(out) == 0 {
		return messages[:min(len(messages), 2000)]
	}
	return strings.Join(out, "\n")
}
