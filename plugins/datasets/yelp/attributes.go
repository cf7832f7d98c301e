package main

import (
	"context"
	"fmt"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
)

// Attributes streams what describes businesses (city, state and open as categories,
// latitude and longitude as numbers, categories and features as sets) and users (fans
// and since, Unix seconds, as numbers, elite as a set of years). What Yelp computed from
// reviews (mean stars, counts of reviews and votes) is left out: it counts held-out
// reviews too.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	f, kept, err := d.Params().open(ctx)
	if err != nil {
		return err
	}
	if f.business == "" {
		f.tell("business", "items have no attributes")
	} else if err := businessAttributes(ctx, f.business, kept, yield); err != nil {
		return err
	}
	if f.user == "" {
		f.tell("user", "users have no attributes")
		return nil
	}
	return userAttributes(ctx, f.user, yield)
}

func businessAttributes(ctx context.Context, path string, kept selection, yield func(*contract.AttributeChunk) error) error {
	w := rows.Described{Entity: contract.EntityItem, Yield: yield}
	err := eachBusiness(ctx, path, func(b *business) error {
		if !kept.has(b.id) {
			return nil
		}
		return w.Add(b.id,
			rows.Category("city", b.city), rows.Category("state", b.state), rows.Category("open", b.open), rows.Number("latitude", b.latitude), rows.Number("longitude", b.longitude),
			rows.Set("categories", b.categories), rows.Set("features", b.features))
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// userAttributes streams those of every user in the file: about two million, of which
// the host keeps the ones that have interactions.
func userAttributes(ctx context.Context, path string, yield func(*contract.AttributeChunk) error) error {
	w := rows.Described{Entity: contract.EntityUser, Yield: yield}
	seen := map[string]struct{}{}
	err := lines.Each(ctx, path, func(l lines.Line) error {
		u, err := readUser(l)
		if err != nil {
			return err
		}
		if _, again := seen[u.id]; again {
			return l.Errorf("user %q stands there for the second time", u.id)
		}
		seen[u.id] = struct{}{}
		return w.Add(u.id, rows.Number("fans", u.fans), rows.Number("since", u.since), rows.Set("elite", u.elite))
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

type user struct {
	id          string
	fans, since *float64
	elite       []string
}

func readUser(l lines.Line) (*user, error) {
	o, err := object.Parse(l)
	if err != nil {
		return nil, err
	}
	if err := o.Want("a user of Yelp", "user_id", "yelping_since"); err != nil {
		return nil, err
	}
	u := &user{}
	if u.id, err = o.Text("user_id"); err != nil {
		return nil, err
	}
	if u.id == "" {
		return nil, o.Errorf("the field user_id is empty, expected an id")
	}
	if u.fans, err = o.Float("fans"); err != nil {
		return nil, err
	}
	if u.elite, err = elite(o); err != nil {
		return nil, err
	}
	date, err := o.Text("yelping_since")
	if err != nil || date == "" {
		return u, err
	}
	since, err := seconds(o, "yelping_since", date)
	at := float64(since)
	u.since = &at
	return u, err
}

// elite are the years of a user: a text with commas ("", and "None" in 2018, for no
// year), before 2018 a list of numbers. The files since 2021 write 2020 as "20,20".
func elite(o *object.Object) (years []string, err error) {
	switch v := o.Value("elite").(type) {
	case nil:
		return nil, nil
	case string:
		if v != "" && v != "None" {
			years = unbroken(strings.Split(v, ","))
		}
	case []any:
		for _, year := range v {
			years = append(years, fmt.Sprint(year))
		}
	default:
		return nil, o.Errorf("the field elite is %.40q, expected years such as 2012,2013", fmt.Sprint(v))
	}
	for i, year := range years {
		years[i] = strings.TrimSpace(year)
		if len(years[i]) != 4 || strings.Trim(years[i], "0123456789") != "" {
			return nil, o.Errorf("the field elite has %.40q, expected years such as 2012,2013", year)
		}
	}
	return years, nil
}

// unbroken puts the year 2020 together again.
func unbroken(years []string) (out []string) {
	for i := 0; i < len(years); i++ {
		if years[i] == "20" && i+1 < len(years) && years[i+1] == "20" {
			i++
			out = append(out, "2020")
			continue
		}
		out = append(out, years[i])
	}
	return out
}
