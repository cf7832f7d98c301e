package export

import (
	"bufio"
	"encoding/binary"
)

// The opcodes of Python's pickles that plain values need (protocol 3; see
// pickletools of the standard library).
const (
	opProto      = 0x80
	opStop       = '.'
	opMark       = '('
	opEmptyList  = ']'
	opAppends    = 'e'
	opEmptyDict  = '}'
	opSetItems   = 'u'
	opInt        = 'J' // 4 bytes, signed
	opUnicode    = 'X' // 4 bytes of length, UTF-8
	protocol     = 3
	batchOfItems = 1000 // a pickler writes so many appends at a time
)

// pickler writes a pickle of strings, integers, lists and dictionaries. Its writer
// keeps the first error.
type pickler struct{ *bufio.Writer }

func (p pickler) begin() { p.op(opProto, protocol) }
func (p pickler) end()   { p.op(opStop) }

func (p pickler) op(bytes ...byte) { _, _ = p.Write(bytes) }

func (p pickler) text(s string) {
	p.op(opUnicode)
	_, _ = p.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
	_, _ = p.WriteString(s)
}

func (p pickler) int(n int32) {
	p.op(opInt)
	_, _ = p.Write(binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

// list writes a list of n elements, each by one call.
func (p pickler) list(n int, element func(i int)) {
	p.op(opEmptyList)
	for from := 0; from < n; from += batchOfItems {
		p.op(opMark)
		for i := from; i < min(from+batchOfItems, n); i++ {
			element(i)
		}
		p.op(opAppends)
	}
}

// counts writes a dictionary of integers.
func (p pickler) counts(names []string, values []int32) {
	p.op(opEmptyDict, opMark)
	for i, name := range names {
		p.text(name)
		p.int(values[i])
	}
	p.op(opSetItems)
}
