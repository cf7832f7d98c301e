// Package adapt makes gotch's C binding build against the libtorch of this machine.
//
// gotch was generated for one release of libtorch. Each of its C functions is compiled; those
// that this libtorch cannot compile are turned into functions that report so through gotch's
// own error channel, and the rest goes into one static library beside the Go code.
package adapt

import (
	"fmt"
	"regexp"
	"strings"
)

// function is one C function of the binding, as lines [first, last] of its file.
type function struct {
	name        string
	head        string // "tensor at_f(tensor t)", on one line
	void        bool
	first, last int
}

// source is a C++ file of the binding.
type source struct {
	name      string
	lines     []string
	functions []function
}

var definition = regexp.MustCompile(`^([a-z][a-z0-9_ ]*?[ *]+)(at[a-z]*_\w+)\(`)

// parse finds the definitions of the binding's functions: they start in the first column
// and end at a closing brace in the first column, or on the same line.
func parse(name, text string) (*source, error) {
	s := &source{name: name, lines: strings.Split(text, "\n")}
	for i := 0; i < len(s.lines); i++ {
		hit := definition.FindStringSubmatch(s.lines[i])
		if hit == nil {
			continue
		}
		f := function{name: hit[2], void: strings.TrimSpace(hit[1]) == "void", first: i}
		if err := f.measure(s); err != nil {
			return nil, err
		}
		s.functions = append(s.functions, f)
		i = f.last
	}
	return s, nil
}

// measure finds a definition's head and last line.
func (f *function) measure(s *source) error {
	body := strings.Join(s.lines[f.first:min(f.first+20, len(s.lines))], " ")
	head, _, open := strings.Cut(body, "{")
	if !open {
		return fmt.Errorf("%s:%d: %s has no body", s.name, f.first+1, f.name)
	}
	f.head = strings.Join(strings.Fields(head), " ")
	for i := f.first; i < len(s.lines); i++ {
		line := s.lines[i]
		if strings.HasPrefix(line, "}") || (i == f.first && strings.HasSuffix(line, "}")) {
			f.last = i
			return nil
		}
	}
	return fmt.Errorf("%s:%d: %s does not end", s.name, f.first+1, f.name)
}

// at returns the function that holds a line (from 1), or nil.
func (s *source) at(line int) *function {
	for i := range s.functions {
		if f := &s.functions[i]; f.first < line && line <= f.last+1 {
			return f
		}
	}
	return nil
}

// stub replaces a function by one that reports itself missing. Line numbers stay.
func (s *source) stub(f *function, version string) {
	result := ""
	if !f.void {
		result = " return {};"
	}
	message := Missing(f.name, version)
	s.lines[f.first] = fmt.Sprintf(`%s { PROTECT(throw std::runtime_error("%s");)%s }`, f.head, message, result)
	for i := f.first + 1; i <= f.last; i++ {
		s.lines[i] = ""
	}
}

// Missing is the error of a function that this libtorch does not have.
func Missing(name, version string) string {
	return fmt.Sprintf("%s is not in libtorch %s", strings.TrimPrefix(name, "atg_"), version)
}

// split cuts a file of nothing but functions into parts, each after the given prelude.
func (s *source) split(parts int, prelude []string) []*source {
	var out []*source
	for k := range parts {
		part := &source{name: fmt.Sprintf("part%d_%s", k, s.name), lines: append([]string{}, prelude...)}
		for _, f := range s.functions[k*len(s.functions)/parts : (k+1)*len(s.functions)/parts] {
			body := s.lines[f.first : f.last+1]
			f.first, f.last = len(part.lines), len(part.lines)+len(body)-1
			part.lines = append(part.lines, body...)
			part.functions = append(part.functions, f)
		}
		out = append(out, part)
	}
	return out
}
