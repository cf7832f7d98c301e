package main

import (
	"context"
	"embed"
	"errors"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/formats/rows"
)

// The choices of Params.Value and Params.User.
const (
	valueRecorded = "recorded"
	valueNone     = "none"
	userName      = "username"
	userID        = "user_id"
)

// Params are the plugin's parameters.
type Params struct {
	Path    string `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"the interactions: steam_new.json, australian_users_items.json or australian_user_reviews.json, recognised by their fields; plain or compressed"`
	Reviews string `json:"reviews,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"the reviews whose texts are read, where path has none: australian_user_reviews.json beside australian_users_items.json"`
	Games   string `json:"games,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"steam_games.json, with names, genres, tags and prices"`
	Value   string `json:"value" jsonschema:"default=recorded,enum=recorded,enum=none" jsonschema_description:"the value of an interaction: what the file records (hours of a review, minutes of play of a library, 1 or 0 for recommended or not), or none"`
	User    string `json:"user" jsonschema:"default=username,enum=username,enum=user_id" jsonschema_description:"what tells users apart in steam_new.json: the name, as in SASRec and its followers, or the id, which many reviews lack"`
	Year    int64  `json:"year,omitempty" jsonschema:"minimum=2003,maximum=2100" jsonschema_description:"the year of dates without one in australian_user_reviews.json: Steam leaves the year of the crawl out"`
}

// dataset reads the files of Kang and McAuley (ICDM 2018) and of Pathak, Gupta and
// McAuley (SIGIR 2017): a Python dictionary a line.
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/tiny
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "steam", Version: "1.0.0",
		Summary:      "Steam reviews, libraries with minutes of play, and games, as lines of Python dictionaries",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilitySniff},
		Check:        contract.Check{Params: []byte(`{"path": "./tiny/steam_new.json", "games": "./tiny/steam_games.json"}`), Files: sdk.Files(checkFiles, "testdata/tiny"), Sniff: "./tiny"},
	})}
	d.Check = Params.check
	return d
}

// check refuses a folder, a pipe or a device where a file is expected; the runner has
// looked whether there is anything at all.
func (p Params) check() error {
	return regular.CheckGiven(p.Path, p.Reviews, p.Games)
}

// Interactions streams one row per review or per game of a library. Reviews have times
// (midnight UTC of their day), libraries have none.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	p := d.Params()
	r := newReader(p, p.Path)
	w := rows.Interactions{Yield: yield, Values: p.Value == valueRecorded}
	err := lines.Each(ctx, p.Path, func(l lines.Line) error {
		return r.read(l, func(c contact) error {
			w.Times = r.kind != library
			return w.Add(contract.PartAll, rows.Interaction{User: c.user, Item: c.game, Value: c.value, Time: c.time})
		})
	})
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	r.tell()
	return nil
}

// Texts streams the text of every review and then, with Params.Games, the name, tags,
// genres and developer of every game.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	p := d.Params()
	w := rows.Texts{Yield: yield}
	err := p.streamReviews(ctx, &w)
	if err == nil && p.Games != "" {
		err = eachGame(ctx, p.Games, func(g *game) error { return g.texts(&w) })
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

var errLibrary = errors.New("a library has no texts")

// streamReviews adds the texts of the reviews; a library alone has none.
func (p Params) streamReviews(ctx context.Context, w *rows.Texts) error {
	path := p.Path
	if p.Reviews != "" {
		path = p.Reviews
	}
	r := newReader(p, path)
	r.textsOnly = true
	err := lines.Each(ctx, path, func(l lines.Line) error {
		return r.read(l, func(c contact) error {
			if r.kind == library {
				return errLibrary
			}
			return w.Add(contract.TextReview, c.user, c.game, c.text)
		})
	})
	switch {
	case err == errLibrary && p.Reviews != "":
		return contract.Errorf(contract.ErrInvalid, "reviews: %s holds %s, expected %s or %s", path, library, newReviews, australianReviews)
	case err == errLibrary:
		return nil
	}
	return err
}
