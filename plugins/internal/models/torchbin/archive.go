package torchbin

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"

	"cllm4rec/plugins/internal/formats/pickle"
	"cllm4rec/plugins/internal/models/safetensors"
)

// Signatures of the zip format (APPNOTE.TXT, 4.3).
const (
	localHeader      = "PK\x03\x04"
	dataDescriptor   = "PK\x07\x08"
	centralDirectory = "PK\x01\x02"
)

// localHeaderSize is a local header without its name and extra field.
const localHeaderSize = 30

// flagDescriptor: a data descriptor follows the entry (APPNOTE.TXT, 4.4.4).
const flagDescriptor = 8

// archive is a zip file whose entries lie uncompressed one after the other.
type archive struct {
	prefix  string
	entries map[string][]byte // name without prefix -> its bytes in the file
	// checked: the pickle has a checksum, and it is right.
	checked bool
	used    map[string]*storage
}

// readArchive reads NAME/data.pkl and places the storages NAME/data/KEY.
func readArchive(data []byte) (any, error) {
	a, err := openArchive(data)
	if err != nil {
		return nil, err
	}
	o := &objects{storage: a.storage}
	object, size, err := pickle.ReadObjects(a.entries["data.pkl"], o)
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	if rest := len(a.entries["data.pkl"]) - size; rest != 0 {
		return nil, fmt.Errorf("data.pkl: %d bytes follow the end", rest)
	}
	if err := a.allUsed(); err != nil {
		return nil, err
	}
	if !a.checked {
		return object, partition(o.tensors)
	}
	return object, nil
}

func openArchive(data []byte) (*archive, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("zip archive: %w: truncated or damaged", err)
	}
	a := &archive{entries: map[string][]byte{}, used: map[string]*storage{}}
	if slices.ContainsFunc(r.File, func(f *zip.File) bool { return strings.HasSuffix(f.Name, "/constants.pkl") }) {
		return nil, unsupported("a TorchScript program, expected a state dictionary (torch.save of state_dict())")
	}
	if err := a.place(data, r.File); err != nil {
		return nil, fmt.Errorf("zip archive: %w", err)
	}
	if _, ok := a.entries["data.pkl"]; !ok {
		return nil, unsupported("a zip archive without data.pkl: not made by torch.save")
	}
	if order, ok := a.entries["byteorder"]; ok && string(order) != "little" {
		return nil, unsupported("the byte order is %q, only \"little\" is read", order)
	}
	return a, nil
}

// place finds the bytes of every entry and checks that headers and entries cover
// the file up to the directory, so that no damaged length can move one silently.
func (a *archive) place(data []byte, files []*zip.File) error {
	starts := make(map[*zip.File]int64, len(files))
	for _, f := range files {
		at, err := f.DataOffset()
		if err != nil {
			return fmt.Errorf("%q: %w", f.Name, err)
		}
		starts[f] = at
	}
	at := 0
	for _, f := range slices.SortedFunc(maps.Keys(starts), func(x, y *zip.File) int { return cmp.Compare(starts[x], starts[y]) }) {
		body, after, err := entry(data, at, f, starts[f])
		if err != nil {
			return fmt.Errorf("%q: %w", f.Name, err)
		}
		if err := a.add(f, body); err != nil {
			return err
		}
		at = after
	}
	if !bytes.HasPrefix(data[at:], []byte(centralDirectory)) {
		return fmt.Errorf("bytes from %d on belong to no entry", at)
	}
	return nil
}

// entry is the content of the entry whose header begins at a byte, and where the next begins.
func entry(data []byte, at int, f *zip.File, start int64) ([]byte, int, error) {
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, 0, unsupported("is compressed, expected it stored as torch.save does")
	}
	if start > int64(len(data)) || f.CompressedSize64 > uint64(int64(len(data))-start) || int64(at)+localHeaderSize > start {
		return nil, 0, fmt.Errorf("overlaps another entry or lies outside the file")
	}
	head, end := data[at:start], start+int64(f.CompressedSize64)
	name, extra := int(binary.LittleEndian.Uint16(head[26:])), int(binary.LittleEndian.Uint16(head[28:]))
	if string(head[:4]) != localHeader || localHeaderSize+name+extra != len(head) || string(head[localHeaderSize:localHeaderSize+name]) != f.Name {
		return nil, 0, fmt.Errorf("its header does not lie at byte %d, where the entry before ends", at)
	}
	size, err := descriptor(data[end:], f)
	return data[start:end:end], int(end) + size, err
}

// descriptor is the size of the record that repeats an entry's size and checksum
// behind it, 0 where the entry's flags say that there is none.
func descriptor(rest []byte, f *zip.File) (int, error) {
	if f.Flags&flagDescriptor == 0 {
		return 0, nil
	}
	short := binary.LittleEndian.AppendUint32([]byte(dataDescriptor), f.CRC32)
	long := binary.LittleEndian.AppendUint64(slices.Clone(short), f.CompressedSize64)
	long = binary.LittleEndian.AppendUint64(long, f.UncompressedSize64)
	short = binary.LittleEndian.AppendUint32(short, uint32(f.CompressedSize64))
	short = binary.LittleEndian.AppendUint32(short, uint32(f.UncompressedSize64))
	for _, record := range [][]byte{long, short} {
		if bytes.HasPrefix(rest, record) {
			return len(record), nil
		}
	}
	return 0, fmt.Errorf("the size or checksum behind it differs from the directory's")
}

// add keeps an entry under its name without the prefix, which all share. The
// checksum is verified of small entries; those of storages would cost reading
// all data, as in no other format.
func (a *archive) add(f *zip.File, body []byte) error {
	prefix, name, ok := strings.Cut(f.Name, "/")
	if !ok || (a.prefix != "" && prefix != a.prefix) {
		return fmt.Errorf("entry %q lies outside the folder %q", f.Name, a.prefix)
	}
	if _, twice := a.entries[name]; twice {
		return fmt.Errorf("entry %q stands twice", f.Name)
	}
	a.prefix, a.entries[name] = prefix, body
	if strings.HasPrefix(name, "data/") {
		return nil
	}
	sum := crc32.ChecksumIEEE(body)
	if f.CRC32 != 0 && sum != f.CRC32 {
		return fmt.Errorf("entry %q has checksum %08x, expected %08x: it is damaged", f.Name, sum, f.CRC32)
	}
	if name == "data.pkl" {
		a.checked = sum == f.CRC32
	}
	return nil
}

// storage implements objects.storage.
func (a *archive) storage(dtype safetensors.DType, key string, count int64, id pickle.Tuple) (*storage, error) {
	body, ok := a.entries["data/"+key]
	if !ok || len(id) != 5 {
		return nil, fmt.Errorf("storage %q is not in the file", key)
	}
	if count > int64(len(body)) || int(count)*dtype.Size() != len(body) {
		return nil, fmt.Errorf("storage %q has %d bytes, expected %d elements of %s", key, len(body), count, dtype)
	}
	if s, ok := a.used[key]; ok && s.dtype == dtype {
		return s, nil
	}
	s := &storage{key: key, dtype: dtype, count: int(count), bytes: body}
	a.used[key] = s
	return s, nil
}

// allUsed finds storages that the pickle does not mention.
func (a *archive) allUsed() error {
	for name := range a.entries {
		if key, ok := strings.CutPrefix(name, "data/"); ok && a.used[key] == nil {
			return fmt.Errorf("entry %q belongs to no tensor", name)
		}
	}
	return nil
}
