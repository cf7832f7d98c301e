package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/report"

	"github.com/spf13/cobra"
)

func (a *app) compareCommand() *cobra.Command {
	var format, part string
	var o report.CompareOptions
	c := &cobra.Command{
		Use: "compare DIR A B [C ...]", Short: "Compare methods of a folder of records user by user",
		Long: "Compare prints how method A differs from method B: the mean difference with its interval, three tests, effect sizes, which users\n" +
			"win and lose by their activity, which held-out items only one of them found by popularity, and the users who change most. Three and\n" +
			"more methods become a matrix of all pairs. It reads records alone; nothing is trained and no plugin is started.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 1 {
				return contract.Errorf(contract.ErrInvalid, "compare needs a DIR and the names of two or more methods: %s", c.UseLine())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := report.ParseFormat(format)
			if err != nil {
				return err
			}
			if o.Part, err = parsePart(part); err != nil {
				return err
			}
			store, plan, err := a.openRecords(args[0])
			if err != nil {
				return err
			}
			o.Methods = args[1:]
			compared, err := report.Compare(plan, store, o)
			if err != nil {
				return err
			}
			return compared.Write(a.stdout, f, a.stdoutScreen())
		},
	}
	c.Flags().StringVar(&o.Metric, "metric", "", "metric with its depth, such as ndcg@20 (default: the first of the experiment that single users have)")
	c.Flags().StringVar(&o.Dataset, "dataset", "", "name of a data set (default: each of them)")
	c.Flags().StringVar(&part, "part", string(contract.PartTest), "test or validation")
	a.planFlag(c)
	c.Flags().StringVar(&format, "format", string(report.Terminal), "terminal, md, latex or json")
	return c
}
