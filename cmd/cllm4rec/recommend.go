package main

import (
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/printable"
	"cllm4rec/core/run"

	"github.com/spf13/cobra"
)

func (a *app) recommendCommand() *cobra.Command {
	var q run.Question
	c := &cobra.Command{
		Use: "recommend RECORD", Short: "Ask a kept model for recommendations", Args: one("RECORD"),
		Long: "Recommend loads the trained model that `cllm4rec run --keep models` left in a trial's folder OUT/trials/KEY and prints the items\n" +
			"that it ranks first for a user of the data, or behind a history of items where the method takes one without a user.\n" +
			"The user's own items are left out, by the rule of the experiment (evaluate.mask).",
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkQuestion(q); err != nil {
				return err
			}
			return a.withHost(func(_ *host.Host, plugins *run.Host) error { return a.recommend(c, plugins, args[0], q) })
		},
	}
	c.Flags().StringVar(&q.User, "user", "", "id of a user, as the data have it")
	c.Flags().StringSliceVar(&q.History, "history", nil, "ids of items, oldest first, with commas between them")
	c.Flags().IntVarP(&q.K, "items", "k", 10, "how many items")
	a.threadsFlag(c)
	a.deviceFlag(c)
	return c
}

func checkQuestion(q run.Question) error {
	switch {
	case (q.User == "") == (len(q.History) == 0):
		return contract.Errorf(contract.ErrInvalid, "recommend needs either --user ID or --history A,B,C")
	case q.K < 1:
		return contract.Errorf(contract.ErrInvalid, "-k %d: expected 1 or more", q.K)
	}
	return nil
}

func (a *app) recommend(c *cobra.Command, plugins *run.Host, path string, q run.Question) error {
	store, rec, err := run.FindRecord(path)
	if err != nil {
		return err
	}
	items, err := run.Recommend(c.Context(), store, rec, plugins, contract.Resources{Threads: a.threads, Device: a.device}, q)
	if err != nil {
		return err
	}
	whom := "user " + q.User
	if q.User == "" {
		whom = "the history " + strings.Join(q.History, ", ")
	}
	a.print("%s on %s, seed %d, for %s:\n", printable.Line(rec.Method), printable.Line(rec.Dataset), rec.Seed, printable.Line(whom))
	table := a.table()
	table.Header("", "title", "item", "score")
	for i, item := range items {
		if err := table.Append(strconv.Itoa(i+1), printable.Line(item.Title), printable.Line(item.Item), strconv.FormatFloat(float64(item.Score), 'g', 6, 32)); err != nil {
			return err
		}
	}
	return table.Render()
}
