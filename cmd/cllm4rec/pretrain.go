package main

import (
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) pretrainCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "pretrain FILE", Short: "Train a small language model of its own from the texts of a data set", Args: one("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.checkThreads(); err != nil {
				return err
			}
			return a.withHost(func(_ *host.Host, plugins *run.Host) error {
				plan, err := experiment.LoadPretraining(c.Context(), args[0], experiment.Options{Data: a.data, Models: a.models, Plugins: plugins})
				plugins.Release(c.Context())
				if err != nil {
					return err
				}
				return a.pretrain(c, plan, plugins)
			})
		},
	}
	a.threadsFlag(c)
	return c
}

func (a *app) pretrain(c *cobra.Command, plan *experiment.PretrainPlan, plugins *run.Host) error {
	meter := a.newMeter("pretrain")
	result, err := run.Pretrain(c.Context(), plan, plugins, meter.report)
	meter.end()
	a.screen.Close()
	if err != nil {
		return err
	}
	m := result.Model
	a.print("%s: %s, %d parameters, %d layers of width %d, vocabulary %d (fingerprint %.12s)\n",
		plan.Spec.Out, m.Architecture, m.Parameters, m.Layers, m.Hidden, result.VocabSize, m.Fingerprint)
	a.print("perplexity: training %.2f (last steps), held out %.2f\n", perplexity(result.Train), perplexity(result.HeldOut))
	return nil
}

// perplexity is exp(NLL per token); NaN without tokens.
func perplexity(s contract.LMScore) float64 { return math.Exp(s.NLL / float64(s.Tokens)) }
