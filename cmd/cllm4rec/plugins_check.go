package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/manifest"
	"cllm4rec/core/printable"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

// checkFlags are what the suite cannot know of a plugin; those that are set win over what
// the plugin or its manifest says.
type checkFlags struct {
	kind, params, sniff, notLearner, only string
	epochs                                int
	tolerance, rate                       float64
	quiet                                 bool
}

func (a *app) pluginsCheckCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use: "check NAME|DIR", Short: "Run the conformance suite on a plugin of any language and say what it does not keep", Args: one("NAME or DIR"),
		Long: "Check starts the plugin as the runner does, many times, and holds it against every promise of its kind's contract: its process,\n" +
			"its parameters, training, rankings, ties, states. DIR is a folder with a plugin.yaml. What the flags say, a plugin says itself: in\n" +
			"contract.Info.Check, or in the section `check` of its plugin.yaml. A flag that is set wins.",
		RunE: func(c *cobra.Command, args []string) error { return a.checkPlugin(c, args[0], f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.kind, "kind", "", "kind of the plugin, where several have the name: dataset, recommender or backbone")
	flags.StringVar(&f.params, "params", "", "parameters under which the plugin is done in a second or so, a JSON object")
	flags.StringVar(&f.sniff, "sniff", "", "file or folder that a dataset with the capability sniff recognises")
	flags.StringVar(&f.notLearner, "not-better-than-popularity", "", "why a recommender need not find tastes, such as: it is popularity")
	flags.IntVar(&f.epochs, "epochs", 0, "epochs that a recommender learns for (default: what the plugin says, else 10)")
	flags.Float64Var(&f.tolerance, "tolerance", 0, "how far a score may move with the queries beside it, relative to its size (default: what the plugin says, else 1e-5; a backbone 1e-4)")
	flags.Float64Var(&f.rate, "rate", 0, "learning rate at which the loss of a small tower of a backbone falls (default: what the plugin says, else 0.05)")
	flags.StringVar(&f.only, "only", "", "run the checks whose name contains this text")
	flags.BoolVar(&f.quiet, "quiet", false, "show only what is not kept")
	return c
}

func (a *app) checkPlugin(c *cobra.Command, what string, f checkFlags) error {
	if _, err := os.Stat(filepath.Join(what, manifest.File)); err == nil {
		a.plugins = []string{what}
		m, err := manifest.Load(filepath.Join(what, manifest.File))
		if err != nil {
			return err
		}
		what, f.kind = m.Name, string(m.Kind)
	}
	return a.withHost(func(h *host.Host, _ *run.Host) error {
		binary, err := onePlugin(h, what, f.kind)
		if err != nil {
			return err
		}
		check, err := launched(c.Context(), h, binary)
		if err != nil {
			return err
		}
		folder, err := os.MkdirTemp("", "cllm4rec-check-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		if check, err = conformance.Lay(check, folder); err != nil {
			return err
		}
		if err := f.override(&check); err != nil {
			return err
		}
		return a.runChecks(c.Context(), h, binary, check, f)
	})
}

// launched is what the plugin says of its check, or its manifest, which wins. What does not
// start is told in the host's words.
func launched(ctx context.Context, h *host.Host, b host.Binary) (contract.Check, error) {
	r, err := h.Launch(ctx, b.Kind, b.Name)
	if err != nil {
		return contract.Check{}, err
	}
	if err := r.Stop(ctx); err != nil || !b.HasManifest() {
		return r.Info.Check, err
	}
	m, err := b.Manifest()
	if err != nil || m.Check == nil {
		return r.Info.Check, err
	}
	return m.Checked()
}

func (a *app) runChecks(ctx context.Context, h *host.Host, b host.Binary, check contract.Check, f checkFlags) error {
	began, failed := time.Now(), 0
	outcomes := conformance.Run(ctx, f.only, func(t conformance.T) { conformance.Plugin(t, h, b.Kind, b.Name, check) },
		func(o conformance.Outcome) { a.tellOutcome(o, f.quiet) })
	for _, o := range outcomes {
		if o.Failed {
			failed++
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(outcomes) == 0 {
		return contract.Errorf(contract.ErrInvalid, "--only %q: no check of the %s contract has a name that contains it", f.only, b.Kind)
	}
	if failed > 0 {
		return fmt.Errorf("%s does not keep the %s contract: %d of %s failed", b.Name, b.Kind, failed, counted(len(outcomes), "check"))
	}
	if f.only != "" {
		a.print("%s: %s passed, the others did not run\n", b.Name, counted(len(outcomes), "check"))
		return nil
	}
	a.print("%s keeps the %s contract: %s in %s\n", b.Name, b.Kind, counted(len(outcomes), "check"), time.Since(began).Round(100*time.Millisecond))
	return nil
}

// onePlugin is the plugin of a name, of one kind where several share it.
func onePlugin(h *host.Host, name, kind string) (host.Binary, error) {
	all, err := h.List()
	if err != nil {
		return host.Binary{}, err
	}
	var found []host.Binary
	var names, kinds []string
	for _, b := range all {
		names = append(names, b.Name)
		if b.Name == name && (kind == "" || kind == string(b.Kind)) {
			found, kinds = append(found, b), append(kinds, string(b.Kind))
		}
	}
	switch len(found) {
	case 0:
		return host.Binary{}, contract.Errorf(contract.ErrNotFound, "there is no plugin %q%s; a folder with a plugin.yaml is named by its path", name, didYouMean(name, names))
	case 1:
		return found[0], nil
	}
	return host.Binary{}, contract.Errorf(contract.ErrInvalid, "there are several plugins %q: say --kind %s", name, strings.Join(kinds, " or "))
}

// override puts the flags that are set in place of what a check says.
func (f checkFlags) override(check *contract.Check) error {
	if f.params != "" {
		if !json.Valid([]byte(f.params)) {
			return contract.Errorf(contract.ErrInvalid, "--params %s: expected a JSON object", f.params)
		}
		check.Params, check.Model = json.RawMessage(f.params), "" // they name a model that is there
	}
	check.Sniff = cmp.Or(f.sniff, check.Sniff)
	check.NotBetterThanPopularity = cmp.Or(f.notLearner, check.NotBetterThanPopularity)
	check.Epochs = cmp.Or(f.epochs, check.Epochs)
	check.Tolerance, check.Rate = cmp.Or(f.tolerance, check.Tolerance), cmp.Or(f.rate, check.Rate)
	return nil
}

func (a *app) tellOutcome(o conformance.Outcome, quiet bool) {
	word := "ok"
	switch {
	case o.Failed:
		word = "FAILED"
	case o.Skipped:
		word = "skipped"
	}
	if quiet && !o.Failed {
		return
	}
	name := o.Name
	if name == "" {
		name = "the suite as a whole"
	}
	a.print("%-8s%s (%s)\n", word, name, o.Took.Round(10*time.Millisecond))
	for _, words := range o.Words {
		a.print("        %s\n", strings.ReplaceAll(printable.Text(words), "\n", "\n        "))
	}
}
