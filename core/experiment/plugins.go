package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// use is a plugin with parameters that were checked.
type use struct {
	plugin   Plugin
	kind     contract.Kind
	device   string          // Options.Device
	resolved json.RawMessage // with defaults and absolute paths
	portable json.RawMessage // with digests in place of paths
}

// checkUse checks the section at path, which names a plugin and its parameters.
func (c *checker) checkUse(ctx context.Context, kind contract.Kind, path []string) {
	section, _, _ := c.root.Find(path)
	name := section.Get("plugin").Text()
	if name == "" {
		return // the schema said so
	}
	if known := c.plugins.Names(kind); !slices.Contains(known, name) {
		c.at(fmt.Sprintf("there is no %s plugin %q%s", kind, name, noPlugin(name, known)), append(path, "plugin")...)
		return
	}
	plugin, err := c.plugins.Describe(ctx, kind, name)
	if err != nil {
		c.refused(kind, section, err, path, "plugin")
		return
	}
	if plugin.Semantics < 1 {
		c.at(fmt.Sprintf("%s plugin %s says that its semantics is %d; expected a number from 1", kind, name, plugin.Semantics), append(path, "plugin")...)
		return
	}
	params, ok := c.params(section, plugin, append(path, "params"))
	if !ok {
		return
	}
	u := use{plugin: plugin, kind: kind, device: c.device}
	if u.resolved, err = c.plugins.Resolve(ctx, kind, name, params); err != nil {
		c.refused(kind, section, err, path, "params")
		return
	}
	if !c.newFiles {
		if u.portable, err = c.files.portable(plugin.Schema, u.resolved); err != nil {
			c.unreadable(err, yamltree.Extend(path, "params"))
			return
		}
	}
	c.uses[strings.Join(path, ".")] = u
}

// unreadable reports a problem at a path, or ends the search when the machine is out of
// room, which is no fault of the file.
func (c *checker) unreadable(err error, path []string) {
	if contract.OutOfRoom(err) {
		c.outOfRoom = err
		return
	}
	c.at(err.Error(), path...)
}

// refused takes what a plugin says against the section at path: a problem of the file,
// or, where rows may fail and the plugin itself failed, a row that fails.
func (c *checker) refused(kind contract.Kind, section *yamltree.Node, err error, path []string, key string) {
	if !c.rowsMayFail || contract.IsBadInput(err) || contract.OutOfRoom(err) {
		c.unreadable(err, yamltree.Extend(path, key))
		return
	}
	written := json.RawMessage("{}")
	if params := section.Get("params"); params != nil {
		written = params.Marshal()
	}
	portable, _ := json.Marshal(map[string]json.RawMessage{"unplanned": written}) // it is JSON
	c.failures[strings.Join(path, ".")] = PluginPlan{
		Kind: kind, Name: section.Get("plugin").Text(), Params: written, Portable: portable, Failure: err.Error(),
	}
}

// pluginPlan is the plugin that the section at a path names, with what it said.
func (c *checker) pluginPlan(path string) PluginPlan {
	if failed, ok := c.failures[path]; ok {
		return failed
	}
	return c.uses[path].plan()
}

func noPlugin(name string, known []string) string {
	if len(known) == 0 {
		return "; no such plugins were found: make build, or --plugins DIR"
	}
	return schema.Hint(name, known)
}

// params checks a section's parameters against the plugin's schema and returns
// them with absolute paths; not ok when something is wrong with them.
func (c *checker) params(section *yamltree.Node, plugin Plugin, path []string) (raw json.RawMessage, ok bool) {
	before, known := len(c.problems), 0
	params := section.Get("params")
	var value any = map[string]any{}
	if params != nil {
		value = params.Value()
	}
	for _, p := range schema.Check(plugin.Schema, value) {
		if n, _, _ := params.Find(p.Path); n != nil && n.Bad {
			known++ // told when the file was parsed
			continue
		}
		c.at(p.Message, append(slices.Clip(path), p.Path...)...)
	}
	pathsOf(plugin.Schema, value, func(steps []string, p string) {
		n, _, _ := params.Find(steps)
		abs := p
		if !filepath.IsAbs(p) {
			abs = filepath.Join(c.dir, p)
		}
		if err := checkPath(abs, n.Written); err != nil && !c.newFiles {
			c.at(err.Error(), append(slices.Clip(path), steps...)...)
		}
		replace(value, steps, abs)
	})
	raw, err := json.Marshal(value)
	if err != nil {
		c.at(err.Error(), path...)
	}
	return raw, known == 0 && len(c.problems) == before
}

// replace sets the string at steps inside decoded JSON.
func replace(value any, steps []string, s string) {
	last := steps[len(steps)-1]
	parent := lookup(value, steps[:len(steps)-1])
	switch p := parent.(type) {
	case map[string]any:
		p[last] = s
	case []any:
		p[index(last)] = s
	}
}

func lookup(value any, steps []string) any {
	for _, step := range steps {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			value = v[index(step)]
		}
	}
	return value
}

func index(step string) int {
	i := 0
	for _, d := range step {
		i = 10*i + int(d-'0')
	}
	return i
}

// portable is resolved parameters without resources, and with digests of what they
// lead to in place of paths.
func (d digester) portable(pluginSchema, resolved json.RawMessage) (json.RawMessage, error) {
	value, err := decodeNumbers(resolved)
	if err != nil {
		return nil, err
	}
	removeResources(pluginSchema, value)
	pathsOf(pluginSchema, value, func(steps []string, path string) {
		sum, failed := d.digest(path)
		if failed != nil && err == nil {
			err = fmt.Errorf("%s cannot be read: %w", path, failed)
		}
		replace(value, steps, "sha256:"+sum)
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}
