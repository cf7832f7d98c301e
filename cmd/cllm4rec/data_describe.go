package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/chart"
	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/report"
	"cllm4rec/core/run"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// describing is what data describe is told.
type describing struct {
	json    bool
	svg     string
	columns int
}

func (a *app) dataDescribeCommand() *cobra.Command {
	var o describing
	c := &cobra.Command{
		Use: "describe FILE", Short: "Audit the splits of an experiment, and draw popularity, activity and timeline", Args: one("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.columns < 0 {
				return contract.Errorf(contract.ErrInvalid, "--columns %d: expected 0 or more", o.columns)
			}
			return a.withPlan(c.Context(), args[0], false, func(plan *experiment.Plan, plugins *run.Host) error {
				return a.describe(c.Context(), plan, plugins, o)
			})
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print everything as JSON instead")
	c.Flags().StringVar(&o.svg, "svg", "", "folder for the drawings as SVG, too")
	c.Flags().IntVar(&o.columns, "columns", 0, "width of the text, 40 to 200 (default: of the terminal, else 80)")
	a.storeFlag(c)
	a.planningFlags(c)
	return c
}

// described is a data set as JSON.
type described struct {
	Dataset     string            `json:"dataset"`
	Fingerprint string            `json:"fingerprint"`
	Audit       data.Audit        `json:"audit"`
	Words       []string          `json:"words"` // the audit in words
	Histograms  []chart.Histogram `json:"histograms"`
}

func (a *app) describe(ctx context.Context, plan *experiment.Plan, plugins *run.Host, o describing) error {
	reading, err := a.readingData(plugins)
	if err != nil {
		return err
	}
	var all []described
	for d, p := range plan.Datasets {
		got, err := run.Read(ctx, plan, d, reading)
		if err != nil {
			return err
		}
		words, err := report.AuditInWords(got.Split.Audit)
		if err != nil {
			return err
		}
		set := described{p.Label(), got.Split.Fingerprint, got.Split.Audit, words, chart.Histograms(got.Split)}
		if err := saveDrawings(o.svg, set); err != nil {
			return err
		}
		if all = append(all, set); !o.json {
			a.printDescribed(set, o.width(a))
		}
	}
	if !o.json {
		return nil
	}
	raw, err := json.MarshalIndent(map[string]any{"datasets": all}, "", "  ")
	if err == nil {
		a.print("%s\n", raw)
	}
	return err
}

// width is that of the text.
func (o describing) width(a *app) int {
	if o.columns > 0 {
		return o.columns
	}
	if f, ok := file(a.stdout).(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 80
}

func (a *app) printDescribed(d described, columns int) {
	audit := d.Audit
	a.print("%s\n", chart.Wrap(fmt.Sprintf("%s: %s, %s, %s (fingerprint %.12s)", d.Dataset,
		counted(audit.Users, "user"), counted(audit.Items, "item"), counted(audit.Interactions, "interaction"), d.Fingerprint), columns))
	for _, line := range d.Words {
		a.print("%s", chart.Wrap(line, columns))
	}
	for _, h := range d.Histograms {
		a.print("\n%s", h.Draw(columns))
	}
	a.print("\n")
}

// saveDrawings writes the histograms of a data set into a folder; "" is none.
func saveDrawings(dir string, d described) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the drawings cannot be written: %w", err)
	}
	for i, h := range d.Histograms {
		path := filepath.Join(dir, fileName(d.Dataset)+"-"+[]string{"popularity", "activity", "timeline"}[i]+".svg")
		if err := renameio.WriteFile(path, h.SVG(), 0o644, renameio.WithTempDir(dir)); err != nil {
			return fmt.Errorf("the drawings cannot be written: %w", err)
		}
	}
	return nil
}

// fileName is a name of a data set as one of a file.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, strings.TrimLeft(name, "."))
}
