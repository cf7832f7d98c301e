package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/pyliteral"
	"cllm4rec/plugins/internal/formats/rows"
)

// business is one item; what is missing is "" or nil.
type business struct {
	id, name, city, state string
	categories            []string
	open                  string // "open" or "closed"
	latitude, longitude   *float64
	features              []string // the words of the field attributes
}

// open finds the files and the businesses that the parameters ask for.
func (p Params) open(ctx context.Context) (files, selection, error) {
	f, err := p.files()
	if err != nil {
		return files{}, nil, err
	}
	if len(p.Cities)+len(p.Categories) == 0 {
		return f, nil, nil
	}
	kept, cities, categories := selection{}, map[string]bool{}, map[string]bool{}
	err = eachBusiness(ctx, f.business, func(b *business) error {
		cities[b.city] = true
		of := len(p.Categories) == 0
		for _, c := range b.categories {
			categories[c] = true
			of = of || slices.Contains(p.Categories, c)
		}
		if of && (len(p.Cities) == 0 || slices.Contains(p.Cities, b.city)) {
			kept[b.id] = struct{}{}
		}
		return nil
	})
	if err == nil {
		err = there("cities", p.Cities, cities)
	}
	if err == nil {
		err = there("categories", p.Categories, categories)
	}
	return f, kept, err
}

// there refuses a wanted name that does not occur.
func there(parameter string, wanted []string, found map[string]bool) error {
	for _, name := range wanted {
		if !found[name] {
			return contract.Errorf(contract.ErrInvalid, "%s: no business has %q%s", parameter, name, sdk.Hint(name, slices.Sorted(maps.Keys(found))))
		}
	}
	return nil
}

// eachBusiness hands over every business in the order of the file. A business that
// stands there twice is an error.
func eachBusiness(ctx context.Context, path string, do func(*business) error) error {
	seen := map[string]struct{}{}
	return lines.Each(ctx, path, func(l lines.Line) error {
		b, err := readBusiness(l)
		if err != nil {
			return err
		}
		if _, again := seen[b.id]; again {
			return l.Errorf("business %q stands there for the second time", b.id)
		}
		seen[b.id] = struct{}{}
		return do(b)
	})
}

func readBusiness(l lines.Line) (*business, error) {
	o, err := object.Parse(l)
	if err != nil {
		return nil, err
	}
	if err := o.Want("a business of Yelp", "business_id", "name", "city"); err != nil {
		return nil, err
	}
	f := object.Fields{Object: o}
	b := &business{id: f.Text("business_id"), name: f.Text("name"), city: f.Text("city"), state: f.Text("state")}
	if f.Err == nil && b.id == "" {
		return nil, o.Errorf("the field business_id is empty, expected an id")
	}
	b.categories = object.Read(&f, categories)
	b.latitude, b.longitude = f.Float("latitude"), f.Float("longitude")
	b.open = object.Read(&f, openness)
	attributes := object.Read(&f, func(o *object.Object) (*object.Object, error) { return o.Object("attributes") })
	if f.Err != nil || attributes == nil {
		return b, f.Err
	}
	for _, name := range attributes.Keys() {
		b.features = append(b.features, words(name, attributes.Value(name))...)
	}
	return b, nil
}

// categories is a list, or as today one text with commas.
func categories(o *object.Object) ([]string, error) {
	names, err := o.Texts("categories")
	if _, text := o.Value("categories").(string); text {
		names = strings.Split(names[0], ",")
	}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	return rows.Distinct(names), err
}

// openness is the field is_open, 0 or 1; "" without it.
func openness(o *object.Object) (string, error) {
	n, err := o.Whole("is_open")
	switch {
	case err != nil || n == nil:
		return "", err
	case *n == 0:
		return "closed", nil
	case *n == 1:
		return "open", nil
	}
	return "", o.Errorf("the field is_open is %d, expected 0 or 1", *n)
}

// words gives an attribute of a business as words: its name where it is true, "WiFi:
// free" for a value, "BusinessParking.lot" for a true one inside another. The values
// are Python literals in texts ("u'free'", "{'lot': True}") or plain JSON.
func words(name string, value any) []string {
	if text, ok := value.(string); ok {
		if literal, err := pyliteral.Parse(text); err == nil {
			value = literal
		}
	}
	switch v := value.(type) {
	case nil:
		return nil
	case bool:
		if v {
			return []string{name}
		}
		return nil
	case map[string]any:
		var out []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = append(out, words(name+"."+key, v[key])...)
		}
		return out
	default:
		return []string{fmt.Sprintf("%s: %v", name, v)}
	}
}

// streamContents adds name and categories of the businesses in known.
func streamContents(ctx context.Context, path string, known selection, w *rows.Texts) error {
	return eachBusiness(ctx, path, func(b *business) error {
		if !known.has(b.id) {
			return nil
		}
		return w.Describe(b.id, rows.About(contract.TextTitle, strings.TrimSpace(b.name)), rows.About(contract.TextCategories, strings.Join(b.categories, ", ")))
	})
}
