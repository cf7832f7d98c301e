package pickle

// opcode is one instruction; run is nil for those that are refused.
type opcode struct {
	name string
	run  func(*machine) error
}

// opcodes lists every opcode of protocols 0 to 5 (Python's pickletools).
func opcodes() *[256]opcode {
	return &[256]opcode{
		0x80: {"PROTO", proto}, 0x95: {"FRAME", frame}, '.': {"STOP", stop},
		'(': {"MARK", mark}, '0': {"POP", nil}, '1': {"POP_MARK", nil}, '2': {"DUP", nil},
		'N': {"NONE", push(nil)}, 0x88: {"NEWTRUE", push(true)}, 0x89: {"NEWFALSE", push(false)},
		'K': {"BININT1", pushInt(1)}, 'M': {"BININT2", pushInt(2)}, 'J': {"BININT", pushInt(4)},
		0x8a: {"LONG1", pushLong}, 0x8b: {"LONG4", nil}, 'G': {"BINFLOAT", pushFloat},
		0x8c: {"SHORT_BINUNICODE", pushText(1)}, 'X': {"BINUNICODE", pushText(4)}, 0x8d: {"BINUNICODE8", pushText(8)},
		'U': {"SHORT_BINSTRING", pushText(1)}, 'T': {"BINSTRING", pushText(4)},
		'C': {"SHORT_BINBYTES", pushBytes(1)}, 'B': {"BINBYTES", pushBytes(4)}, 0x8e: {"BINBYTES8", pushBytes(8)}, 0x96: {"BYTEARRAY8", pushBytes(8)},
		']': {"EMPTY_LIST", emptyList}, 'a': {"APPEND", appendOne}, 'e': {"APPENDS", appendMany}, 'l': {"LIST", list},
		')': {"EMPTY_TUPLE", tuple(0)}, 0x85: {"TUPLE1", tuple(1)}, 0x86: {"TUPLE2", tuple(2)}, 0x87: {"TUPLE3", tuple(3)},
		't': {"TUPLE", markTuple},
		'}': {"EMPTY_DICT", emptyDict}, 's': {"SETITEM", setItem}, 'u': {"SETITEMS", setItems}, 'd': {"DICT", dict},
		0x94: {"MEMOIZE", memoize}, 'q': {"BINPUT", put(1)}, 'r': {"LONG_BINPUT", put(4)},
		'h': {"BINGET", get(1)}, 'j': {"LONG_BINGET", get(4)},

		// Refused, but for the names and calls that Objects stands in for: they look up
		// or call something, or belong to the text protocols.
		'c': {"GLOBAL", nil}, 0x93: {"STACK_GLOBAL", nil}, 'R': {"REDUCE", nil}, 'b': {"BUILD", nil},
		'i': {"INST", nil}, 'o': {"OBJ", nil}, 0x81: {"NEWOBJ", nil}, 0x92: {"NEWOBJ_EX", nil},
		0x82: {"EXT1", nil}, 0x83: {"EXT2", nil}, 0x84: {"EXT4", nil}, 'P': {"PERSID", nil}, 'Q': {"BINPERSID", nil},
		0x8f: {"EMPTY_SET", nil}, 0x90: {"ADDITEMS", nil}, 0x91: {"FROZENSET", nil},
		0x97: {"NEXT_BUFFER", nil}, 0x98: {"READONLY_BUFFER", nil},
		'I': {"INT", nil}, 'L': {"LONG", nil}, 'F': {"FLOAT", nil}, 'S': {"STRING", nil}, 'V': {"UNICODE", nil},
		'p': {"PUT", nil}, 'g': {"GET", nil},
	}
}

func proto(m *machine) error {
	version, err := m.number(1)
	if err != nil {
		return err
	}
	if version < 2 || version > 5 {
		return m.errorf("protocol %d, expected 2 to 5", version)
	}
	return nil
}

// frame announces that so many bytes follow; they are checked as they are read.
func frame(m *machine) error {
	_, err := m.number(8)
	return err
}

func stop(m *machine) error {
	m.stopped = true
	return nil
}

func mark(m *machine) error {
	m.marks = append(m.marks, len(m.stack))
	return nil
}

func push(v any) func(*machine) error {
	return func(m *machine) error { return m.push(v) }
}

func emptyList(m *machine) error { return m.push(&List{}) }

func list(m *machine) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.push(&List{Items: append([]any{}, items...)})
}

func appendOne(m *machine) error {
	items, err := m.pop(1)
	if err != nil {
		return err
	}
	return m.appendTo(items)
}

func appendMany(m *machine) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.appendTo(items)
}

func (m *machine) appendTo(items []any) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	l, ok := top.(*List)
	if !ok {
		return m.errorf("needs a list, found %T", top)
	}
	l.Items = append(l.Items, items...)
	return nil
}

func tuple(n int) func(*machine) error {
	return func(m *machine) error {
		items, err := m.pop(n)
		if err != nil {
			return err
		}
		return m.push(append(Tuple{}, items...))
	}
}

func markTuple(m *machine) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.push(append(Tuple{}, items...))
}

func emptyDict(m *machine) error { return m.push(NewDict()) }

func dict(m *machine) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	d := NewDict()
	if err := m.setAll(d, items); err != nil {
		return err
	}
	return m.push(d)
}

func setItem(m *machine) error {
	items, err := m.pop(2)
	if err != nil {
		return err
	}
	return m.setTop(items)
}

func setItems(m *machine) error {
	items, err := m.popMark()
	if err != nil {
		return err
	}
	return m.setTop(items)
}

func (m *machine) setTop(items []any) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	d, ok := top.(*Dict)
	if !ok {
		return m.errorf("needs a dictionary, found %T", top)
	}
	return m.setAll(d, items)
}

func (m *machine) setAll(d *Dict, items []any) error {
	if len(items)%2 != 0 {
		return m.errorf("%d values are not pairs of key and value", len(items))
	}
	for i := 0; i < len(items); i += 2 {
		if !d.Set(items[i], items[i+1]) {
			return m.errorf("a key is a %T, expected a text or a number", items[i])
		}
	}
	return nil
}

func memoize(m *machine) error { return m.remember(uint64(len(m.memo))) }

func put(size uint64) func(*machine) error {
	return func(m *machine) error {
		n, err := m.number(size)
		if err != nil {
			return err
		}
		return m.remember(n)
	}
}

func (m *machine) remember(n uint64) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	m.memo[n] = top
	return nil
}

func get(size uint64) func(*machine) error {
	return func(m *machine) error {
		n, err := m.number(size)
		if err != nil {
			return err
		}
		v, ok := m.memo[n]
		if !ok {
			return m.errorf("the memo has no entry %d", n)
		}
		return m.push(v)
	}
}
