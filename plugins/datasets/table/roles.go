package main

import (
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/object"
)

// role is what a column is for, and what the user said about it.
type role struct {
	name   string // as the parameter is called
	column column
	needed bool
}

// usual are the names by which a column of a role is recognised, without case, spaces
// and marks; a row of names comes before the next one.
var usual = map[string][][]string{
	"user": {
		{"user", "userid", "uid", "useridx", "userindex"},
		{"reviewerid", "customerid", "visitorid", "memberid", "accountid", "profileid", "playerid", "viewerid", "readerid", "listenerid"},
		{"username", "sessionid"},
	},
	"item": {
		{"item", "itemid", "iid", "itemidx", "itemindex", "parentasin"},
		{
			"asin", "movieid", "productid", "bookid", "isbn", "businessid", "gmapid", "songid", "trackid", "artistid", "albumid", "gameid", "appid", "newsid", "articleid",
			"recipeid", "videoid", "animeid", "showid", "courseid", "poiid", "venueid", "placeid", "locationid", "beerid", "jobid", "adid",
		},
	},
	"value": {{"rating", "ratings"}, {"overall", "stars", "score"}, {"value", "preference"}, {"weight", "count", "playcount", "plays", "listeningcount", "frequency", "hours"}},
	"time":  {{"timestamp", "unixreviewtime", "unixtime", "ts", "unix"}, {"time", "datetime", "eventtime", "createdat", "reviewtime", "timems"}, {"date", "day", "reviewdate"}},
	"part":  {{"split", "part", "subset", "fold"}},
	"review": {
		{"review", "reviewtext", "reviewbody", "reviewcontent"},
		{"text", "comment", "comments"},
	},
	"title":       {{"title", "movietitle", "booktitle", "itemtitle", "producttitle"}, {"name", "itemname", "productname", "trackname", "artistname"}},
	"description": {{"description", "desc", "overview", "synopsis", "plot", "abstract", "summary"}},
	"tags":        {{"tags", "tag", "keywords", "features"}},
	"categories":  {{"categories", "category", "genres", "genre", "class"}},
	"brand":       {{"brand", "store", "manufacturer", "publisher", "developer"}},
	"biography":   {{"biography", "bio", "about", "profile", "description"}},
}

// plain is a name without case, spaces and marks.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// recognised reports whether a name is usual for a role.
func recognised(name, role string) bool {
	return slices.ContainsFunc(usual[role], func(tier []string) bool { return slices.Contains(tier, plain(name)) })
}

// areNames reports whether words look like names of columns: one that is usual for a user
// or an item, or two that are usual for anything, as one alone may be a word of the data.
func areNames(words []string) bool {
	found := 0
	for _, word := range words {
		if recognised(word, "user") || recognised(word, "item") {
			return true
		}
		for role := range usual {
			if recognised(word, role) || plain(word) == "id" {
				found++
				break
			}
		}
	}
	return found > 1
}

// absent is the place of a column that there is none of.
const absent = -1

// find is the place of the column of a role among the columns of a table, or absent; as
// is the role whose usual names it may have, and taken are the places of columns that are
// something else. The error lacks the file.
func (r role) find(columns []string, as string, taken ...int) (int, error) {
	switch r.column {
	case none:
		if !slices.Contains(columns, string(none)) {
			return absent, nil
		}
	case "":
		return r.recognise(columns, as, taken...)
	}
	return r.named(columns)
}

// named finds the column that the user names.
func (r role) named(columns []string) (int, error) {
	if at := slices.Index(columns, string(r.column)); at >= 0 {
		return at, nil
	}
	number, err := strconv.Atoi(string(r.column))
	switch {
	case err != nil:
		return absent, invalid("%s: there is no column %q%s", r.name, r.column, hint(string(r.column), columns))
	case number < 1 || number > len(columns):
		return absent, invalid("%s: there is no column %d: the table has %d columns", r.name, number, len(columns))
	}
	return number - 1, nil
}

func hint(name string, columns []string) string {
	if !slices.ContainsFunc(columns, func(c string) bool { return c != "" }) {
		return ": its " + strconv.Itoa(len(columns)) + " columns have no names, only numbers from 1"
	}
	return sdk.Hint(name, columns)
}

// recognise finds the column of a role by the usual names of the role as.
func (r role) recognise(columns []string, as string, taken ...int) (int, error) {
	for _, tier := range usual[as] {
		var found []int
		for i, name := range columns {
			if slices.Contains(tier, plain(name)) && !slices.Contains(taken, i) {
				found = append(found, i)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			var names []string
			for _, i := range found {
				names = append(names, columns[i])
			}
			return absent, invalid("%s may be any of the columns %s: say which (%s: %s)", r.name, strings.Join(names, ", "), r.name, names[0])
		}
	}
	if r.needed {
		return absent, invalid("no column is recognised as %s: say which it is (%s: NAME); the columns are %s", r.name, r.name, object.Listed(columns))
	}
	return absent, nil
}
