package data

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// counting counts the chunks that leave a dataset.
type counting struct {
	*fake
	chunks int
}

func (c *counting) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	return c.fake.Interactions(ctx, func(chunk *contract.InteractionChunk) error { c.chunks++; return yield(chunk) })
}

func (c *counting) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	return c.fake.Texts(ctx, func(chunk *contract.TextChunk) error { c.chunks++; return yield(chunk) })
}

func TestLookReadsTheFirstRowsAndStops(t *testing.T) {
	rows := random(1, 10, 12, 300)
	d := &counting{fake: reviewed(rows, true)} // chunks of three rows and of two texts
	s, err := Look(t.Context(), d, 5)
	if err != nil || s != (Sample{Interactions: 6, Values: true, Times: true, Texts: 6}) || d.chunks != 2+3 {
		t.Errorf("sample %+v after %d chunks, error %v", s, d.chunks, err)
	}
	all := &counting{fake: dataset(rows, false)}
	if s, err := Look(t.Context(), all, 1000); err != nil || s != (Sample{Interactions: 300, Values: true}) || all.chunks != 100 {
		t.Errorf("sample %+v after %d chunks, error %v", s, all.chunks, err)
	}
}

func TestLookFindsWhatIsWrongAtTheStart(t *testing.T) {
	damaged := reviewed(random(1, 10, 12, 30), true)
	damaged.documents[0].Texts[0] = "\xff"
	for want, d := range map[string]contract.Dataset{
		`plugin fake finds no interaction`: &fake{},
		`interaction 1: the user is empty`: &fake{chunks: []contract.InteractionChunk{{Users: []string{""}, Items: []string{"x"}}}},
		`text 1: the text of the review`:   damaged,
		`f:1: no JSON`:                     &failing{cause: contract.Errorf(contract.ErrBadData, "f:1: no JSON")},
	} {
		if _, err := Look(t.Context(), d, 3); !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
