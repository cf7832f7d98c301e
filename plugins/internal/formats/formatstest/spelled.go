package formatstest

import (
	"context"
	"fmt"
	"strings"

	"cllm4rec/core/contract"
)

// SpelledInteractions are the rows that a dataset streams, as "part user item value @time"
// without what they lack.
func SpelledInteractions(d contract.Dataset) (rows []string, err error) {
	err = d.Interactions(context.Background(), func(c *contract.InteractionChunk) error {
		for i := range c.Len() {
			row := strings.TrimSpace(string(c.Part) + " " + c.Users[i] + " " + c.Items[i])
			if c.Values != nil {
				row += fmt.Sprint(" ", c.Values[i])
			}
			if c.Times != nil {
				row += fmt.Sprint(" @", c.Times[i])
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

// SpelledTexts are the texts that a dataset streams, as "kind user item: text" without
// the user or item that they lack.
func SpelledTexts(d contract.Dataset) (rows []string, err error) {
	err = d.Texts(context.Background(), func(c *contract.TextChunk) error {
		for i := range c.Len() {
			rows = append(rows, fmt.Sprint(c.Kinds[i], " ", strings.TrimSpace(c.Users[i]+" "+c.Items[i]), ": ", c.Texts[i]))
		}
		return nil
	})
	return rows, err
}

// SpelledAttributes are the values that a dataset streams, as "entity id name type value".
func SpelledAttributes(d contract.AttributeSource) ([]string, error) {
	return attributes(d, func(c *contract.AttributeChunk) string { return fmt.Sprint(c.Name, " ", c.Type) })
}
