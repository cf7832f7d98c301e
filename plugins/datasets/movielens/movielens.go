package main

import (
	"context"
	"embed"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/charset"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/folder"
)

// The choices of parameters.
const (
	auto             = "auto"
	titleWithoutYear = "without_year"
	tagsNone         = "none"
	latin1           = "latin-1"
)

// Params are the plugin's parameters.
type Params struct {
	Path     string `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"folder that the archive of a release unpacks to; its files may be compressed one by one (.gz, .zst)"`
	Release  string `json:"release" jsonschema:"default=auto,enum=auto,enum=100k,enum=1m,enum=10m,enum=20m,enum=25m,enum=32m,enum=latest,enum=latest-small" jsonschema_description:"auto: what the folder holds decides; else the folder must hold this release"`
	Fold     string `json:"fold,omitempty" jsonschema:"enum=u1,enum=u2,enum=u3,enum=u4,enum=u5,enum=ua,enum=ub,enum=r1,enum=r2,enum=r3,enum=r4,enum=r5,enum=ra,enum=rb" jsonschema_description:"a published fold as a given split: u1 to u5, ua and ub of 100k (u1.base and u1.test), r1 to r5, ra and rb of 10m (r1.train and r1.test, which its split_ratings.sh makes)"`
	Title    string `json:"title" jsonschema:"default=full,enum=full,enum=without_year" jsonschema_description:"the title as it is in the file, such as Toy Story (1995), or without its year"`
	Tags     string `json:"tags" jsonschema:"default=none,enum=none,enum=all" jsonschema_description:"all: whatever any user tagged a movie with at any time is part of the movie's texts; see the README on what that tells"`
	Encoding string `json:"encoding" jsonschema:"default=auto,enum=auto,enum=utf-8,enum=latin-1" jsonschema_description:"auto: as the release was published, latin-1 for 100k and 1m (unless a file is UTF-8 throughout), utf-8 for the others"`
}

// dataset reads the releases of GroupLens (Harper and Konstan, The MovieLens
// Datasets: History and Context, ACM TiiS 5(4), 2015).
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/ml-20m
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "movielens", Version: "1.0.0",
		Summary: "MovieLens 100k, 1m, 10m, 20m, 25m, 32m and latest: ratings, titles, genres, tags, users and the published folds",
		Capabilities: []contract.Capability{
			contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilityGivenSplit, contract.CapabilitySniff,
		},
		Check: contract.Check{Params: []byte(`{"path": "./ml-20m", "tags": "all"}`), Files: sdk.Files(checkFiles, "testdata/ml-20m"), Sniff: "./ml-20m", Whole: true},
	})}
	d.Check = func(p Params) error { _, err := p.open(); return err }
	return d
}

// source is a folder with its release and what the parameters ask of it.
type source struct {
	folder.Folder
	release *release
	params  Params
}

// open recognises the release and looks for the files that are always read.
func (p Params) open() (*source, error) {
	f, err := folder.Open(p.Path)
	if err != nil {
		return nil, err
	}
	r, err := recognise(f, p.Release)
	if err != nil {
		return nil, err
	}
	s := &source{Folder: f, release: r, params: p}
	if _, err := s.ratings(); err != nil {
		return nil, err
	}
	if p.Tags != tagsNone && r.tags.name == "" {
		return nil, contract.Errorf(contract.ErrInvalid, "tags: release %s has none; those from 10m on have", r)
	}
	return s, nil
}

// open opens the source for a call, and tells which release it is.
func (d *dataset) open(ctx context.Context, call string) (*source, error) {
	if err := d.Configured(call); err != nil {
		return nil, err
	}
	s, err := d.Params().open()
	if err == nil && call == "Interactions" {
		log := sdk.Logger()
		log.Info().Str("folder", s.Path).Str("release", s.release.exactly(ctx, s.Folder)).Strs("not_read", s.notRead()).Msg("release recognised")
	}
	return s, err
}

// notRead are the files of the release in the folder of which nothing is read.
func (s *source) notRead() []string {
	return slices.DeleteFunc(slices.Clone(s.release.ignored), func(name string) bool { return s.File(name) == "" })
}

// table finds a file of texts and says how it is written, with its encoding; what is for
// Folder.Need.
func (s *source) table(ctx context.Context, f file, what string) (path string, table delimited.Options, err error) {
	if path, err = s.Need(f.name, what); err != nil {
		return "", table, err
	}
	table = f.table
	switch {
	case s.params.Encoding == latin1:
		table.Latin1 = true
	case s.params.Encoding == auto && s.release.publishedLatin1:
		converted, err := charset.IsUTF8(ctx, path)
		if err != nil {
			return "", table, err
		}
		table.Latin1 = !converted
		log := sdk.Logger()
		log.Info().Str("file", path).Bool("latin1", table.Latin1).Msg("encoding recognised")
	}
	return path, table, nil
}
