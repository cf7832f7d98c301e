package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
)

// fingerprinter hashes a split. Every field is preceded by its length and every
// number is little-endian, so that equal hashes mean equal content anywhere.
type fingerprinter struct {
	hash hash.Hash
	buf  []byte
}

// FingerprintOf is a sha256 in hexadecimal over vocabularies, parts and
// texts. Attributes are left out: whether they are read depends on the methods of
// a plan, and the data stay the same.
func FingerprintOf(s *Split) string {
	f := fingerprinter{hash: sha256.New()}
	f.text("cllm4rec split 1")
	f.vocabulary(s.Users)
	f.vocabulary(s.Items)
	for _, part := range []*Interactions{s.Training.Interactions, s.Validation, s.Test} {
		f.interactions(part)
	}
	if s.FoldIn != nil { // else the hash is that of the time before there was one
		f.text("fold-in")
		f.interactions(s.FoldIn)
	}
	f.number(uint64(len(s.Training.Texts)))
	for _, d := range s.Training.Texts {
		f.text(string(d.Kind))
		f.number(uint64(uint32(d.User))<<32 | uint64(uint32(d.Item)))
		f.text(d.Text)
	}
	f.flush()
	return hex.EncodeToString(f.hash.Sum(nil))
}

func (f *fingerprinter) number(n uint64) {
	f.buf = binary.LittleEndian.AppendUint64(f.buf, n)
	if len(f.buf) >= 1<<16 {
		f.flush()
	}
}

func (f *fingerprinter) text(s string) {
	f.number(uint64(len(s)))
	f.buf = append(f.buf, s...)
}

func (f *fingerprinter) flush() {
	_, _ = f.hash.Write(f.buf) // a hash never fails
	f.buf = f.buf[:0]
}

func (f *fingerprinter) vocabulary(v *Vocabulary) {
	f.number(uint64(v.Len()))
	for _, id := range v.ids {
		f.text(id)
	}
}

// interactions hashes a part; a missing part differs from an empty one.
func (f *fingerprinter) interactions(x *Interactions) {
	if x == nil {
		f.text("none")
		return
	}
	f.text("part")
	for _, at := range x.Ptr {
		f.number(uint64(at))
	}
	for _, item := range x.Item {
		f.number(uint64(uint32(item)))
	}
	f.number(uint64(len(x.Value)))
	for _, v := range x.Value {
		f.number(uint64(math.Float32bits(v)))
	}
	f.number(uint64(len(x.Time)))
	for _, t := range x.Time {
		f.number(uint64(t))
	}
}
