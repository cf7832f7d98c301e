package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/sharedtest"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// docs/commands.md has every command and every flag as --help says them. UPDATE=1 writes it anew.
func TestTheReferenceHasEveryCommandAndFlag(t *testing.T) {
	page := filepath.Join(sharedtest.Repository(t), "docs", "commands.md")
	want := reference(newApp(io.Discard, io.Discard).root())
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/commands.md is not what --help says; `make docs` writes it")
	}
	for _, name := range []string{"## cllm4rec data get NAME", "## cllm4rec store prune", "`--log-level`", "`--jobs`"} {
		if !strings.Contains(want, name) {
			t.Errorf("the reference lacks %q", name)
		}
	}
}

func reference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nWhat `cllm4rec COMMAND --help` says, on one page, which a test keeps so. The tasks behind them: [README.md](README.md).\n\nFlags of all commands:\n\n")
	flagTable(&b, root.PersistentFlags())
	for _, c := range root.Commands() {
		describeCommand(&b, c)
	}
	return b.String()
}

func describeCommand(b *strings.Builder, c *cobra.Command) {
	if c.Hidden || c.Name() == "help" || c.Name() == "completion" { // cobra's own
		return
	}
	if c.Runnable() {
		fmt.Fprintf(b, "\n## %s\n\n%s.\n", strings.TrimSuffix(c.UseLine(), " [flags]"), c.Short)
		if c.Long != "" {
			fmt.Fprintf(b, "\n%s\n", cell(c.Long))
		}
		if c.LocalNonPersistentFlags().HasAvailableFlags() {
			b.WriteString("\n")
			flagTable(b, c.LocalNonPersistentFlags())
		}
	}
	for _, below := range c.Commands() {
		describeCommand(b, below)
	}
}

// flagTable has a line for each flag, by name.
func flagTable(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("| flag | value | |\n|---|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			return
		}
		name, usage := "`--"+f.Name+"`", cell(f.Usage)
		if f.Shorthand != "" {
			name += ", `-" + f.Shorthand + "`"
		}
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0s" && !strings.Contains(usage, "default") {
			usage += " (default: " + f.DefValue + ")"
		}
		kind := f.Value.Type()
		if kind == "bool" {
			kind = ""
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, kind, usage)
	})
}

// cell is a text on one line of Markdown.
func cell(text string) string {
	return strings.NewReplacer("\n", " ", "|", `\|`, "<", "&lt;", "*", `\*`).Replace(text)
}
