package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) pluginsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "plugins [NAME]", Short: "List the plugins, describe one with its parameters, check, add, install, remove or begin one", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withHost(func(h *host.Host, plugins *run.Host) error {
				if len(args) == 0 {
					return a.listPlugins(c, h, plugins)
				}
				return a.describePlugins(c, plugins, args[0])
			})
		},
	}
	c.AddCommand(a.pluginsCheckCommand(), a.pluginsAddCommand(), a.pluginsInstallCommand(), a.pluginsRemoveCommand(), a.pluginsNewCommand())
	return c
}

func (a *app) listPlugins(c *cobra.Command, h *host.Host, plugins *run.Host) error {
	table := a.table()
	table.Header("kind", "name", "version", "takes", "offers", "what it is")
	var rows []listed
	for _, kind := range contract.Kinds() {
		for _, name := range plugins.Names(kind) {
			p, err := plugins.Describe(c.Context(), kind, name)
			if err != nil {
				p.Kind, p.Name, p.Summary = kind, name, "does not start: "+firstLine(err.Error())
				if remedy := uninstalled(h, kind, name); remedy != "" {
					p.Summary = "is not installed: " + remedy
				}
			}
			rows = append(rows, list(p.Info))
		}
	}
	slices.SortStableFunc(rows, func(a, b listed) int { return cmp.Compare(a.group, b.group) })
	for _, r := range rows {
		if err := table.Append(r.kind, r.name, r.version, r.takes, r.offers, r.summary); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return contract.Errorf(contract.ErrNotFound, "there are no plugins in %s; `make build` puts them into bin/plugins, and --plugins DIR names another folder", strings.Join(h.Dirs(), ", "))
	}
	return table.Render()
}

// firstLine leaves out the end of a plugin's stderr.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// describePlugins describes every plugin of a name; kinds may share one.
func (a *app) describePlugins(c *cobra.Command, plugins *run.Host, name string) error {
	var known []string
	found := false
	for _, kind := range contract.Kinds() {
		known = append(known, plugins.Names(kind)...)
		if !slices.Contains(plugins.Names(kind), name) {
			continue
		}
		p, err := plugins.Describe(c.Context(), kind, name)
		if err != nil {
			return err
		}
		if err := a.describePlugin(p); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return contract.Errorf(contract.ErrNotFound, "there is no plugin %q%s", name, didYouMean(name, known))
	}
	return nil
}

func (a *app) describePlugin(p experiment.Plugin) error {
	a.print("%s %s %s\n%s\n", p.Kind, p.Name, p.Version, p.Summary)
	if len(p.Capabilities) > 0 {
		a.print("capabilities: %s\n", join(p.Capabilities))
	}
	a.print("sha256: %s\n", p.Checksum)
	rows, err := parameters(p.Schema)
	if err != nil || len(rows) == 0 {
		a.print("parameters: none\n")
		return err
	}
	a.print("parameters:\n")
	for _, r := range rows {
		a.print("  %s\n      %s\n", strings.Join(slices.DeleteFunc(r[:4], func(s string) bool { return s == "" }), ", "), r[4])
	}
	return nil
}

func join[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}

// property is what a JSON schema says of a parameter.
type property struct {
	Type        any                 `json:"type"`
	Format      string              `json:"format"`
	Default     json.RawMessage     `json:"default"`
	Description string              `json:"description"`
	Enum        []json.RawMessage   `json:"enum"`
	Minimum     json.RawMessage     `json:"minimum"`
	Maximum     json.RawMessage     `json:"maximum"`
	Above       json.RawMessage     `json:"exclusiveMinimum"`
	Below       json.RawMessage     `json:"exclusiveMaximum"`
	Required    []string            `json:"required"`
	Properties  map[string]property `json:"properties"`
}

// parameters lists the parameters of a schema, nested ones with dotted names.
func parameters(schema json.RawMessage) ([][]string, error) {
	var root property
	if err := json.Unmarshal(schema, &root); err != nil {
		return nil, fmt.Errorf("the schema of the parameters cannot be read: %w", err)
	}
	return root.rows(""), nil
}

func (p property) rows(prefix string) [][]string {
	var rows [][]string
	names := make([]string, 0, len(p.Properties))
	for name := range p.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		inner := p.Properties[name]
		if len(inner.Properties) > 0 {
			rows = append(rows, inner.rows(prefix+name+".")...)
			continue
		}
		byDefault := ""
		if len(inner.Default) > 0 {
			byDefault = "default " + string(inner.Default)
		}
		if slices.Contains(p.Required, name) {
			byDefault = "required"
		}
		rows = append(rows, []string{prefix + name, inner.kind(), byDefault, inner.limits(), inner.Description})
	}
	return rows
}

func (p property) kind() string {
	if p.Format != "" {
		return p.Format
	}
	switch names := p.Type.(type) {
	case nil:
		return "any"
	case []any: // the type, and null where it may be left open
		return fmt.Sprint(names[0])
	}
	return fmt.Sprint(p.Type)
}

func (p property) limits() string {
	var parts []string
	for _, v := range p.Enum {
		parts = append(parts, strings.Trim(string(v), `"`))
	}
	if len(parts) > 0 {
		return strings.Join(parts, " | ")
	}
	for _, l := range []struct {
		sign  string
		value json.RawMessage
	}{{">=", p.Minimum}, {">", p.Above}, {"<=", p.Maximum}, {"<", p.Below}} {
		if len(l.value) > 0 {
			parts = append(parts, l.sign+" "+string(l.value))
		}
	}
	return strings.Join(parts, ", ")
}
