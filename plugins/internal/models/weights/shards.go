package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/models/safetensors"
)

// shards are several files under an index that says which tensor is where.
type shards struct {
	index string
	files []Source
	where map[string]Source // tensor name -> its file
}

// sharded opens an index file and all shards that it names. A shard that is
// missing, lacks a tensor of the index or holds one that the index places
// elsewhere is ErrBadData.
func sharded(open func(string) (Source, error)) func(string) (Source, error) {
	return func(index string) (Source, error) {
		places, err := readIndex(index)
		if err != nil {
			return nil, err
		}
		s := &shards{index: index, where: map[string]Source{}}
		if err := s.addAll(places, open); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		return s, nil
	}
}

func damaged(path, format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "%s: %s", path, fmt.Sprintf(format, args...))
}

// readIndex is the index's weight_map: tensor name -> file name.
func readIndex(path string) (map[string]string, error) {
	text, err := regular.ReadText(path)
	if err != nil {
		return nil, err
	}
	var index struct {
		WeightMap weightMap `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, damaged(path, "%v", err)
	}
	if len(index.WeightMap) == 0 {
		return nil, damaged(path, "weight_map is missing or empty")
	}
	return index.WeightMap, nil
}

// weightMap is a map that refuses a repeated key, under which a shard could vanish.
type weightMap map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (m *weightMap) UnmarshalJSON(text []byte) error {
	*m = weightMap{}
	if err := json.Unmarshal(text, (*map[string]string)(m)); err != nil {
		return err
	}
	tokens, d := 0, json.NewDecoder(bytes.NewReader(text))
	for _, err := d.Token(); err == nil; _, err = d.Token() {
		tokens++
	}
	if len(*m) > 0 && tokens != 2+2*len(*m) { // two braces; a key and a value each
		return errors.New("a tensor stands twice in weight_map")
	}
	return nil
}

func (s *shards) addAll(places map[string]string, open func(string) (Source, error)) error {
	for _, shard := range slices.Compact(slices.Sorted(maps.Values(places))) {
		if err := s.add(shard, places, open); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		if s.where[name] == nil {
			return damaged(s.index, "tensor %q is not in its shard %q", name, places[name])
		}
	}
	return nil
}

func (s *shards) add(shard string, places map[string]string, open func(string) (Source, error)) error {
	if shard != filepath.Base(shard) || !filepath.IsLocal(shard) {
		return damaged(s.index, "shard %q is not a plain file name", shard)
	}
	file, err := open(filepath.Join(filepath.Dir(s.index), shard))
	if errors.Is(err, contract.ErrNotFound) {
		return damaged(s.index, "shard %q is missing from the folder", shard)
	}
	if err != nil {
		return err
	}
	s.files = append(s.files, file)
	for _, name := range file.Names() {
		if places[name] != shard {
			return damaged(s.index, "shard %q holds tensor %q, which the index places in %q", shard, name, places[name])
		}
		s.where[name] = file
	}
	return nil
}

// Names implements Source.
func (s *shards) Names() []string { return slices.Sorted(maps.Keys(s.where)) }

// Tensor implements Source.
func (s *shards) Tensor(name string) (safetensors.View, error) {
	file, err := s.find(name)
	if err != nil {
		return safetensors.View{}, err
	}
	return file.Tensor(name)
}

// Info implements Source.
func (s *shards) Info(name string) (safetensors.View, error) {
	file, err := s.find(name)
	if err != nil {
		return safetensors.View{}, err
	}
	return file.Info(name)
}

func (s *shards) find(name string) (Source, error) {
	if file := s.where[name]; file != nil {
		return file, nil
	}
	return nil, safetensors.Missing(s.index, name, s.Names())
}

// Paths implements Source: the shards and their index.
func (s *shards) Paths() []string {
	paths := []string{s.index}
	for _, file := range s.files {
		paths = append(paths, file.Paths()...)
	}
	return paths
}

// Close implements Source.
func (s *shards) Close() error {
	var all error
	for _, file := range s.files {
		all = errors.Join(all, file.Close())
	}
	return all
}
