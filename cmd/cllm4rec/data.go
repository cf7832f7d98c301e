package main

import (
	"cllm4rec/core/contract"

	"github.com/spf13/cobra"
)

func (a *app) dataCommand() *cobra.Command {
	c := commandGroup("data", "Recognise, fetch, prepare, describe and export data sets")
	c.AddCommand(a.dataSniffCommand(), a.dataListCommand(), a.dataGetCommand(), a.dataVerifyCommand(), a.dataPrepareCommand(), a.dataExportCommand(), a.dataDescribeCommand())
	return c
}

// commandGroup is a command that has others alone.
func commandGroup(name, short string) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			var known []string
			for _, sub := range c.Commands() {
				known = append(known, sub.Name())
			}
			return contract.Errorf(contract.ErrInvalid, "unknown command \"%s %s\": expected one of %q%s", name, args[0], known, didYouMean(args[0], known))
		},
	}
}
