package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/fetch"
	"cllm4rec/core/host"
	"cllm4rec/core/hub"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) modelsCommand() *cobra.Command {
	c := commandGroup("models", "Get language models from the Hugging Face hub, list and verify them")
	c.AddCommand(a.modelsGetCommand(), a.modelsListCommand(), a.modelsVerifyCommand())
	return c
}

func (a *app) modelsGetCommand() *cobra.Command {
	want := hub.Want{}
	endpoint, format := "", string(hub.Auto)
	c := &cobra.Command{
		Use: "get OWNER/NAME", Short: "Download what a backbone needs of a model, with resume and checksums", Args: one("OWNER/NAME"),
		Long: "Get downloads the description, the tokenizer and one kind of weights of a model at one commit, and checks size and\n" +
			"checksum of every file. Interrupted at any point, the same command goes on. $HF_TOKEN is used for gated models.",
		RunE: func(c *cobra.Command, args []string) error {
			models, err := a.modelsFolder()
			if err != nil {
				return err
			}
			want.Repo, want.Format, want.Models = args[0], hub.Format(format), models
			return a.getModel(c, endpoint, want)
		},
	}
	c.Flags().StringVar(&want.Revision, "revision", hub.DefaultRevision, "branch, tag or commit")
	c.Flags().StringVar(&want.Folder, "to", "", "folder of the model (default: ${MODELS}/OWNER/NAME)")
	c.Flags().StringVar(&endpoint, "endpoint", "", "address of the hub (default: $HF_ENDPOINT, else "+hub.DefaultEndpoint+")")
	c.Flags().StringVar(&format, "format", format, "weights: auto (safetensors, else bin), safetensors, bin or gguf:FILE")
	return c
}

// modelsFolder is what ${MODELS} stands for.
func (a *app) modelsFolder() (string, error) {
	dir, err := experiment.Models.Dir(a.models, ".")
	if err != nil {
		return "", err
	}
	return fromHere(dir)
}

// fromHere says a folder from here where it lies below.
func fromHere(dir string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if below, err := filepath.Rel(here, dir); err == nil && filepath.IsLocal(below) {
		return below, nil
	}
	return dir, nil
}

func (a *app) getModel(c *cobra.Command, endpoint string, want hub.Want) error {
	if endpoint == "" {
		endpoint = os.Getenv("HF_ENDPOINT")
	}
	if endpoint == "" {
		endpoint = hub.DefaultEndpoint
	}
	bar := a.newTransfer(want.Repo)
	client, err := hub.New(hub.Options{Endpoint: endpoint, Token: os.Getenv("HF_TOKEN"), Progress: bar.report, Note: a.warn})
	if err != nil {
		return err
	}
	got, err := client.Get(c.Context(), want)
	bar.end()
	if err != nil {
		return err
	}
	a.print("%s: %s at commit %.12s, %s in %s, all checksums right (%s)\n", got.Folder, got.Repo, got.Commit,
		fetch.Size(got.Files.Bytes()), counted(len(got.Files), "file"), downloaded(got.Downloaded))
	return nil
}

// downloaded says how many files were.
func downloaded(files int) string {
	if files == 0 {
		return "everything was there"
	}
	return fmt.Sprintf("%d downloaded", files)
}

// warn tells what the user should know while a download goes on.
func (a *app) warn(format string, args ...any) { a.log.Warn().Msgf(format, args...) }

func (a *app) modelsVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify DIR", Short: "Hold the files of a model against the checksums of its download", Args: one("DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			bar := a.newTransfer(args[0])
			m, err := hub.Verify(c.Context(), args[0], bar.report)
			bar.end()
			if err != nil {
				return err
			}
			a.print("%s: %s at commit %.12s, %s in %s, all checksums right\n", args[0], m.Repo, m.Commit, fetch.Size(m.Files.Bytes()), counted(len(m.Files), "file"))
			return nil
		},
	}
}

func (a *app) modelsListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list [DIR]", Short: "List the models below a folder (default: ${MODELS})", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := a.modelsFolder()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				dir = args[0]
			}
			found, err := hub.List(dir)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				return contract.Errorf(contract.ErrNotFound, "there is no model in %s; `cllm4rec models get OWNER/NAME` brings one", dir)
			}
			return a.listModels(found, a.backbones())
		},
	}
}

// backbones are the names of the backbone plugins that are there; a machine that
// only keeps models needs none.
func (a *app) backbones() (names []string) {
	err := a.withHost(func(_ *host.Host, plugins *run.Host) error {
		names = plugins.Names(contract.KindBackbone)
		return nil
	})
	if err != nil && !errors.Is(err, contract.ErrNotFound) {
		a.log.Warn().Msg("the plugins cannot be listed: " + firstLine(err.Error()))
	}
	return names
}

func (a *app) listModels(found []hub.Model, backbones []string) error {
	table := a.table()
	table.Header("folder", "model type", "backbone", "size", "from", "commit", "state")
	for _, m := range found {
		from, commit, state := "-", "-", "ready"
		if m.Manifest != nil {
			from, commit = m.Manifest.Repo, m.Manifest.Commit[:12]
		}
		if m.Problem != "" {
			state = m.Problem
		}
		if err := table.Append(m.Folder, orDash(m.Type), backboneOf(m.Type, backbones), fetch.Size(m.Bytes), from, commit, state); err != nil {
			return err
		}
	}
	return table.Render()
}

// backboneOf is the plugin that is named like a type of model; another may read it too.
func backboneOf(modelType string, backbones []string) string {
	if slices.Contains(backbones, modelType) {
		return modelType
	}
	return "-"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// transfer shows how a download or a check goes, on the meter of the other commands.
type transfer struct {
	*meter
	screen  *screen
	started time.Time // of the downloading
	at      int64     // bytes that were there then
}

func (a *app) newTransfer(title string) *transfer {
	return &transfer{meter: a.newMeter(strings.TrimRight(title, "/")), screen: a.screen}
}

// end gives the screen back to what is printed.
func (t *transfer) end() {
	t.meter.end()
	t.screen.Close()
}

func (t *transfer) report(p fetch.Progress) {
	verb := "downloading"
	switch {
	case p.Checking:
		verb = "checking"
	case p.Unpacking:
		verb, t.started = "unpacking", time.Time{}
	case t.started.IsZero():
		t.started, t.at = time.Now(), p.Done
	}
	stage := fmt.Sprintf("%s %s, %s", verb, p.File, fetch.Size(p.Done))
	if p.Total > 0 {
		stage += " of " + fetch.Size(p.Total)
	}
	stage += t.speed(p)
	t.meter.report(contract.Progress{Stage: stage, Done: p.Done, Total: p.Total})
}

// speed is such as ", 24 MB/s, 12s left" (without the rest while the size is unknown); "" in
// the first second.
func (t *transfer) speed(p fetch.Progress) string {
	since := time.Since(t.started)
	if t.started.IsZero() || since < time.Second || p.Done <= t.at {
		return ""
	}
	rate := float64(p.Done-t.at) / since.Seconds()
	if p.Total == 0 {
		return fmt.Sprintf(", %s/s", fetch.Size(int64(rate)))
	}
	left := time.Duration(float64(p.Total-p.Done) / rate * float64(time.Second))
	return fmt.Sprintf(", %s/s, %s left", fetch.Size(int64(rate)), left.Round(time.Second))
}
