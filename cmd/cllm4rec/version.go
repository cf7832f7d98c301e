package main

import (
	"cllm4rec/core/record"

	"github.com/spf13/cobra"
)

// programVersion is the build's version, else what the Go tool recorded.
func programVersion() string {
	if version != "" {
		return version
	}
	return record.ReadVersions().Program
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print what the program was built of", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := record.ReadVersions()
			a.print("cllm4rec %s\n%s\n", programVersion(), v.Go)
			if v.Revision != "" {
				modified := ""
				if v.Modified {
					modified = " (modified)"
				}
				a.print("revision %s%s\n", v.Revision, modified)
			}
			for _, k := range []string{"dataset", "recommender", "backbone"} {
				a.print("%s contract %d\n", k, v.Contracts[k])
			}
			return nil
		},
	}
}
