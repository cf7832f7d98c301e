package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/datasets"
	"cllm4rec/core/experiment"
	"cllm4rec/core/fetch"
	"cllm4rec/core/printable"

	"github.com/spf13/cobra"
)

// dataGet is what the flags of data get say.
type dataGet struct {
	category, to, catalogue string
	agree                   bool
}

func (a *app) dataGetCommand() *cobra.Command {
	var o dataGet
	c := &cobra.Command{
		Use: "get NAME", Short: "Download a data set of the catalogue, with resume and checksums, and say how to use it", Args: one("NAME"),
		Long: "Get downloads a data set from its owners' addresses, holds it against its published checksum (or, where none is published,\n" +
			"records the one of the first download), unpacks it and prints the lines for an experiment file's `datasets:`. Interrupted at\n" +
			"any point, the same command goes on. The licence is shown first and agreed to once; `data list` shows what there is.",
		RunE: func(c *cobra.Command, args []string) error { return a.getData(c, args[0], o) },
	}
	c.Flags().StringVar(&o.category, "category", "", "category of a data set that has some, such as those of Amazon")
	c.Flags().StringVar(&o.to, "to", "", "folder of the data set (default: ${DATA}/NAME, or ${DATA}/NAME/CATEGORY)")
	c.Flags().BoolVar(&o.agree, "accept-licence", false, "agree to the licence that is shown")
	catalogueFlag(c, &o.catalogue)
	return c
}

// catalogueFlag adds --catalogue.
func catalogueFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "catalogue", "", "a file of further data sets, in the form of the built-in catalogue")
}

// dataFolder is what ${DATA} stands for.
func (a *app) dataFolder() (string, error) {
	dir, err := experiment.Data.Dir(a.data, ".")
	if err != nil {
		return "", err
	}
	return fromHere(dir)
}

func (a *app) getData(c *cobra.Command, name string, o dataGet) error {
	catalogue, err := datasets.Open(o.catalogue)
	if err != nil {
		return err
	}
	set, licence, err := catalogue.Find(name, o.category)
	if err != nil {
		return err
	}
	folder := o.to
	if folder == "" {
		data, err := a.dataFolder()
		if err != nil {
			return err
		}
		folder = filepath.Join(data, name, o.category)
	}
	bar := a.newTransfer(name)
	getter := datasets.New(datasets.Options{Progress: bar.report, Note: a.warn})
	got, err := getter.Get(c.Context(), datasets.Want{
		Set: set, Category: o.category, Licence: licence, Folder: folder,
		Agree: func(l datasets.Licence) (time.Time, error) { return a.agree(set, l, o.agree) },
	})
	bar.end()
	if err != nil {
		return err
	}
	return a.printData(set, got)
}

// agree shows the licence and has the user agree to it, once on a machine.
func (a *app) agree(set *datasets.Set, l datasets.Licence, agreed bool) (time.Time, error) {
	a.tell("%s\nLicence: %s\n%s\nCite: %s\n", set.Title, l.URL, l.Terms, set.Cite)
	when, before, err := l.Agreed()
	if err != nil || before {
		a.tell("The licence was agreed to on %s.\n", when.Local().Format(time.DateOnly))
		return when, err
	}
	if !agreed {
		if !isTerminal(a.stderr) || !isTerminal(os.Stdin) {
			return when, contract.Errorf(contract.ErrInvalid, "the licence of %s was not agreed to: read %s, then give --accept-licence", set.Name, l.URL)
		}
		if err := ask(os.Stdin, a.stderr, set.Name); err != nil {
			return when, err
		}
	}
	when = time.Now()
	return when, l.Agree(when)
}

// tell writes to stderr, above the bars.
func (a *app) tell(format string, args ...any) {
	_, _ = fmt.Fprint(a.screen, printable.Text(fmt.Sprintf(format, args...)))
}

// ask wants a yes.
func ask(in io.Reader, out io.Writer, name string) error {
	_, _ = fmt.Fprint(out, "Do you agree? [yes/no] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "yes" || answer == "y" {
		return nil
	}
	return contract.Errorf(contract.ErrInvalid, "the licence of %s was not agreed to: nothing is downloaded", name)
}

// printData says what is there and how an experiment names it.
func (a *app) printData(set *datasets.Set, got *datasets.Got) error {
	checked := "all checksums right"
	for _, s := range got.Sources {
		if !s.Published {
			checked = "held against the first download, for which no checksum is published"
		}
	}
	a.print("# %s: %s, %s in %s, %s (%s)\n", got.Folder, set.Title, fetch.Size(got.Files.Bytes()), counted(len(got.Files), "file"), checked, downloaded(got.Downloaded))
	text, err := a.lines(set, got)
	if err != nil {
		return err
	}
	a.print("%s", text)
	return nil
}

// lines are the entry of an experiment file.
func (a *app) lines(set *datasets.Set, got *datasets.Got) (string, error) {
	folder, err := a.named(got.Folder)
	if err != nil {
		return "", err
	}
	return datasetEntry{got.Title(), set.Plugin, inFolder(set.Params, folder), set.Split}.lines()
}

// named is a folder as an experiment file names it: below ${DATA} where it lies there.
func (a *app) named(folder string) (string, error) {
	whole, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	data, err := experiment.Data.Dir(a.data, ".")
	if err != nil {
		return "", err
	}
	if below, err := filepath.Rel(data, whole); err == nil && filepath.IsLocal(below) {
		return "${DATA}/" + filepath.ToSlash(below), nil
	}
	return whole, nil
}

// inFolder is a value with a folder in place of {folder}.
func inFolder(value any, folder string) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "{folder}", folder)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = inFolder(v[i], folder)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key := range v {
			out[key] = inFolder(v[key], folder)
		}
		return out
	}
	return value
}
