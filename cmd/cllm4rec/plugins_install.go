package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/manifest"
	"cllm4rec/core/pyenv"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) pluginsInstallCommand() *cobra.Command {
	kind := ""
	c := &cobra.Command{
		Use: "install NAME", Short: "Make the Python environment that a plugin's manifest asks for", Args: one("NAME"),
		Long: "Install makes a virtual environment by the section `install` of the plugin's plugin.yaml: venv, pip install -r, and the SDK that\n" +
			"lies beside this program. It goes to $CLLM4REC_ENVIRONMENTS, else to cllm4rec/environments in the user's cache. Again, it renews it.",
		RunE: func(c *cobra.Command, args []string) error {
			return a.withHost(func(h *host.Host, _ *run.Host) error {
				b, err := installable(h, args[0], kind)
				if err != nil {
					return err
				}
				m, err := b.Manifest()
				if err != nil {
					return err
				}
				self, err := os.Executable()
				if err != nil {
					return err
				}
				dir, err := pyenv.Install(c.Context(), m, filepath.Join(filepath.Dir(self), "python"), a.stderr)
				if err == nil {
					a.print("%s\n", dir)
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&kind, "kind", "", "kind of the plugin, where several have the name")
	return c
}

func (a *app) pluginsRemoveCommand() *cobra.Command {
	kind := ""
	c := &cobra.Command{
		Use: "remove NAME", Short: "Remove the Python environment that install made, and the plugin that add put there", Args: one("NAME"),
		Long: "Remove takes away what `plugins install NAME` and `plugins add DIR` made. A plugin that ships with this program stays, and so does\n" +
			"the folder that a plugin was added from.",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.withHost(func(h *host.Host, _ *run.Host) error {
				b, err := installable(h, args[0], kind)
				if err != nil {
					return err
				}
				return a.removePlugin(b)
			})
		},
	}
	c.Flags().StringVar(&kind, "kind", "", "kind of the plugin, where several have the name")
	return c
}

// removePlugin takes away a plugin's environment, and the plugin where it was added. It does
// not read the manifest: one that this program no longer understands goes too.
func (a *app) removePlugin(b host.Binary) error {
	switch dir, err := pyenv.Remove(&manifest.Manifest{Kind: b.Kind, Name: b.Name}); {
	case err == nil:
		a.print("removed %s\n", dir)
	case !b.Added() || !errors.Is(err, contract.ErrNotFound):
		return err
	}
	if !b.Added() {
		return nil
	}
	if err := b.Remove(); err != nil {
		return err
	}
	a.print("removed %s\n", filepath.Dir(b.Path))
	return nil
}

// installable is a plugin with a manifest. Where a program of another kind has the name too,
// it needs no environment and is not meant.
func installable(h *host.Host, name, kind string) (host.Binary, error) {
	all, err := h.List()
	if err != nil {
		return host.Binary{}, err
	}
	found := slices.DeleteFunc(all, func(b host.Binary) bool {
		return b.Name != name || !b.HasManifest() || kind != "" && string(b.Kind) != kind
	})
	if len(found) == 1 {
		return found[0], nil
	}
	b, err := onePlugin(h, name, kind) // which says what is wrong
	if err != nil {
		return host.Binary{}, err
	}
	return host.Binary{}, contract.Errorf(contract.ErrInvalid, "plugin %s is a program (%s); it needs no environment", b.Name, b.Path)
}

// uninstalled is the command that makes the environment of a plugin that has none; "" for
// any other plugin.
func uninstalled(h *host.Host, kind contract.Kind, name string) string {
	b, err := h.Find(kind, name)
	if err != nil || !b.HasManifest() {
		return ""
	}
	m, err := b.Manifest()
	if err != nil || m.Install == nil {
		return ""
	}
	if _, err := pyenv.Open(m); !errors.Is(err, contract.ErrNotFound) {
		return ""
	}
	return "cllm4rec plugins install " + name
}
