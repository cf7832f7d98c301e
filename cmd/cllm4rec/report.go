package main

import (
	"bytes"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/page"
	"cllm4rec/core/report"

	"github.com/spf13/cobra"
)

func (a *app) reportCommand() *cobra.Command {
	var out, part, strata string
	c := &cobra.Command{
		Use: "report DIR", Short: "Write a folder of records as one HTML page", Args: one("DIR"),
		Long: "Report writes the tables of a folder of records with figures, groups of items and users, training, searches and provenance as one HTML file,\n" +
			"which needs no network. It reads records alone; nothing is trained and no plugin is started. docs/reading-the-report.md leads through a page.",
		RunE: func(_ *cobra.Command, args []string) error {
			o := report.DetailOptions{}
			var err error
			if o.Part, err = parsePart(part); err != nil {
				return err
			}
			if o.AllStrata, err = parseStrata(strata); err != nil {
				return err
			}
			return a.report(args[0], out, o)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file of the page (default: report.html in DIR)")
	c.Flags().StringVar(&part, "part", string(contract.PartTest), "test or validation")
	c.Flags().StringVar(&strata, "strata", strataAuto, "auto: results that read stored lists (by the popularity of items, coverage in groups of users) where these are at most a million in a data set; all: always")
	a.planFlag(c)
	return c
}

// What --strata may be told.
const (
	strataAuto = "auto"
	strataAll  = "all"
)

func parseStrata(name string) (all bool, err error) {
	if name != strataAuto && name != strataAll {
		return false, contract.Errorf(contract.ErrInvalid, "--strata %q: expected auto or all%s", name, didYouMean(name, []string{strataAuto, strataAll}))
	}
	return name == strataAll, nil
}

// report writes the page of a folder.
func (a *app) report(dir, out string, o report.DetailOptions) error {
	store, plan, err := a.openRecords(dir)
	if err != nil {
		return err
	}
	if out == "" {
		out = filepath.Join(dir, "report.html")
	}
	details, err := report.Detail(plan, store, o)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := page.Write(&b, details, page.Options{Folder: dir, Program: programVersion()}); err != nil {
		return err
	}
	if err := disk.Replace(out, b.Bytes()); err != nil {
		return err
	}
	a.print("%s: %.1f MB\n", out, float64(b.Len())/1e6)
	return nil
}
