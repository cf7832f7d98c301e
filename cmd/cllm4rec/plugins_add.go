package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) pluginsAddCommand() *cobra.Command {
	replace := false
	c := &cobra.Command{
		Use: "add DIR", Short: "Copy a plugin with a plugin.yaml to where this program finds it", Args: one("DIR"),
		Long: "Add reads the plugin.yaml in DIR, says everything that is wrong with it, and copies what it names to the first plugin folder (see\n" +
			"--plugins): the files of the plugin's checksum, and those of its section `check`. It is a copy and no link, so that results stay\n" +
			"those of the plugin that made them while DIR is worked on; --replace brings the next state. While you work on a plugin, name its\n" +
			"folder instead: --plugins PLUGINS,DIR. `plugins remove NAME` takes the copy away again.",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.withHost(func(h *host.Host, _ *run.Host) error {
				b, files, err := h.Add(args[0], replace)
				if err != nil {
					return err
				}
				return a.tellAdded(b, files)
			})
		},
	}
	c.Flags().BoolVar(&replace, "replace", false, "put it in the place of a plugin of its name that was added before")
	return c
}

// tellAdded says where a plugin lies and what comes next.
func (a *app) tellAdded(b host.Binary, files int) error {
	m, err := b.Manifest()
	if err != nil {
		return err
	}
	a.print("added the %s plugin %s: %s in %s\n", b.Kind, b.Name, counted(files, "file"), m.Dir())
	if m.Install != nil {
		a.print("install it: cllm4rec plugins install %s\n", b.Name)
	}
	a.print("check it: cllm4rec plugins check %s\nuse it: %s\n", b.Name, useLine(b))
	return nil
}

// useLine is what names a plugin in an experiment file.
func useLine(b host.Binary) string {
	switch b.Kind {
	case contract.KindDataset:
		return "datasets: [{name: " + b.Name + ", plugin: " + b.Name + "}]"
	case contract.KindBackbone:
		return "backbone: {plugin: " + b.Name + "}"
	default:
		return "methods: [{name: " + b.Name + ", recommender: {plugin: " + b.Name + "}}]"
	}
}
