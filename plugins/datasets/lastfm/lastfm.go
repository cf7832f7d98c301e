package main

import (
	"context"
	"embed"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/charset"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/malformed"
)

// The choices of parameters.
const (
	auto        = "auto"
	latin1      = "latin-1"
	playsCounts = "counts"
	tagsNone    = "none"
	itemArtist  = "artist"
)

// Params are the plugin's parameters.
type Params struct {
	Path      string `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"folder of 360K, 1K, HetRec or LFM-1b; its files may be compressed one by one (.gz, .zst)"`
	Item      string `json:"item" jsonschema:"default=artist,enum=artist,enum=album,enum=track" jsonschema_description:"what is an item: artists; tracks of 1K and LFM-1b; albums of LFM-1b"`
	Plays     string `json:"plays" jsonschema:"default=as_published,enum=as_published,enum=counts" jsonschema_description:"as_published: counts of 360K and HetRec, each play with its time of 1K and LFM-1b; counts: one row per user and item, with the number of plays and the time of the last one"`
	Tags      string `json:"tags" jsonschema:"default=none,enum=none,enum=all" jsonschema_description:"all: whatever any user of HetRec tagged an artist with is the artist's text; see the README on what that tells"`
	Malformed string `json:"malformed" jsonschema:"default=error,enum=error,enum=skip" jsonschema_description:"what a damaged record is: an error, or left out, counted and told in the log"`
	Encoding  string `json:"encoding" jsonschema:"default=auto,enum=auto,enum=utf-8,enum=latin-1" jsonschema_description:"auto: utf-8, but of HetRec's names and tags what each file is"`
}

// dataset reads Last.fm 360K and 1K (Celma, Music Recommendation and Discovery,
// Springer 2010), HetRec 2011 (Cantador, Brusilovsky, Kuflik, RecSys 2011) and LFM-1b
// (Schedl, ICMR 2016).
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/360k
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "lastfm", Version: "1.0.0",
		Summary:      "Last.fm 360K, 1K, HetRec 2011 and LFM-1b: plays of artists, albums or tracks, names, tags and users",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilitySniff},
		Check:        contract.Check{Params: []byte(`{"path": "./360k"}`), Files: sdk.Files(checkFiles, "testdata/360k"), Sniff: "./360k"},
	})}
	d.Check = func(p Params) error { _, err := p.open(); return err }
	return d
}

// source is a folder with its release and what the parameters ask of it.
type source struct {
	folder.Folder
	*release
	params Params
	item   item
	plays  string // path of the file of plays
}

// open recognises the release and refuses what it does not have.
func (p Params) open() (*source, error) {
	f, err := folder.Open(p.Path)
	if err != nil {
		return nil, err
	}
	r, err := recognise(f)
	if err != nil {
		return nil, err
	}
	s := &source{Folder: f, release: r, params: p}
	at := slices.IndexFunc(r.items, func(i item) bool { return i.name == p.Item })
	switch {
	case at < 0:
		var has []string
		for _, i := range r.items {
			has = append(has, i.name)
		}
		return nil, contract.Errorf(contract.ErrInvalid, "item: %s has no %s; its items are %s", r.name, p.Item, strings.Join(has, ", "))
	case p.Tags != tagsNone && !r.tagged:
		return nil, contract.Errorf(contract.ErrInvalid, "tags: %s has none; HetRec has", r.name)
	}
	s.item = r.items[at]
	s.plays, err = s.Need(r.file, "the plays")
	return s, err
}

// open opens the source for a call, and tells which release it is.
func (d *dataset) open(call string) (*source, error) {
	if err := d.Configured(call); err != nil {
		return nil, err
	}
	s, err := d.Params().open()
	if err == nil && call == "Interactions" {
		log := sdk.Logger()
		log.Info().Str("folder", s.Path).Str("release", s.name).Msg("release recognised")
	}
	return s, err
}

// each hands every record of a file to do. A damaged one is what Params.Malformed says;
// do gives the error of the record apart from those of the reader.
func (s *source) each(ctx context.Context, path string, table delimited.Options, do func(delimited.Record) (damage, err error)) error {
	if err := s.encode(ctx, path, &table); err != nil {
		return err
	}
	records := malformed.Of(path, s.params.Malformed)
	table.Uneven = func(_ delimited.Record, err error) error { return records.Check(err) }
	err := delimited.Each(ctx, path, table, func(r delimited.Record) error {
		damage, err := do(r)
		if damage != nil {
			return records.Check(damage)
		}
		return err
	})
	if err == nil {
		records.Tell()
	}
	return err
}

// encode sets the encoding of a file.
func (s *source) encode(ctx context.Context, path string, table *delimited.Options) error {
	switch {
	case s.params.Encoding == latin1:
		table.Latin1 = true
	case s.params.Encoding == auto && s.mixed && path != s.plays:
		utf8, err := charset.IsUTF8(ctx, path)
		if err != nil {
			return err
		}
		table.Latin1 = !utf8
		log := sdk.Logger()
		log.Info().Str("file", path).Bool("latin1", table.Latin1).Msg("encoding recognised")
	}
	return nil
}
