package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"unicode/utf8"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/printable"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) scoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "score WHAT TEXT...", Short: "Measure how well language models predict texts, before and after training",
		Long: "Score prints perplexity and bits per byte of text files: over all words of a model's vocabulary but the first, each predicted once, in\n" +
			"windows of the model's length. WHAT is the folder OUT/trials/KEY of a pipeline that `cllm4rec run --keep models` trained, whose language model\n" +
			"is measured as it was loaded and under the tower that ranks; or an experiment file, each of whose backbones is measured as it is loaded,\n" +
			"those that read texts for features among them.\n" +
			"Among all tokens a trained model predicts words by one softmax over words, users and items. A text for a trained model may have tokens in it,\n" +
			"<user:ID> and <item:ID> (no id with <, > or line ends): it is predicted among all tokens alone, since no word is one.\n" +
			"Perplexities of models with different vocabularies do not compare; bits per byte do.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 2 {
				return contract.Errorf(contract.ErrInvalid, "score needs a trial's folder or an experiment file, and text files behind it: %s", c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			texts, err := readTexts(args[1:])
			if err != nil {
				return err
			}
			return a.score(c.Context(), args[0], texts)
		},
	}
	a.sizeFlag(c)
	a.threadsFlag(c)
	a.deviceFlag(c)
	return c
}

// mostText bounds the size of a text, in bytes: what one message to a plugin may have.
const mostText = 48 << 20

// readTexts reads whole files of UTF-8.
func readTexts(paths []string) ([]run.Text, error) {
	var texts []run.Text
	for _, path := range paths {
		raw, err := readText(path)
		if err != nil {
			return nil, err
		}
		if !utf8.Valid(raw) {
			return nil, contract.Errorf(contract.ErrBadData, "%s is no text in UTF-8", path)
		}
		texts = append(texts, run.Text{Name: path, Text: string(raw)})
	}
	return texts, nil
}

// readText reads a regular file of bounded size.
func readText(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, contract.Errorf(contract.ErrNotFound, "the text cannot be read: %v", err)
	case !info.Mode().IsRegular():
		return nil, contract.Errorf(contract.ErrInvalid, "%s is no regular file; expected a text file", path)
	case info.Size() > mostText:
		return nil, contract.Errorf(contract.ErrInvalid, "%s has %d bytes, and at most %d are scored at once: cut it", path, info.Size(), mostText)
	}
	return os.ReadFile(path)
}

// scored are the scores of a language model.
type scored struct {
	model string
	texts []run.TextScore
}

func (a *app) score(ctx context.Context, what string, texts []run.Text) error {
	if err := a.checkThreads(); err != nil {
		return err
	}
	info, err := os.Stat(what)
	if err != nil {
		return contract.Errorf(contract.ErrNotFound, "expected a trial's folder or an experiment file: %v", err)
	}
	var all []scored
	if info.IsDir() && a.size != "" {
		return contract.Errorf(contract.ErrInvalid, "--size is of an experiment file, and %s is a folder", what)
	}
	if info.IsDir() {
		all, err = a.scoreTrial(ctx, what, texts)
	} else {
		all, err = a.scoreBackbones(ctx, what, texts)
	}
	if err != nil {
		return err
	}
	return a.printScores(all)
}

func (a *app) scoreTrial(ctx context.Context, dir string, texts []run.Text) (all []scored, err error) {
	store, rec, err := run.FindRecord(dir)
	if err != nil {
		return nil, err
	}
	err = a.withHost(func(_ *host.Host, plugins *run.Host) error {
		scores, err := run.ScoreKept(ctx, store, rec, plugins, contract.Resources{Threads: a.threads, Device: a.device}, texts)
		all = []scored{{rec.Method, scores}}
		return err
	})
	return all, err
}

// scoreBackbones scores under each backbone of an experiment once.
func (a *app) scoreBackbones(ctx context.Context, file string, texts []run.Text) (all []scored, err error) {
	err = a.withPlan(ctx, file, false, func(plan *experiment.Plan, plugins *run.Host) error {
		seen := map[string]bool{}
		for _, m := range plan.Methods {
			for _, p := range languageModels(m) {
				key := p.Name + string(p.Params)
				if seen[key] {
					continue
				}
				seen[key] = true
				scores, err := run.ScoreBackbone(ctx, plugins, p.Name, p.Params, contract.Resources{Threads: a.threads, Device: a.device}, texts)
				if err != nil {
					return fmt.Errorf("%s: %w", m.Name, err)
				}
				all = append(all, scored{fmt.Sprintf("%s (of %s)", p.Name, m.Name), scores})
			}
		}
		if all == nil {
			return contract.Errorf(contract.ErrInvalid, "%s has neither a pipeline over a language model nor features that one reads, and language models alone predict words", file)
		}
		return nil
	})
	return all, err
}

// languageModels are the backbone of a method's pipeline and those that read texts for its
// features.
func languageModels(m experiment.MethodPlan) (all []experiment.PluginPlan) {
	if m.Pipeline != nil {
		all = append(all, m.Plugin)
	}
	for _, f := range m.Features {
		if f.Embedder != nil {
			all = append(all, *f.Embedder)
		}
	}
	return all
}

func (a *app) printScores(all []scored) error {
	table := a.table()
	table.Header("model", "text", "words", "perplexity", "bits per byte", "perplexity, trained", "bits per byte, trained", "perplexity among all tokens")
	for _, s := range all {
		for _, t := range s.texts {
			row := []string{printable.Line(s.model), printable.Line(filepath.Base(t.Name)), strconv.FormatInt(cmp.Or(t.Loaded, t.Extended).Tokens, 10)}
			row = append(row, fits(t.Loaded, t.Text.Text)...)
			row = append(row, fits(t.Trained, t.Text.Text)...)
			row = append(row, fits(t.Extended, t.Text.Text)[0])
			if err := table.Append(row...); err != nil {
				return err
			}
		}
	}
	return table.Render()
}

// fits are perplexity and bits per byte; nil has none.
func fits(s *contract.LMScore, text string) []string {
	if s == nil {
		return []string{"–", "–"}
	}
	return []string{fmt.Sprintf("%.3f", perplexity(*s)), fmt.Sprintf("%.4f", s.NLL/math.Ln2/float64(len(text)))}
}
