package main

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

var (
	camel = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	upper = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	humps = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// linter gathers what offends.
type linter struct{ problems []string }

// lint looks at everything that the files define.
func lint(files []protoreflect.FileDescriptor) []string {
	var l linter
	for _, f := range files {
		for i := range f.Services().Len() {
			l.service(f.Services().Get(i))
		}
		for i := range f.Messages().Len() {
			l.message(f.Messages().Get(i))
		}
		for i := range f.Enums().Len() {
			l.enum(f.Enums().Get(i))
		}
	}
	return l.problems
}

// part checks what every definition must have: a comment in front and a name by the
// convention of its kind.
func (l *linter) part(d protoreflect.Descriptor, convention *regexp.Regexp) {
	at := d.ParentFile().SourceLocations().ByDescriptor(d)
	if strings.TrimSpace(at.LeadingComments) == "" {
		l.say(d, "has no comment in front")
	}
	if !convention.MatchString(string(d.Name())) {
		l.say(d, fmt.Sprintf("is not named like %s", convention))
	}
}

func (l *linter) say(d protoreflect.Descriptor, what string) {
	at := d.ParentFile().SourceLocations().ByDescriptor(d)
	l.problems = append(l.problems, fmt.Sprintf("%s:%d: %s %s", d.ParentFile().Path(), at.StartLine+1, d.FullName(), what))
}

func (l *linter) service(s protoreflect.ServiceDescriptor) {
	l.part(s, camel)
	for i := range s.Methods().Len() {
		l.part(s.Methods().Get(i), camel)
	}
}

func (l *linter) message(m protoreflect.MessageDescriptor) {
	l.part(m, camel)
	for i := range m.Fields().Len() {
		l.part(m.Fields().Get(i), snake)
	}
	for i := range m.Oneofs().Len() {
		if o := m.Oneofs().Get(i); !o.IsSynthetic() {
			l.part(o, snake)
		}
	}
	for i := range m.Messages().Len() {
		l.message(m.Messages().Get(i))
	}
	for i := range m.Enums().Len() {
		l.enum(m.Enums().Get(i))
	}
}

// enum wants values with the enum's name in front, and none that has a meaning at 0,
// which is what a field that was never set holds.
func (l *linter) enum(e protoreflect.EnumDescriptor) {
	l.part(e, camel)
	prefix := strings.ToUpper(humps.ReplaceAllString(string(e.Name()), "${1}_${2}")) + "_"
	for i := range e.Values().Len() {
		v := e.Values().Get(i)
		l.part(v, upper)
		if !strings.HasPrefix(string(v.Name()), prefix) {
			l.say(v, "does not begin with "+prefix)
		}
		if (v.Number() == 0) != (string(v.Name()) == prefix+"UNSPECIFIED") {
			l.say(v, fmt.Sprintf("is %d: the value 0, and no other, is %sUNSPECIFIED", v.Number(), prefix))
		}
	}
}
