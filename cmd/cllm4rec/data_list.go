package main

import (
	"fmt"
	"os"
	"path/filepath"

	"cllm4rec/core/datasets"
	"cllm4rec/core/fetch"

	"github.com/spf13/cobra"
)

func (a *app) dataListCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "list", Short: "List the data sets of the catalogue, and those that are there", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			catalogue, err := datasets.Open(file)
			if err != nil {
				return err
			}
			dir, err := a.dataFolder()
			if err != nil {
				return err
			}
			there, err := datasets.List(dir)
			if err != nil {
				return err
			}
			if err := a.listCatalogue(catalogue); err != nil {
				return err
			}
			return a.listThere(dir, there)
		},
	}
	catalogueFlag(c, &file)
	return c
}

func (a *app) listCatalogue(c *datasets.Catalogue) error {
	table := a.table()
	table.Header("name", "data set", "plugin", "download", "checksum", "licence")
	for _, s := range c.Datasets {
		size, checked := s.Known()
		download, checksum := "size unknown", "of the first download"
		if size > 0 {
			download = fetch.Size(size)
		}
		if checked {
			checksum = "published"
		}
		name := s.Name
		if len(s.Categories) > 0 {
			name += fmt.Sprintf(" --category C (%d)", len(s.Categories))
		}
		if err := table.Append(name, s.Title, s.Plugin, download, checksum, s.Licence); err != nil {
			return err
		}
	}
	return table.Render()
}

func (a *app) listThere(dir string, there []datasets.There) error {
	if len(there) == 0 {
		a.print("None of them is in %s; `cllm4rec data get NAME` brings one.\n", dir)
		return nil
	}
	table := a.table()
	table.Header("folder", "data set", "size", "state")
	for _, t := range there {
		name, size, state := "-", "-", "ready"
		if t.Manifest != nil {
			name, size = t.Manifest.Title(), fetch.Size(t.Manifest.Files.Bytes())
		}
		if t.Problem != "" {
			state = t.Problem
		}
		if err := table.Append(t.Folder, name, size, state); err != nil {
			return err
		}
	}
	return table.Render()
}

func (a *app) dataVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify NAME", Short: "Hold the files of a data set (or of a folder with one) against the checksums of its download", Args: one("NAME or DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := a.dataFolder()
			if err != nil {
				return err
			}
			dir = filepath.Join(dir, args[0])
			if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
				dir = args[0]
			}
			bar := a.newTransfer(dir)
			m, err := datasets.Verify(c.Context(), dir, bar.report)
			bar.end()
			if err != nil {
				return err
			}
			a.print("%s: %s, %s in %s, all checksums right\n", dir, m.Title(), fetch.Size(m.Files.Bytes()), counted(len(m.Files), "file"))
			return nil
		},
	}
}
