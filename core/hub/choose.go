package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/schema"
)

// Format says which weights of a model are taken.
type Format string

// The formats. A GGUF file is named as "gguf:FILE".
const (
	Auto        Format = "auto"        // safetensors, else bin
	SafeTensors Format = "safetensors" // model.safetensors, or its shards
	Bin         Format = "bin"         // pytorch_model.bin, or its shards
	gguf               = "gguf:"
)

// ParseFormat reads a format. ErrInvalid.
func ParseFormat(text string) (Format, error) {
	f := Format(text)
	if name, is := strings.CutPrefix(text, gguf); is && name != "" {
		if !strings.HasSuffix(name, ".gguf") {
			return "", contract.Errorf(contract.ErrInvalid, "the format %q names no GGUF file: expected one such as gguf:model.Q4_0.gguf", text)
		}
		return f, nil
	}
	if f == Auto || f == SafeTensors || f == Bin {
		return f, nil
	}
	hint := ""
	if near := schema.Nearest(text, []string{string(Auto), string(SafeTensors), string(Bin)}); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return "", contract.Errorf(contract.ErrInvalid, "unknown format %q: expected auto, safetensors, bin or gguf:FILE%s", text, hint)
}

// layout is how one kind of weights lies in a repository.
type layout struct {
	format                Format
	single, index, ending string
}

var layouts = []layout{
	{SafeTensors, "model.safetensors", "model.safetensors.index.json", ".safetensors"},
	{Bin, "pytorch_model.bin", "pytorch_model.bin.index.json", ".bin"},
}

// besides lists the files beside weights that a backbone may read: the model's
// description and its tokenizer, whichever kind it is.
var besides = []string{
	"config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	"vocab.json", "merges.txt", "spiece.model", "tokenizer.model",
}

// choose picks the files of a snapshot that a backbone needs, in the order of
// their download: small ones first.
func (c *Client) choose(ctx context.Context, s *snapshot, format Format) ([]fetch.File, error) {
	weights, err := c.weights(ctx, s, format)
	if err != nil {
		return nil, err
	}
	if _, there := s.files[besides[0]]; !there && !strings.HasPrefix(string(format), gguf) {
		return nil, contract.Errorf(contract.ErrUnsupported, "%s has no config.json, so nothing says what model it is%s", s.repo, s.alternatives())
	}
	var all []fetch.File
	for _, name := range besides {
		if f, there := s.files[name]; there {
			all = append(all, f)
		}
	}
	return append(all, weights...), nil
}

func (c *Client) weights(ctx context.Context, s *snapshot, format Format) ([]fetch.File, error) {
	if name, is := strings.CutPrefix(string(format), gguf); is {
		f, there := s.files[name]
		if !there {
			return nil, contract.Errorf(contract.ErrNotFound, "%s has no file %s%s", s.repo, name, near(name, s.ending(".gguf")))
		}
		return []fetch.File{f}, nil
	}
	for _, l := range layouts {
		if format != Auto && format != l.format {
			continue
		}
		if f, there := s.files[l.single]; there {
			return []fetch.File{f}, nil
		}
		if index, there := s.files[l.index]; there {
			return c.shards(ctx, s, index, l)
		}
	}
	return nil, contract.Errorf(contract.ErrUnsupported, "%s has no weights in the format %s%s", s.repo, format, s.alternatives())
}

// alternatives names the weights that there are.
func (s *snapshot) alternatives() string {
	if files := s.ending(".gguf"); len(files) > 0 {
		return fmt.Sprintf("; it has GGUF files, such as --format gguf:%s", files[0])
	}
	for _, l := range layouts {
		_, single := s.files[l.single]
		_, index := s.files[l.index]
		if single || index {
			return fmt.Sprintf("; it has --format %s", l.format)
		}
	}
	return fmt.Sprintf("; it has: %s", strings.Join(slices.Sorted(maps.Keys(s.files)), ", "))
}

// ending lists files by the end of their names, smallest name first.
func (s *snapshot) ending(end string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.files)), func(p string) bool { return !strings.HasSuffix(p, end) })
}

// shards reads an index of shards and lists it with them.
func (c *Client) shards(ctx context.Context, s *snapshot, index fetch.File, l layout) ([]fetch.File, error) {
	if index.Size > maxAnswer {
		return nil, contract.Errorf(contract.ErrBadData, "%s: %s has %d bytes, too many for an index", s.repo, index.Path, index.Size)
	}
	raw, _, err := c.bytes(ctx, c.resolve(s, index.Path), index.Size)
	if err != nil {
		return nil, c.about(s.repo, err)
	}
	if err := holds(index, raw); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", s.repo, index.Path, err)
	}
	var content struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(raw, &content); err != nil || len(content.WeightMap) == 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: %s holds no weight_map from tensors to files: %v", s.repo, index.Path, err)
	}
	all := []fetch.File{index}
	for _, name := range slices.Compact(slices.Sorted(maps.Values(content.WeightMap))) {
		f, err := s.shard(index.Path, name, l)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// holds holds content against size and checksum of a file.
func holds(f fetch.File, content []byte) error {
	_, err := f.Sum(bytes.NewReader(content))
	return err
}

func (s *snapshot) shard(index, name string, l layout) (fetch.File, error) {
	if err := checkPath(s.repo.String()+"'s "+index, name); err != nil {
		return fetch.File{}, err
	}
	f, there := s.files[name]
	if !there || path.Base(name) != name || !strings.HasSuffix(name, l.ending) {
		return fetch.File{}, contract.Errorf(contract.ErrBadData, "%s: %s names the shard %q, which is not among its files", s.repo, index, name)
	}
	return f, nil
}

// resolve is the address of a file's content at the snapshot's commit.
func (c *Client) resolve(s *snapshot, path string) string {
	return c.address(append([]string{s.repo.Owner, s.repo.Name, "resolve", s.commit}, strings.Split(path, "/")...)...)
}
