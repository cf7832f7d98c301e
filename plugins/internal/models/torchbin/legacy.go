package torchbin

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"cllm4rec/plugins/internal/formats/pickle"
	"cllm4rec/plugins/internal/models/safetensors"
)

// magic is the integer 0x1950a86a20f9469cfc6c as a pickle, without its PROTO
// opcode: what files of torch < 1.6 begin with.
const magic = "\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."

// legacyProtocol is the only version that the old format has had.
const legacyProtocol = 1001

// legacy is a file in parts: magic, version, system, object, keys, storages.
type legacy struct {
	rest     []byte // what has not been read
	storages map[string]*storage
}

func readLegacy(data []byte) (any, error) {
	if len(data) < 2 || data[0] != 0x80 || !bytes.HasPrefix(data[2:], []byte(magic)) {
		return nil, unsupported("neither a zip archive nor the older format of torch.save")
	}
	l := &legacy{rest: data[2+len(magic):], storages: map[string]*storage{}}
	if err := l.system(); err != nil {
		return nil, err
	}
	o := &objects{storage: l.storage}
	object, err := l.next(o, "the object")
	if err != nil {
		return nil, err
	}
	if err := l.place(); err != nil {
		return nil, err
	}
	return object, partition(o.tensors)
}

// next reads one pickle.
func (l *legacy) next(o *objects, what string) (any, error) {
	value, size, err := pickle.ReadObjects(l.rest, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	l.rest = l.rest[size:]
	return value, nil
}

// system reads the version and the description of the machine that wrote the file.
func (l *legacy) system() error {
	version, err := l.next(&objects{}, "the version")
	if err != nil {
		return err
	}
	if version != int64(legacyProtocol) {
		return unsupported("version %v of torch's old format, expected %d", version, legacyProtocol)
	}
	info, err := l.next(&objects{}, "the system's description")
	if err != nil {
		return err
	}
	d, ok := info.(*pickle.Dict)
	if !ok {
		return fmt.Errorf("the system's description is %s, expected a dictionary", kind(info))
	}
	if little, _ := d.Get("little_endian"); little != true {
		return unsupported("the byte order is not little-endian")
	}
	return nil
}

// storage implements objects.storage; the id has a sixth field, a view of the storage.
func (l *legacy) storage(dtype safetensors.DType, key string, count int64, id pickle.Tuple) (*storage, error) {
	if len(id) != 6 || id[5] != nil {
		return nil, unsupported("storage %q is a view of another storage (torch < 0.4)", key)
	}
	if count > int64(len(l.rest)) {
		return nil, fmt.Errorf("storage %q of %d elements is larger than the file", key, count)
	}
	s, ok := l.storages[key]
	if !ok {
		s = &storage{key: key, dtype: dtype, count: int(count)}
		l.storages[key] = s
	}
	if s.dtype != dtype || s.count != int(count) {
		return nil, fmt.Errorf("storage %q is %d %s here and %d %s before", key, count, dtype, s.count, s.dtype)
	}
	return s, nil
}

// place reads the list of keys and then, for each key, a count and the elements.
func (l *legacy) place() error {
	list, err := l.next(&objects{}, "the list of storages")
	if err != nil {
		return err
	}
	keys, ok := list.(*pickle.List)
	if !ok || len(keys.Items) != len(l.storages) {
		return fmt.Errorf("the list of storages does not name the %d storages of the tensors", len(l.storages))
	}
	for _, key := range keys.Items {
		if err := l.placeOne(key); err != nil {
			return err
		}
	}
	if len(l.rest) > 0 {
		return fmt.Errorf("%d bytes of data belong to no storage", len(l.rest))
	}
	return nil
}

func (l *legacy) placeOne(key any) error {
	name, _ := key.(string)
	s := l.storages[name]
	if s == nil || s.bytes != nil {
		return fmt.Errorf("the list of storages names %#v, which no tensor has, or twice", key)
	}
	if len(l.rest) < 8 {
		return fmt.Errorf("truncated before storage %q", s.key)
	}
	count, size := binary.LittleEndian.Uint64(l.rest), s.count*s.dtype.Size()
	if count != uint64(s.count) || len(l.rest)-8 < size {
		return fmt.Errorf("storage %q has %d elements and %d bytes are left, expected %d elements of %s: truncated or damaged",
			s.key, count, len(l.rest)-8, s.count, s.dtype)
	}
	s.bytes = l.rest[8 : 8+size : 8+size]
	l.rest = l.rest[8+size:]
	return nil
}
