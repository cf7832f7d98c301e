package pickle

import (
	"bytes"
	"unicode/utf8"
)

// Objects stands in for the classes and functions that a pickle names. The
// machine calls nothing else; whatever Objects does not know it must refuse.
// Errors get the offset of the opcode.
type Objects interface {
	// Global is the value for module.name.
	Global(module, name string) (any, error)
	// Call is the result of calling a value that Global gave.
	Call(function any, arguments Tuple) (any, error)
	// Persistent is the value that lies outside the pickle under this id.
	Persistent(id any) (any, error)
}

// ReadObjects reads the first pickle of data and tells how many bytes it takes.
// Beside plain data it knows GLOBAL, STACK_GLOBAL, REDUCE and BINPERSID, each
// through objects, and BUILD on a dictionary, whose attributes (not entries) it
// drops. A *Dict that Call returns can be filled like any other.
func ReadObjects(data []byte, objects Objects) (value any, size int, err error) {
	m := newMachine(data)
	m.stand(objects)
	m.opcodes['Q'].run = persistent
	value, err = m.run()
	return value, m.at, err
}

// stand lets objects stand in for classes and functions.
func (m *machine) stand(objects Objects) {
	m.objects = objects
	m.opcodes['c'].run, m.opcodes[0x93].run = global, stackGlobal
	m.opcodes['R'].run, m.opcodes['b'].run = reduce, build
}

// builder is what Objects may be beside: it gives a value that Call made its
// state, and reports false for values that it does not know.
type builder interface {
	build(value, state any) (bool, error)
}

func global(m *machine) error {
	module, err := m.line()
	if err != nil {
		return err
	}
	name, err := m.line()
	if err != nil {
		return err
	}
	return m.find(module, name)
}

// line reads a text up to the end of its line.
func (m *machine) line() (string, error) {
	n := bytes.IndexByte(m.data[m.at:], '\n')
	if n < 0 || !utf8.Valid(m.data[m.at:m.at+n]) {
		return "", m.errorf("names nothing that can be read: the file is truncated or damaged")
	}
	text := string(m.data[m.at : m.at+n])
	m.at += n + 1
	return text, nil
}

func stackGlobal(m *machine) error {
	names, err := m.pop(2)
	if err != nil {
		return err
	}
	module, ok := names[0].(string)
	name, also := names[1].(string)
	if !ok || !also {
		return m.errorf("needs two texts, found %T and %T", names[0], names[1])
	}
	return m.find(module, name)
}

func (m *machine) find(module, name string) error {
	v, err := m.objects.Global(module, name)
	if err != nil {
		return m.errorf("%w", err)
	}
	return m.push(v)
}

func reduce(m *machine) error {
	values, err := m.pop(2)
	if err != nil {
		return err
	}
	arguments, ok := values[1].(Tuple)
	if !ok {
		return m.errorf("needs a tuple of arguments, found %T", values[1])
	}
	v, err := m.objects.Call(values[0], arguments)
	if err != nil {
		return m.errorf("%w", err)
	}
	return m.push(v)
}

func persistent(m *machine) error {
	id, err := m.pop(1)
	if err != nil {
		return err
	}
	v, err := m.objects.Persistent(id[0])
	if err != nil {
		return m.errorf("%w", err)
	}
	return m.push(v)
}

func build(m *machine) error {
	state, err := m.pop(1)
	if err != nil {
		return err
	}
	top, err := m.top()
	if err != nil {
		return err
	}
	if b, ok := m.objects.(builder); ok {
		if built, err := b.build(top, state[0]); err != nil {
			return m.errorf("%w", err)
		} else if built {
			return nil
		}
	}
	if _, ok := top.(*Dict); !ok {
		return m.errorf("sets attributes of a %T, which is not followed", top)
	}
	return nil
}
