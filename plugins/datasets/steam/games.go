package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
)

// game is one line of steam_games.json; what is missing is "" or nil.
type game struct {
	id, name, developer, publisher string
	genres, tags, specs            []string
	price, year                    *float64 // in dollars; of the release
}

// eachGame hands over every game in the order of the file. Of a game that stands there
// twice the first line counts; games without an id are left out and counted (the
// published file has some of both).
func eachGame(ctx context.Context, path string, do func(*game) error) error {
	seen := map[string]struct{}{}
	nameless := 0
	err := lines.Each(ctx, path, func(l lines.Line) error {
		g, err := readGame(l)
		if err != nil {
			return err
		}
		if g.id == "" {
			nameless++
			return nil
		}
		if _, again := seen[g.id]; again {
			return nil
		}
		seen[g.id] = struct{}{}
		return do(g)
	})
	if err == nil && nameless > 0 {
		log := sdk.Logger()
		log.Warn().Str("file", path).Int("games", nameless).Msg("games without an id are left out")
	}
	return err
}

// gameFields are those by which a line of steam_games.json is known.
func gameFields() []string { return []string{"app_name", "title", "genres", "tags", "specs"} }

func readGame(l lines.Line) (*game, error) {
	o, err := object.Parse(l)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(gameFields(), o.Has) {
		return nil, o.Errorf("no game of Steam: the fields found are %s, expected some of %s", object.Listed(o.Keys()), object.Listed(gameFields()))
	}
	f := object.Fields{Object: o}
	g := &game{id: object.Read(&f, func(o *object.Object) (string, error) { return o.ID("id") }), name: f.Text("title")}
	if name := f.Text("app_name"); name != "" { // it counts, where it is there
		g.name = name
	}
	g.developer, g.publisher = f.Text("developer"), f.Text("publisher")
	g.genres, g.tags, g.specs = rows.Distinct(f.Texts("genres")), rows.Distinct(f.Texts("tags")), rows.Distinct(f.Texts("specs"))
	g.year, g.price = year(o), object.Read(&f, price)
	return g, f.Err
}

// price is a number; free games have words in its place, of which those that say that
// the whole game is free are 0 and others ("Free Demo", "Third-party") no price.
func price(o *object.Object) (*float64, error) {
	text, ok := o.Value("price").(string)
	if !ok {
		return o.Float("price")
	}
	if slices.Contains([]string{"free", "free to play", "play for free!"}, strings.ToLower(text)) {
		return new(float64), nil
	}
	return nil, nil
}

// year is that of a release date such as 2018-01-04; nil for anything else ("Soon.."),
// which the file has too.
func year(o *object.Object) *float64 {
	text, err := o.Text("release_date")
	if err != nil || len(text) < 4 || len(text) > 4 && text[4] != '-' {
		return nil
	}
	n, err := strconv.ParseUint(text[:4], 10, 16)
	if err != nil {
		return nil
	}
	y := float64(n)
	return &y
}

// texts adds what describes the game in words.
func (g *game) texts(w *rows.Texts) error {
	return w.Describe(g.id,
		rows.About(contract.TextTitle, g.name), rows.About(contract.TextTags, strings.Join(g.tags, "; ")),
		rows.About(contract.TextCategories, strings.Join(g.genres, ", ")), rows.About(contract.TextBrand, g.developer))
}

// Attributes streams developer and publisher (categories), price and year (numbers),
// genres, tags and specs (sets) of the games; nothing without Params.Games. What users
// thought of a game (sentiment, metascore) is left out: it counts held-out reviews too.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	path := d.Params().Games
	if path == "" {
		return nil
	}
	w := rows.Described{Entity: contract.EntityItem, Yield: yield}
	err := eachGame(ctx, path, func(g *game) error { return g.describe(&w) })
	if err != nil {
		return err
	}
	return w.Flush()
}

func (g *game) describe(w *rows.Described) error {
	return w.Add(g.id,
		rows.Category("developer", g.developer), rows.Category("publisher", g.publisher), rows.Number("price", g.price), rows.Number("year", g.year),
		rows.Set("genres", g.genres), rows.Set("tags", g.tags), rows.Set("specs", g.specs))
}
