package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// file is the name of a file and how its lines are written.
type file struct {
	name  string
	table delimited.Options
}

// release is how one release, or several of the same form, lies in its folder.
type release struct {
	names   []string // in Params.Release
	ratings file     // user, movie, rating, time
	apart   string   // a file that tells the release from another with the same ratings.name
	// The two files of a fold are called by the fold and these endings.
	folds            []string
	training, test   string
	movies           file // movie, title and, but for 100k, genres
	users            file // no name: the release has none
	tags             file // user, movie, tag, time; no name: the release has none
	ignored          []string
	publishedLatin1  bool
	oneFlagPerGenre  bool // as in 100k, in place of a list of names
	agesAndWorkCoded bool // as in 1m, in place of years and words
}

// flags are the names of the columns of u.item that say 1 where the movie is of a
// genre, in the order of 100k's u.genre.
var flags = []string{
	"unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror",
	"Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
}

// releases are those that GroupLens has published, as their READMEs describe them.
func releases() []*release {
	rating, tag := []string{"userId", "movieId", "rating", "timestamp"}, []string{"userId", "movieId", "tag", "timestamp"}
	table := func(name, separator string, columns ...string) file {
		return file{name, delimited.Options{Separator: separator, Columns: columns}}
	}
	csv := func(name string, columns ...string) file {
		return file{name, delimited.Options{Separator: ",", Quotes: true, Header: true, Columns: columns}}
	}
	movies := table("movies.dat", "::", "movie", "title", "genres")
	return []*release{{
		names: []string{"100k"}, ratings: table("u.data", "\t", rating...), publishedLatin1: true, oneFlagPerGenre: true,
		folds: []string{"u1", "u2", "u3", "u4", "u5", "ua", "ub"}, training: ".base", test: ".test",
		ignored: []string{"u.genre", "u.info", "u.occupation"},
		movies:  table("u.item", "|", append([]string{"movie", "title", "release date", "video release date", "URL"}, flags...)...),
		users:   table("u.user", "|", "user", "age", "gender", "occupation", "zip code"),
	}, {
		names: []string{"1m"}, ratings: table("ratings.dat", "::", rating...), apart: "users.dat", publishedLatin1: true, agesAndWorkCoded: true,
		movies: movies, users: table("users.dat", "::", "user", "gender", "age", "occupation", "zip code"),
	}, {
		names: []string{"10m"}, ratings: table("ratings.dat", "::", rating...), apart: "tags.dat",
		folds: []string{"r1", "r2", "r3", "r4", "r5", "ra", "rb"}, training: ".train", test: ".test",
		movies: movies, tags: table("tags.dat", "::", tag...),
	}, {
		names: []string{"20m", "25m", "32m", "latest", "latest-small"}, ratings: csv("ratings.csv", rating...),
		movies: csv("movies.csv", "movieId", "title", "genres"), tags: csv("tags.csv", tag...), ignored: []string{"links.csv", "genome-scores.csv", "genome-tags.csv"},
	}}
}

// String is what the release is called in messages.
func (r *release) String() string { return strings.Join(r.names, "/") }

// held says what a folder of each release holds, for messages.
func held() string {
	var all []string
	for _, r := range releases() {
		text := r.String() + " has " + r.ratings.name
		if r.apart != "" {
			text += " and " + r.apart
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// liesIn reports whether the folder looks like the release. Where wanted names it,
// the file that tells it from another is not asked for.
func (r *release) liesIn(f folder.Folder, wanted string) bool {
	if wanted != auto && !slices.Contains(r.names, wanted) || wanted == auto && r.apart != "" && f.File(r.apart) == "" {
		return false
	}
	return f.File(r.ratings.name) != "" || slices.ContainsFunc(r.folds, func(fold string) bool { return f.File(fold+r.training) != "" })
}

// lying are the releases that lie in a folder.
func lying(f folder.Folder, wanted string) []*release {
	return slices.DeleteFunc(releases(), func(r *release) bool { return !r.liesIn(f, wanted) })
}

// recognise finds the one release that lies in a folder.
func recognise(f folder.Folder, wanted string) (*release, error) {
	switch found := lying(f, wanted); {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, contract.Errorf(contract.ErrInvalid, "%s: holds files of %s and of %s; set release", f.Path, found[0], found[1])
	case wanted != auto:
		return nil, contract.Errorf(contract.ErrInvalid, "%s: release %s does not lie there: %s; the folder holds %s", f.Path, wanted, held(), f.Some())
	case f.File("ratings.dat") != "":
		return nil, contract.Errorf(contract.ErrInvalid, "%s: ratings.dat stands there without users.dat, as 1m has it, and without tags.dat, as 10m has it; set release: 1m or release: 10m", f.Path)
	}
	return nil, contract.Errorf(contract.ErrInvalid, "%s: no MovieLens release lies there: %s; the folder holds %s%s", f.Path, held(), f.Some(), below(f))
}

// below points to a folder in the folder that holds a release.
func below(f folder.Folder) string {
	return folder.Below(f, func(x folder.Folder) []*release { return lying(x, auto) }, func(r *release) string { return "release " + r.String() })
}

// inReadme is how the READMEs of the releases in one form name them.
var inReadme = regexp.MustCompile(`\bml-(20m|25m|32m|latest-small|latest)\b`)

// exactly names the release by its README, where several have its form.
func (r *release) exactly(ctx context.Context, f folder.Folder) string {
	if readme := f.File("README.txt", "README.html"); len(r.names) > 1 && readme != "" {
		if m := inReadme.FindStringSubmatch(strings.Join(sniffed.Lines(ctx, readme, 40), "\n")); m != nil {
			return m[1]
		}
	}
	return r.String()
}
