package main

import (
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/host"
	"cllm4rec/core/printable"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

func (a *app) dataSniffCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use: "sniff PATH", Short: "Say which plugin and parameters read a file or a folder, as YAML", Args: one("PATH"),
		Long: "Sniff asks every data set plugin whether it recognises a file or a folder, tries what they guess on the first rows, and\n" +
			"prints the best guess as an entry of an experiment file's `datasets:`.",
		RunE: func(c *cobra.Command, args []string) error {
			return a.withHost(func(_ *host.Host, plugins *run.Host) error { return a.sniff(c, plugins, args[0], name) })
		},
	}
	c.Flags().StringVar(&name, "name", "", "name of the data set in the experiment file (default: of the file or folder)")
	return c
}

func (a *app) sniff(c *cobra.Command, plugins *run.Host, path, name string) error {
	if path == "" {
		return contract.Errorf(contract.ErrInvalid, "data sniff needs the path of a file or a folder, and this one is empty")
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	all, err := run.Sniff(c.Context(), plugins, whole)
	plugins.Release(c.Context())
	if err != nil && len(all) == 0 {
		return err
	}
	if err != nil {
		a.log.Warn().Msg("not every plugin answered: " + printable.Text(err.Error()))
	}
	if len(all) == 0 {
		return contract.Errorf(contract.ErrNotFound, "no plugin recognises %s%s: of %s asked; the plugin `table` reads CSV, JSON lines and Parquet of any columns when they are named",
			path, odd(whole), strings.Join(plugins.Names(contract.KindDataset), ", "))
	}
	if all[0].Err != nil {
		return contract.Errorf(contract.ErrBadData, "%s looks like data of the plugin %s (%s), but cannot be read as such: %v", path, all[0].Plugin, all[0].Why, all[0].Err)
	}
	if name == "" {
		name, _, _ = strings.Cut(filepath.Base(whole), ".")
	}
	text, err := entry(all[0], name, func(s string) string { return asGiven(s, whole, path) })
	if err != nil {
		return err
	}
	a.print("# %s: %s (%s)\n# %s\n%s", all[0].Plugin, printable.Line(all[0].Why), all[0].Confidence, run.Sight{Dataset: "first rows", Sample: all[0].Sample}, text)
	for _, other := range all[1:] {
		a.print("# or %s\n", alternative(other, func(s string) string { return asGiven(s, whole, path) }))
	}
	return nil
}

// odd says what is unusual about a path that nobody recognised.
func odd(path string) string {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return " (" + err.Error() + ")"
	case info.Mode().IsRegular() && info.Size() == 0:
		return ", which is empty"
	case !info.Mode().IsRegular() && !info.IsDir():
		return ", which is neither a regular file nor a folder"
	}
	return ""
}

// alternative is a further guess in a line.
func alternative(s run.Recognised, shorten func(string) string) string {
	line := s.Plugin + ": " + printable.Line(s.Why) + " (" + string(s.Confidence) + "); params: " + shorten(printable.Line(string(s.Params)))
	if s.Err != nil {
		line += "; not readable so: " + printable.Line(s.Err.Error())
	}
	return line
}

// asGiven puts the path that the user wrote in place of the whole one.
func asGiven(text, whole, path string) string {
	if filepath.IsAbs(path) {
		return text
	}
	return strings.ReplaceAll(text, whole, filepath.Clean(path))
}

// entry is a data set as an experiment file has it, with a split that its rows allow.
func entry(s run.Recognised, name string, shorten func(string) string) (string, error) {
	var params yaml.Node
	if err := yaml.Unmarshal(s.Params, &params); err != nil { // JSON is YAML
		return "", err
	}
	plain(&params, shorten)
	return datasetEntry{name, s.Plugin, params.Content[0], split(s.Sample)}.lines()
}

// plain has scalars quoted only where YAML needs it, and objects in one line.
func plain(n *yaml.Node, shorten func(string) string) {
	n.Style = 0
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		n.Style = yaml.FlowStyle
	case yaml.ScalarNode:
		n.Value = shorten(n.Value)
	}
	for _, inner := range n.Content {
		plain(inner, shorten)
	}
}

// split is what fits the rows: their own parts, else the last item where there are
// times, else a share at random.
func split(s data.Sample) map[string]any {
	switch {
	case s.Given:
		return map[string]any{"method": data.MethodGiven}
	case s.Times:
		return map[string]any{"method": data.MethodLeaveOneOut}
	}
	return map[string]any{"method": data.MethodRatio, "validation": 0.1, "test": 0.1}
}
