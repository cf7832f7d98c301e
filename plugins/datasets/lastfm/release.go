package main

import (
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/folder"
)

// none is the place of a column that a file does not have.
const none = -1

// item is one of the things that a release has plays of.
type item struct {
	name string // in Params.Item
	// Columns of the plays: its identifier, its name and the name of the artist.
	id, title, artist int
	// Where the plays have no names: the file of identifiers and names.
	names table
}

// table is a file and how it is written.
type table struct {
	file    string
	options delimited.Options
}

// release is how a data set lies in its folder.
type release struct {
	name   string
	file   string // of the plays
	layout delimited.Options
	// Columns of the plays: the number of plays, or the time of one.
	user, count, time int
	iso               bool // times are ISO 8601, else Unix seconds
	items             []item
	profiles          table // user, gender, age, country; no name: the release has none
	tagged            bool  // tags.dat and user_taggedartists.dat
	mixed             bool  // files beside the plays are in UTF-8 or in Latin-1
}

// tabs is a file of fields with tabs between them and no header.
func tabs(columns ...string) delimited.Options {
	return delimited.Options{Separator: "\t", Columns: columns}
}

// headed is one whose header has these columns among others.
func headed(columns ...string) delimited.Options {
	return delimited.Options{Separator: "\t", Header: true, Columns: columns}
}

// releases are the published ones, as their READMEs describe them.
func releases() []*release {
	return []*release{{
		name: "Last.fm 360K", file: "usersha1-artmbid-artname-plays.tsv", layout: tabs("user", "artist MBID", "artist", "plays"),
		user: 0, count: 3, time: none,
		items:    []item{{name: "artist", id: 1, title: 2, artist: none}},
		profiles: table{"usersha1-profile.tsv", tabs("user", "gender", "age", "country", "signup")},
	}, {
		name: "Last.fm 1K", file: "userid-timestamp-artid-artname-traid-traname.tsv", layout: tabs("user", "timestamp", "artist MBID", "artist", "track MBID", "track"),
		user: 0, count: none, time: 1, iso: true,
		items:    []item{{name: "artist", id: 2, title: 3, artist: none}, {name: "track", id: 4, title: 5, artist: 3}},
		profiles: table{"userid-profile.tsv", headed("#id", "gender", "age", "country")},
	}, {
		name: "HetRec 2011", file: "user_artists.dat", layout: headed("userID", "artistID", "weight"),
		user: 0, count: 2, time: none, tagged: true, mixed: true,
		items: []item{{name: "artist", id: 1, title: none, artist: none, names: table{"artists.dat", headed("id", "name")}}},
	}, {
		name: "LFM-1b", file: "LFM-1b_LEs.txt", layout: tabs("user", "artist", "album", "track", "timestamp"),
		user: 0, count: none, time: 4,
		items: []item{
			{name: "artist", id: 1, title: none, artist: none, names: table{"LFM-1b_artists.txt", tabs("artist", "name")}},
			{name: "album", id: 2, title: none, artist: none, names: table{"LFM-1b_albums.txt", tabs("album", "name", "artist")}},
			{name: "track", id: 3, title: none, artist: none, names: table{"LFM-1b_tracks.txt", tabs("track", "name", "artist")}},
		},
		profiles: table{"LFM-1b_users.txt", headed("user_id", "gender", "age", "country")},
	}}
}

// lying are the releases that lie in a folder.
func lying(f folder.Folder) []*release {
	return slices.DeleteFunc(releases(), func(r *release) bool { return f.File(r.file) == "" })
}

// recognise finds the one release that lies in a folder.
func recognise(f folder.Folder) (*release, error) {
	found := lying(f)
	switch len(found) {
	case 0:
		return nil, contract.Errorf(contract.ErrInvalid, "%s: no data set of Last.fm lies there: %s; the folder holds %s%s", f.Path, held(), f.Some(), below(f))
	case 1:
		return found[0], nil
	}
	return nil, contract.Errorf(contract.ErrInvalid, "%s: holds files of %s and of %s; expected one data set in a folder", f.Path, found[0].name, found[1].name)
}

// held says what a folder of each release holds, for messages.
func held() string {
	var all []string
	for _, r := range releases() {
		all = append(all, r.name+" has "+r.file)
	}
	return strings.Join(all, ", ")
}

// below points to a folder in the folder that holds a release.
func below(f folder.Folder) string {
	return folder.Below(f, lying, func(r *release) string { return r.name })
}
