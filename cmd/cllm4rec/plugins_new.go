package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"

	"github.com/spf13/cobra"
)

// templates are plugins in Python that keep the contract: those of python/examples under
// another name.
//
//go:embed templates/*.py
var templates embed.FS

// kindsToBegin are what `plugins new` begins, and the kinds of their manifests.
var kindsToBegin = map[string]contract.Kind{"baseline": contract.KindRecommender, "dataset": contract.KindDataset}

var pluginName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

func (a *app) pluginsNewCommand() *cobra.Command {
	language, dir := "python", ""
	c := &cobra.Command{
		Use: "new baseline|dataset NAME", Short: "Begin a plugin: a folder with a manifest and a small model that works", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			kind, known := kindsToBegin[args[0]]
			switch {
			case !known:
				return contract.Errorf(contract.ErrInvalid, "%q: expected baseline or dataset%s", args[0], didYouMean(args[0], []string{"baseline", "dataset"}))
			case !pluginName.MatchString(args[1]):
				return contract.Errorf(contract.ErrInvalid, "%q is no name of a plugin: expected lower-case letters, digits, - and _", args[1])
			case language == "go":
				return contract.Errorf(contract.ErrUnsupported, "a plugin in Go is a folder of the repository: docs/adding-a-baseline.md makes one step by step")
			case language != "python":
				return contract.Errorf(contract.ErrInvalid, "--language %q: expected python%s", language, didYouMean(language, []string{"python"}))
			}
			if dir == "" {
				dir = args[1]
			}
			if err := begin(dir, args[0], args[1], kind); err != nil {
				return err
			}
			a.print("%s\ncheck it: cllm4rec plugins check %s\nuse it: --plugins PLUGINS,%s\n", dir, dir, dir)
			return nil
		},
	}
	c.Flags().StringVar(&language, "language", language, "language of the plugin: python")
	c.Flags().StringVar(&dir, "dir", "", "folder to make (default: NAME)")
	return c
}

// begin writes the files of a plugin into a folder that is not there yet.
func begin(dir, what, name string, kind contract.Kind) error {
	code, err := templates.ReadFile("templates/" + what + ".py")
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); errors.Is(err, fs.ErrExist) {
		return contract.Errorf(contract.ErrInvalid, "%s is there already", dir)
	} else if err != nil {
		return err
	}
	text := fmt.Sprintf("kind: %s\nname: %s\ncontract: %d\ncommand: [python3, plugin.py]\nfiles: [plugin.py]\nenvironment: [PYTHONPATH, VIRTUAL_ENV]\n", kind, name, kind.Version())
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "plugin.py"), []byte(strings.ReplaceAll(string(code), "NAME", name)), 0o644),
		os.WriteFile(filepath.Join(dir, manifest.File), []byte(text), 0o644))
}
