package main

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// broken says what plugins that were built for the old files would not find, or not
// understand, in the new ones. What is added breaks nothing.
func broken(old, now []protoreflect.FileDescriptor) []string {
	var b breakage
	for _, was := range old {
		at := slices.IndexFunc(now, func(f protoreflect.FileDescriptor) bool { return f.Path() == was.Path() })
		if at < 0 {
			b.say(was, "is gone")
			continue
		}
		is := now[at]
		for i := range was.Services().Len() {
			b.service(was.Services().Get(i), is.Services())
		}
		b.messages(was.Messages(), is.Messages())
		b.enums(was.Enums(), is.Enums())
	}
	slices.Sort(b)
	return b
}

type breakage []string

func (b *breakage) say(d protoreflect.Descriptor, what string) {
	*b = append(*b, fmt.Sprintf("breaks the contract: %s %s", name(d), what))
}

func name(d protoreflect.Descriptor) string {
	if f, ok := d.(protoreflect.FileDescriptor); ok {
		return f.Path()
	}
	return string(d.FullName())
}

func (b *breakage) service(was protoreflect.ServiceDescriptor, all protoreflect.ServiceDescriptors) {
	is := all.ByName(was.Name())
	if is == nil {
		b.say(was, "is gone")
		return
	}
	for i := range was.Methods().Len() {
		m := was.Methods().Get(i)
		n := is.Methods().ByName(m.Name())
		switch {
		case n == nil:
			b.say(m, "is gone")
		case signature(m) != signature(n):
			b.say(m, fmt.Sprintf("was %s and is %s", signature(m), signature(n)))
		}
	}
}

func signature(m protoreflect.MethodDescriptor) string {
	side := func(streams bool, d protoreflect.MessageDescriptor) string {
		if streams {
			return "stream " + string(d.FullName())
		}
		return string(d.FullName())
	}
	return side(m.IsStreamingClient(), m.Input()) + " -> " + side(m.IsStreamingServer(), m.Output())
}

func (b *breakage) messages(old, now protoreflect.MessageDescriptors) {
	for i := range old.Len() {
		was := old.Get(i)
		is := now.ByName(was.Name())
		if is == nil {
			b.say(was, "is gone")
			continue
		}
		for j := range was.Fields().Len() {
			b.field(was.Fields().Get(j), is)
		}
		b.messages(was.Messages(), is.Messages())
		b.enums(was.Enums(), is.Enums())
	}
}

func (b *breakage) field(was protoreflect.FieldDescriptor, message protoreflect.MessageDescriptor) {
	is := message.Fields().ByNumber(was.Number())
	switch {
	case is == nil && message.ReservedRanges().Has(was.Number()) && message.ReservedNames().Has(was.Name()):
	case is == nil:
		b.say(was, fmt.Sprintf("is gone; its number %d and its name are not reserved", was.Number()))
	case shape(was) != shape(is):
		b.say(was, fmt.Sprintf("(%d) was %s and is %s", was.Number(), shape(was), shape(is)))
	}
}

// shape is all that decides how a field is read.
func shape(f protoreflect.FieldDescriptor) string {
	text := fmt.Sprintf("%s %s %s", f.Cardinality(), f.Kind(), f.Name())
	switch {
	case f.Message() != nil:
		text += " of " + string(f.Message().FullName())
	case f.Enum() != nil:
		text += " of " + string(f.Enum().FullName())
	}
	if o := f.ContainingOneof(); o != nil {
		text += " in " + string(o.Name())
	}
	return text
}

func (b *breakage) enums(old, now protoreflect.EnumDescriptors) {
	for i := range old.Len() {
		was := old.Get(i)
		is := now.ByName(was.Name())
		if is == nil {
			b.say(was, "is gone")
			continue
		}
		for j := range was.Values().Len() {
			v := was.Values().Get(j)
			if n := is.Values().ByNumber(v.Number()); n == nil || n.Name() != v.Name() {
				b.say(v, fmt.Sprintf("is no longer the value %d", v.Number()))
			}
		}
	}
}
