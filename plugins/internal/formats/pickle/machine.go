package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// machine is the pickle machine: a stack, marks into it and a memo.
type machine struct {
	opcodes *[256]opcode
	data    []byte
	at      int // next byte
	op      int // offset of the opcode in hand
	stack   []any
	marks   []int
	memo    map[uint64]any
	stopped bool
	objects Objects
}

// errorf names the opcode in hand and its offset.
func (m *machine) errorf(format string, args ...any) error {
	return fmt.Errorf("offset %d (%s): %w", m.op, m.opcodeName(m.data[m.op]), fmt.Errorf(format, args...))
}

func (m *machine) opcodeName(op byte) string {
	if name := m.opcodes[op].name; name != "" {
		return name
	}
	return fmt.Sprintf("0x%02x", op)
}

func (m *machine) step() error {
	if m.at >= len(m.data) {
		return fmt.Errorf("offset %d: the pickle ends without STOP: the file is truncated", m.at)
	}
	m.op = m.at
	m.at++
	o := m.opcodes[m.data[m.op]]
	if o.name == "" {
		return m.errorf("not an opcode of a pickle")
	}
	if o.run == nil {
		return m.errorf("opcode refused: this reader takes plain data only and executes nothing")
	}
	return o.run(m)
}

// run steps to the end of the pickle and takes the one value that it leaves.
func (m *machine) run() (any, error) {
	for !m.stopped {
		if err := m.step(); err != nil {
			return nil, err
		}
	}
	if len(m.stack) != 1 || len(m.marks) != 0 {
		return nil, m.errorf("%d values and %d marks are left, expected one value", len(m.stack), len(m.marks))
	}
	return m.stack[0], nil
}

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

// floor is the lowest stack position that the opcodes may take from: values
// below the last mark belong to somebody else.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

// pop takes n values, oldest first.
func (m *machine) pop(n int) ([]any, error) {
	from := len(m.stack) - n
	if from < m.floor() {
		return nil, m.errorf("needs %d values, the stack has %d", n, len(m.stack)-m.floor())
	}
	values := m.stack[from:]
	m.stack = m.stack[:from]
	return values, nil
}

// popMark takes everything above the last mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, m.errorf("needs a mark, there is none")
	}
	values, err := m.pop(len(m.stack) - m.floor())
	m.marks = m.marks[:len(m.marks)-1]
	return values, err
}

// top is the value that stays on the stack while others are put into it.
func (m *machine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, m.errorf("needs a value, the stack is empty")
	}
	return m.stack[len(m.stack)-1], nil
}

// take reads n bytes of argument.
func (m *machine) take(n uint64) ([]byte, error) {
	if n > uint64(len(m.data)-m.at) {
		return nil, m.errorf("wants %d more bytes, the file has %d: it is truncated or damaged", n, len(m.data)-m.at)
	}
	b := m.data[m.at : m.at+int(n)]
	m.at += int(n)
	return b, nil
}

// number reads a little-endian unsigned argument of size bytes.
func (m *machine) number(size uint64) (uint64, error) {
	b, err := m.take(size)
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:]), nil
}

// counted reads bytes that a length of size bytes precedes.
func (m *machine) counted(size uint64) ([]byte, error) {
	n, err := m.number(size)
	if err != nil {
		return nil, err
	}
	return m.take(n)
}

func pushText(size uint64) func(*machine) error {
	return func(m *machine) error {
		b, err := m.counted(size)
		if err != nil {
			return err
		}
		if !utf8.Valid(b) {
			return m.errorf("the text is not UTF-8")
		}
		return m.push(string(b))
	}
}

func pushBytes(size uint64) func(*machine) error {
	return func(m *machine) error {
		b, err := m.counted(size)
		if err != nil {
			return err
		}
		return m.push(append([]byte{}, b...))
	}
}

// pushInt reads an unsigned integer of size bytes, or for size 4 a signed one.
func pushInt(size uint64) func(*machine) error {
	return func(m *machine) error {
		n, err := m.number(size)
		if err != nil {
			return err
		}
		if size == 4 {
			return m.push(int64(int32(n)))
		}
		return m.push(int64(n))
	}
}

// pushLong reads a two's complement integer of up to 8 bytes.
func pushLong(m *machine) error {
	b, err := m.counted(1)
	if err != nil {
		return err
	}
	if len(b) > 8 {
		return m.errorf("an integer of %d bytes does not fit into 64 bits", len(b))
	}
	var n uint64
	for i, x := range b {
		n |= uint64(x) << (8 * i)
	}
	shift := 64 - 8*len(b)
	return m.push(int64(n<<shift) >> shift)
}

func pushFloat(m *machine) error {
	b, err := m.take(8)
	if err != nil {
		return err
	}
	return m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
}
