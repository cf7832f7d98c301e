// Package exporttest has a split for tests of exports, and loads exports again.
package exporttest

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/export"
)

// rows is a dataset of what a test gives.
type rows struct {
	contract.Dataset
	interactions contract.InteractionChunk
	texts        contract.TextChunk
	attributes   []*contract.AttributeChunk
}

func (*rows) Info(context.Context) (contract.Info, error) {
	return contract.Info{Kind: contract.KindDataset, Name: "rows", Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes}}, nil
}

func (r *rows) Interactions(_ context.Context, yield func(*contract.InteractionChunk) error) error {
	return yield(&r.interactions)
}

func (r *rows) Texts(_ context.Context, yield func(*contract.TextChunk) error) error {
	return yield(&r.texts)
}

func (r *rows) Attributes(_ context.Context, yield func(*contract.AttributeChunk) error) error {
	for _, c := range r.attributes {
		if err := yield(c); err != nil {
			return err
		}
	}
	return nil
}

// Seed is that of the split.
const Seed = 7

// Split is 30 users, 12 items and everything that a split may have: values, times of
// which some are equal, reviews, contents of some items, a biography, attributes of
// every type. The texts of kind after kind stand in the order of the interactions.
func Split(t testing.TB) *data.Split {
	t.Helper()
	r := &rows{}
	for u := range 30 {
		for i := range 5 {
			user, item := "u"+strconv.Itoa(u), "i"+strconv.Itoa((u*5+i*i+i)%12)
			r.add(user, item, float32(1+(u+i)%5), int64(1_600_000_000+u%3+i/2))
		}
	}
	for i := range 12 {
		item := "i" + strconv.Itoa(i)
		r.text(contract.TextTitle, "", item, "The "+strconv.Itoa(i)+"th thing, “quoted”")
		if i%2 == 0 {
			r.text(contract.TextTags, "", item, "big; red")
		}
		if i%3 == 0 {
			r.text(contract.TextBrand, "", item, "Müller & Söhne")
		}
	}
	r.attributes = append(r.attributes,
		&contract.AttributeChunk{Name: "color", Entity: contract.EntityItem, Type: contract.AttributeCategory, IDs: []string{"i1", "i3"}, Values: contract.Values{Words: []string{"red", "sea green"}}},
		&contract.AttributeChunk{Name: "price", Entity: contract.EntityItem, Type: contract.AttributeNumber, IDs: []string{"i0", "i3"}, Values: contract.Values{Numbers: []float64{0.1, -2e-7}}},
		&contract.AttributeChunk{Name: "genres", Entity: contract.EntityItem, Type: contract.AttributeSet, IDs: []string{"i2", "i5"}, Values: contract.Values{Sets: [][]string{{"drama", "war"}, {"drama"}}}},
		&contract.AttributeChunk{Name: "age", Entity: contract.EntityUser, Type: contract.AttributeNumber, IDs: []string{"u4"}, Values: contract.Values{Numbers: []float64{44}}},
	)
	o := data.Options{Name: "rows", Texts: true, Attributes: true, Split: data.SplitSpec{Method: data.MethodRatio, Validation: 0.2, Test: 0.2, Seed: Seed}}
	s, err := data.Load(t.Context(), r, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *rows) add(user, item string, value float32, time int64) {
	c := &r.interactions
	c.Users, c.Items, c.Values, c.Times = append(c.Users, user), append(c.Items, item), append(c.Values, value), append(c.Times, time)
	r.text(contract.TextReview, user, item, "Of "+item+" says "+user+": fine.")
}

func (r *rows) text(kind contract.TextKind, user, item, text string) {
	c := &r.texts
	c.Kinds, c.Users, c.Items, c.Texts = append(c.Kinds, kind), append(c.Users, user), append(c.Items, item), append(c.Texts, text)
}

// Again exports a split, and loads what was written through a plugin.
func Again(t testing.TB, s *data.Split, form export.Form, d contract.Dataset) *data.Split {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	w, err := export.Write(s, form, dir, "rows", Seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %q; lost: %q", form, w.Files, w.Lost)
	params, err := json.Marshal(w.ParamsIn(dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Configure(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	info, err := d.Info(t.Context())
	if err != nil || info.Name != w.Plugin {
		t.Fatalf("the plugin %s is to read what %s wrote, error %v", w.Plugin, form, err)
	}
	o := data.Options{
		Name: "again", Texts: info.Can(contract.CapabilityTexts), Attributes: info.Can(contract.CapabilityAttributes),
		Split: data.SplitSpec{Method: data.MethodGiven, Seed: w.Seed},
	}
	got, err := data.Load(t.Context(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Without is a split that lacks what a form cannot hold.
type Without struct{ Values, Times bool }

// Copy is a split without some columns, and with the texts of these kinds alone, kind
// by kind.
func Copy(s *data.Split, without Without, kinds ...contract.TextKind) *data.Split {
	out := *s
	for _, x := range []**data.Interactions{&out.Training.Interactions, &out.Validation, &out.Test} {
		part := **x
		if without.Values {
			part.Value = nil
		}
		if without.Times {
			part.Time = nil
		}
		*x = &part
	}
	out.Training.Texts = nil
	for _, kind := range kinds {
		for _, t := range s.Training.Texts {
			if t.Kind == kind {
				out.Training.Texts = append(out.Training.Texts, t)
			}
		}
	}
	return &out
}

// RowByRow is a split with its texts as rows of tables have them: reviews in the order
// of the training interactions, then those of each item, kind by kind.
func RowByRow(s *data.Split) *data.Split {
	out := *s
	out.Training.Texts = nil
	take := func(fits func(data.Text) bool) {
		for _, t := range s.Training.Texts {
			if fits(t) {
				out.Training.Texts = append(out.Training.Texts, t)
			}
		}
	}
	for u := range s.Users.Len() {
		for _, item := range s.Training.Interactions.Row(u) {
			take(func(t data.Text) bool { return t.User == int32(u) && t.Item == item })
		}
	}
	for item := range s.Items.Len() {
		for _, kind := range contract.TextKinds() {
			take(func(t data.Text) bool { return t.User < 0 && t.Item == int32(item) && t.Kind == kind })
		}
	}
	return &out
}

// Same compares fingerprints.
func Same(t testing.TB, got, want *data.Split) {
	t.Helper()
	if got.Fingerprint != data.FingerprintOf(want) {
		t.Errorf("got %d users, %d items, %d + %d + %d interactions, %d texts; want %d, %d, %d + %d + %d, %d: the fingerprints differ",
			got.Users.Len(), got.Items.Len(), got.Training.Interactions.Len(), got.Validation.Len(), got.Test.Len(), len(got.Training.Texts),
			want.Users.Len(), want.Items.Len(), want.Training.Interactions.Len(), want.Validation.Len(), want.Test.Len(), len(want.Training.Texts))
	}
}
