package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"cllm4rec/core/contract"
)

// patience bounds how long a cancelled call may take to return.
const patience = 20 * time.Second

// Dataset checks that a dataset keeps the promises of contract.Dataset. fresh
// gives a plugin that is not configured.
func Dataset(t T, fresh func(TB) contract.Dataset, check contract.Check) {
	pluginSuite(t, contract.KindDataset, check.Params, fresh)
	ready := func(t TB) contract.Dataset {
		d := fresh(t)
		configure(t, d, check.Params)
		return d
	}
	t.Run("a stream before Configure is out of order", func(t T) {
		mustBe(t, fresh(t).Interactions(t.Context(), func(*contract.InteractionChunk) error { return nil }), contract.ErrOrder, "")
	})
	t.Run("interactions are sound and repeat themselves", func(t T) { checkInteractions(t, ready(t), check.Whole) })
	t.Run("texts are sound and repeat themselves", func(t T) { checkTexts(t, ready(t)) })
	t.Run("attributes are sound and repeat themselves, or there are none", func(t T) { checkAttributes(t, fresh(t), ready(t)) })
	t.Run("its own files are recognised and others are not", func(t T) { checkSniff(t, fresh, check.Sniff) })
	t.Run("an error of the reader ends the stream and comes back", func(t T) { checkReaderError(t, ready(t)) })
	t.Run("a cancelled stream returns soon", func(t T) { checkCancelledStream(t, ready(t)) })
}

// interactions reads a whole stream into one chunk per part, in reading order.
func interactions(t TB, d contract.Dataset, each func(*contract.InteractionChunk)) []string {
	t.Helper()
	var rows []string
	err := d.Interactions(t.Context(), func(c *contract.InteractionChunk) error {
		each(c)
		for i := range c.Len() {
			row := fmt.Sprintf("%s|%s|%s", c.Part, c.Users[i], c.Items[i])
			if c.Values != nil {
				row += fmt.Sprint("|", c.Values[i])
			}
			if c.Times != nil {
				row += fmt.Sprint("|", c.Times[i])
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func checkInteractions(t T, d contract.Dataset, whole bool) {
	given := info(t, d).Can(contract.CapabilityGivenSplit) && !whole
	first := interactions(t, d, func(c *contract.InteractionChunk) { checkInteractionChunk(t, c, given) })
	if len(first) == 0 {
		t.Fatal("the fixture has no interactions")
	}
	if again := interactions(t, d, func(*contract.InteractionChunk) {}); !slices.Equal(first, again) {
		t.Errorf("the second stream has %d rows that differ from the first one's %d", len(again), len(first))
	}
}

func checkInteractionChunk(t T, c *contract.InteractionChunk, given bool) {
	if c.Len() == 0 || len(c.Items) != c.Len() || c.Values != nil && len(c.Values) != c.Len() || c.Times != nil && len(c.Times) != c.Len() {
		t.Fatalf("a chunk has %d users, %d items, %d values, %d times", len(c.Users), len(c.Items), len(c.Values), len(c.Times))
	}
	parts := []contract.Part{contract.PartAll}
	if given {
		parts = []contract.Part{contract.PartTrain, contract.PartValidation, contract.PartTest}
	}
	if !slices.Contains(parts, c.Part) {
		t.Errorf("part %q, want one of %q", c.Part, parts)
	}
	if slices.Contains(c.Users, "") || slices.Contains(c.Items, "") {
		t.Error("a user or an item has no id")
	}
	if slices.ContainsFunc(c.Values, func(v float32) bool { return math.IsNaN(float64(v)) }) {
		t.Error("a value is NaN")
	}
}

func texts(t TB, d contract.Dataset) ([]string, error) {
	t.Helper()
	var rows []string
	err := d.Texts(t.Context(), func(c *contract.TextChunk) error {
		if len(c.Kinds) != c.Len() || len(c.Users) != c.Len() || len(c.Items) != c.Len() {
			t.Fatalf("a chunk has %d texts, %d kinds, %d users, %d items", c.Len(), len(c.Kinds), len(c.Users), len(c.Items))
		}
		for i, kind := range c.Kinds {
			checkText(t, kind, c.Users[i], c.Items[i])
			rows = append(rows, fmt.Sprintf("%s|%s|%s|%s", kind, c.Users[i], c.Items[i], c.Texts[i]))
		}
		return nil
	})
	return rows, err
}

func checkText(t TB, kind contract.TextKind, user, item string) {
	t.Helper()
	hasUser := kind == contract.TextReview || kind == contract.TextBiography
	hasItem := kind != contract.TextBiography
	if !slices.Contains(contract.TextKinds(), kind) || hasUser != (user != "") || hasItem != (item != "") {
		t.Errorf("a text of kind %q has user %q and item %q", kind, user, item)
	}
}

func checkTexts(t T, d contract.Dataset) {
	first, err := texts(t, d)
	if !info(t, d).Can(contract.CapabilityTexts) {
		mustBe(t, err, contract.ErrUnsupported, "")
		return
	}
	if err != nil || len(first) == 0 {
		t.Fatalf("%d texts, error %v", len(first), err)
	}
	if again, err := texts(t, d); err != nil || !slices.Equal(first, again) {
		t.Errorf("the second stream has %d texts that differ from the first one's %d, error %v", len(again), len(first), err)
	}
}

func checkReaderError(t T, d contract.Dataset) {
	calls := 0
	err := d.Interactions(t.Context(), func(*contract.InteractionChunk) error {
		calls++
		return errStop
	})
	if !errors.Is(err, errStop) || calls != 1 {
		t.Errorf("error %v after %d calls, want the reader's own after 1", err, calls)
	}
	if rows := interactions(t, d, func(*contract.InteractionChunk) {}); len(rows) == 0 {
		t.Error("the stream is empty after an error of the reader")
	}
}

func checkCancelledStream(t T, d contract.Dataset) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := time.Now()
	err := d.Interactions(ctx, func(*contract.InteractionChunk) error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || time.Since(began) > patience {
		t.Errorf("error %v after %s, want context.Canceled", err, time.Since(began))
	}
}
