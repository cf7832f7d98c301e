package main

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/object"
)

// dialect is the set of keys of one published version of the files, and which of
// them hold what is read. A field that a version does not have is "".
type dialect struct {
	name string
	keys []string // every key of the version
	// Reviews.
	user, item, rating, time, text, summary string
	perSecond                               int64 // units of time
	// Metadata; the item is as above.
	title, description, features, categories, brand, rank string
	nested                                                bool // categories are lists of lists
}

// reviewDialects are those of reviews. 2014 and 2018 differ in keys that are not
// read, so that a file with none of these keys may be either.
func reviewDialects() []*dialect {
	old := dialect{
		user: "reviewerID", item: "asin", rating: "overall", time: "unixReviewTime", text: "reviewText", summary: "summary", perSecond: 1,
	}
	common := []string{"reviewerID", "asin", "reviewerName", "reviewText", "overall", "summary", "unixReviewTime", "reviewTime"}
	of2014, of2018 := old, old
	of2014.name, of2014.keys = "reviews of 2014", append(common, "helpful")
	of2018.name, of2018.keys = "reviews of 2018", append(slices.Clone(common), "verified", "vote", "style", "image")
	return []*dialect{&of2014, &of2018, {
		name: "reviews of 2023",
		keys: []string{"rating", "title", "text", "images", "asin", "parent_asin", "user_id", "timestamp", "helpful_vote", "verified_purchase"},
		user: "user_id", item: "parent_asin", rating: "rating", time: "timestamp", text: "text", summary: "title", perSecond: 1000,
	}}
}

// metaDialects are those of the items' metadata.
func metaDialects() []*dialect {
	return []*dialect{{
		name: "metadata of 2014",
		keys: []string{"asin", "title", "description", "price", "imUrl", "related", "salesRank", "brand", "categories"},
		item: "asin", title: "title", description: "description", categories: "categories", brand: "brand", nested: true,
	}, {
		name: "metadata of 2018",
		keys: []string{
			"asin", "title", "feature", "description", "price", "image", "imageURL", "imageURLHighRes", "also_buy", "also_view", "rank", "brand",
			"category", "tech1", "tech2", "main_cat", "similar_item", "date", "fit", "details",
		},
		item: "asin", title: "title", description: "description", features: "feature", categories: "category", brand: "brand", rank: "rank",
	}, {
		name: "metadata of 2023",
		keys: []string{
			"parent_asin", "title", "features", "description", "price", "images", "videos", "store", "categories", "details", "main_category",
			"average_rating", "rating_number", "bought_together", "subtitle", "author",
		},
		item: "parent_asin", title: "title", description: "description", features: "features", categories: "categories", brand: "store",
	}}
}

// recogniser finds the dialect of a file from the keys of its lines.
type recogniser struct {
	path     string
	dialects []*dialect
	having   map[string]uint // of each key: the dialects that have it, one bit each
	possible uint            // the dialects that have all keys of the lines so far
	told     bool
}

func newRecogniser(path string, dialects []*dialect) *recogniser {
	r := &recogniser{path: path, dialects: dialects, having: map[string]uint{}, possible: 1<<len(dialects) - 1}
	for i, d := range dialects {
		for _, key := range d.keys {
			r.having[key] |= 1 << i
		}
	}
	return r
}

// of is the dialect of a line. Keys that no dialect has do not count; of the
// others each must belong to a dialect that all lines so far may be in. Where
// several may be, their first is as good as the others.
func (r *recogniser) of(o *object.Object) (*dialect, error) {
	known, possible := false, r.possible
	for key := range o.Names() {
		if having, ok := r.having[key]; ok {
			known = true
			possible &= having
		}
	}
	if !known || possible == 0 {
		return nil, o.Errorf("unknown or mixed dialect: the keys found are %s; expected %s", object.Listed(o.Keys()), r.expected())
	}
	r.possible = possible
	d := r.dialects[bits.TrailingZeros(possible)]
	if bits.OnesCount(possible) == 1 && !r.told {
		r.told = true
		log := sdk.Logger()
		log.Info().Str("file", r.path).Str("dialect", d.name).Msg("dialect recognised")
	}
	return d, nil
}

// expected names the dialects that the lines so far may be in.
func (r *recogniser) expected() string {
	var names []string
	for i, d := range r.dialects {
		if r.possible>>i&1 == 1 {
			names = append(names, fmt.Sprintf("%s (%s)", d.name, object.Listed(d.keys)))
		}
	}
	text := strings.Join(names, " or ")
	if r.possible != 1<<len(r.dialects)-1 {
		text += ", as in the lines before"
	}
	return text
}
