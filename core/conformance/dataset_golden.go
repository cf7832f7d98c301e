package conformance

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"cllm4rec/core/contract"
)

// DatasetGolden checks that a dataset whose rows changed has another number of
// semantics: goldens holds, by that number, the digest of all that the dataset
// streams under params. A line of goldens that stands is never changed.
func DatasetGolden(t TB, d contract.Dataset, params json.RawMessage, goldens map[int]string) {
	t.Helper()
	configure(t, d, params)
	digest := sha256.New()
	note := func(row any) { _, _ = fmt.Fprintf(digest, "%q\n", fmt.Sprint(row)) } // a hash never fails
	for _, row := range interactions(t, d, func(*contract.InteractionChunk) {}) {
		note(row)
	}
	own := info(t, d)
	if own.Can(contract.CapabilityTexts) {
		noError(t, d.Texts(t.Context(), func(c *contract.TextChunk) error {
			for i := range c.Len() {
				note([]string{string(c.Kinds[i]), c.Users[i], c.Items[i], c.Texts[i]})
			}
			return nil
		}))
	}
	if own.Can(contract.CapabilityAttributes) {
		noError(t, d.(contract.AttributeSource).Attributes(t.Context(), func(c *contract.AttributeChunk) error {
			for i, id := range c.IDs {
				note([]any{c.Entity, c.Name, c.Type, id, valueOf(c, i)})
			}
			return nil
		}))
	}
	got := fmt.Sprintf("%x", digest.Sum(nil))
	if want, known := goldens[own.Semantics]; !known || got != want {
		t.Errorf("semantics %d streams %s, want %q: where other rows are meant, raise Semantics in Info and add its digest", own.Semantics, got, want)
	}
}

func valueOf(c *contract.AttributeChunk, i int) any {
	switch c.Type {
	case contract.AttributeNumber:
		return c.Numbers[i]
	case contract.AttributeSet:
		return c.Sets[i]
	default:
		return c.Words[i]
	}
}

func noError(t TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
