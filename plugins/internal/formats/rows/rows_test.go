package rows

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestInteractionsKeepOrderAndSplitByPartAndSize(t *testing.T) {
	var users []string
	var parts []contract.Part
	w := Interactions{Values: true, Yield: func(c *contract.InteractionChunk) error {
		if len(c.Values) != c.Len() || c.Times != nil {
			t.Errorf("chunk of %d rows has %d values and times %v", c.Len(), len(c.Values), c.Times)
		}
		users, parts = append(users, c.Users...), append(parts, c.Part)
		return nil
	}}
	const n = 100000
	for i := range n {
		part := contract.PartTrain
		if i >= n/2 {
			part = contract.PartTest
		}
		if err := w.Add(part, Interaction{User: strconv.Itoa(i), Item: "x", Value: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if len(users) != n || users[n-1] != strconv.Itoa(n-1) || len(parts) != 4 || parts[0] != contract.PartTrain || parts[3] != contract.PartTest {
		t.Errorf("%d rows in parts %v", len(users), parts)
	}
}

func TestDocumentsSplitBySizeAndPassErrorsOn(t *testing.T) {
	chunks, stop := 0, errors.New("stop")
	w := Documents{Yield: func(c *contract.TextChunk) error {
		if chunks++; chunks == 2 {
			return stop
		}
		return nil
	}}
	text := strings.Repeat("x", chunkBytes)
	if err := errors.Join(w.Add(contract.TextTitle, "", "i", text), w.Add(contract.TextTitle, "", "j", text), w.Flush(), w.Flush()); !errors.Is(err, stop) || chunks != 2 {
		t.Errorf("error %v after %d chunks", err, chunks)
	}
}
