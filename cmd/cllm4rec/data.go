package main

import (
	"cllm4rec/core/contract"

	"github.com/spf13/cobra"
)

func (a *app) dataCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "data", Short: "Recognise, fetch, prepare, describe and export data sets",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			var known []string
			for _, sub := range c.Commands() {
				known = append(known, sub.Name())
			}
			return contract.Errorf(contract.ErrInvalid, "unknown command \"data %s\": expected one of %q%s", args[0], known, didYouMean(args[0], known))
		},
	}
	c.AddCommand(a.dataSniffCommand(), a.dataListCommand(), a.dataGetCommand(), a.dataVerifyCommand(), a.dataPrepareCommand(), a.dataExportCommand(), a.dataDescribeCommand())
	return c
}
