package prepared

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"

	"golang.org/x/sys/unix"
)

// version of the form of a file.
const version = 2

// preambleBytes is where the columns begin.
const preambleBytes = 128

// magic is how a file begins.
const magic = "cllm4rec split\n\x00"

// header is all of a split but its columns.
type header struct {
	Key         string              `json:"key"`
	Content     json.RawMessage     `json:"content"` // what the key is the sha256 of
	Written     time.Time           `json:"written,omitzero"`
	Fingerprint string              `json:"fingerprint"`
	Audit       data.Audit          `json:"audit"`
	Kinds       []contract.TextKind `json:"kinds"` // of texts, which have their places
	Attributes  []attribute         `json:"attributes"`
	Columns     []column            `json:"columns"`
}

// attribute is an attribute without its values.
type attribute struct {
	Name   string                 `json:"name"`
	Entity contract.Entity        `json:"entity"`
	Type   contract.AttributeType `json:"type"`
}

// checkMachine refuses machines whose numbers are not those of the file.
func checkMachine() error {
	if strconv.IntSize != 64 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return contract.Errorf(contract.ErrUnsupported, "prepared splits need a little-endian machine of 64 bits: turn them off with --store off")
	}
	return nil
}

// write writes a split as a file.
func write(f *os.File, key string, content json.RawMessage, s *data.Split) error {
	if _, err := f.Seek(preambleBytes, 0); err != nil {
		return err
	}
	w := newWriter(f, preambleBytes)
	putSplit(w, s)
	h := header{Key: key, Content: content, Written: time.Now().UTC(), Fingerprint: s.Fingerprint, Audit: s.Audit, Kinds: contract.TextKinds(), Columns: w.columns}
	for _, a := range s.Training.Attributes {
		h.Attributes = append(h.Attributes, attribute{a.Name, a.Entity, a.Type})
	}
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	w.pad()
	at := w.at
	w.write(raw)
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if w.err != nil {
		return w.err
	}
	_, err = f.WriteAt(preamble(at, raw), 0)
	return err
}

func preamble(at int64, header []byte) []byte {
	out := append(make([]byte, 0, preambleBytes), magic...)
	out = binary.LittleEndian.AppendUint32(out, version)
	out = binary.LittleEndian.AppendUint32(out, 0)
	out = binary.LittleEndian.AppendUint64(out, uint64(at))
	out = binary.LittleEndian.AppendUint64(out, uint64(len(header)))
	sum := sha256.Sum256(header)
	out = append(out, sum[:]...)
	return append(out, make([]byte, preambleBytes-len(out))...)
}

// file is a mapped file.
type file struct {
	header header
	reader *reader
	split  *data.Split
}

// open maps a file. The mapping stays until the process ends: strings of a split
// go everywhere, and a mapping that is not used costs nothing. An error that is a
// contract.ErrBadData says that the file is damaged.
func open(path string) (*file, error) {
	raw, err := mapped(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(raw)
	if err != nil {
		_ = unix.Munmap(raw)
	}
	return f, err
}

// mapped is a file in memory, to be read only.
func mapped(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, damage("it is no regular file")
	case info.Size() < preambleBytes:
		return nil, damage("it has %d bytes, less than the %d of its beginning", info.Size(), preambleBytes)
	}
	raw, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	return raw, nil
}

// parse reads a whole file.
func parse(raw []byte) (*file, error) {
	h, err := parseHeader(raw)
	if err != nil {
		return nil, err
	}
	f := &file{header: h}
	if f.reader, err = newReader(raw, h.Columns); err != nil {
		return nil, err
	}
	f.split = getSplit(f.reader, &f.header)
	return f, f.reader.err
}

// readHeader reads the header of a file, and nothing of its columns.
func readHeader(path string) (h header, err error) {
	raw, err := mapped(path)
	if err != nil {
		return h, err
	}
	defer func() { _ = unix.Munmap(raw) }()
	return parseHeader(raw)
}

func parseHeader(raw []byte) (h header, err error) {
	rawHeader, err := headerOf(raw)
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(rawHeader, &h); err != nil {
		return h, damage("its header cannot be read: %v", err)
	}
	return h, nil
}

// headerOf finds the header by the beginning of a file.
func headerOf(raw []byte) ([]byte, error) {
	if len(raw) < preambleBytes || string(raw[:len(magic)]) != magic {
		return nil, damage("it does not begin as a prepared split does")
	}
	if v := binary.LittleEndian.Uint32(raw[16:]); v > version {
		return nil, contract.Errorf(contract.ErrBadData, "it was written by a newer version of this program, in form %d; this one reads form %d", v, version)
	} else if v != version {
		return nil, damage("it is of form %d, which does not exist", v)
	}
	at, n := binary.LittleEndian.Uint64(raw[24:]), binary.LittleEndian.Uint64(raw[32:])
	if size := uint64(len(raw)); n > size || at > size || at+n != size {
		return nil, damage("it has %d bytes, expected %d: it is not whole", size, at+n)
	}
	h := raw[at:]
	if sum := sha256.Sum256(h); !bytes.Equal(sum[:], raw[40:72]) {
		return nil, damage("its header has another checksum than when it was written")
	}
	return h, nil
}

func damage(format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "it is damaged: "+format, args...)
}
