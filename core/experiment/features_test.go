package experiment

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/features"
)

// with is a method that is given features, or text rows.
func withFeatures(section string) string {
	return `{name: F, recommender: {plugin: ease, features: [` + section + `]}}`
}

func withRows(section string) string {
	return `{name: F, recommender: {plugin: ials, text_rows: [` + section + `]}}`
}

const reader = `embed: {backbone: {plugin: reader, params: {weights: models/tiny}}}`

func TestFeaturesAreResolved(t *testing.T) {
	p := mustLoad(t, withMethods(withFeatures(`{tfidf: {fields: [title]}}, {of: EASE}, {`+reader+`}, {of: CLLM4Rec, entity: user, whiten: full}`)))
	m := p.Methods[4]
	if got := m.Features[0].TFIDF; got == nil || got.Ngrams != 2 || got.MinDF != 2 || !got.Sublinear || got.IDF != features.IDFSmooth || m.Features[0].Entity != "item" {
		t.Errorf("got %+v", got)
	}
	if got := m.Features[2]; got.Embedder == nil || got.Embedder.Name != "reader" || got.Whiten != features.WhitenHalf || got.Embed.Pooling != contract.PoolMean {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(m.Needs, []int{1, 2}) || !slices.Equal(p.Exports(2), []string{"user"}) || !slices.Equal(p.Exports(1), []string{"item"}) {
		t.Errorf("needs %v, exports %v and %v", m.Needs, p.Exports(2), p.Exports(1))
	}
	rows := mustLoad(t, withMethods(withRows(`{fields: [title], weight: 2}, {}`))).Methods[4].TextRows
	if len(rows) != 2 || rows[0].Weight != 2 || rows[1].Weight != 1 || rows[1].StopWords != features.StopEnglish {
		t.Errorf("got %+v", rows)
	}
}

func TestWhatDecidesFeaturesIsInTheTrainKey(t *testing.T) {
	key := func(method string) string {
		t.Helper()
		return named(t, mustLoad(t, withMethods(method)), "F").TrainKey
	}
	for _, c := range []struct {
		base, other string
		same        bool
	}{
		{withFeatures(`{tfidf: {}}`), withFeatures(`{tfidf: {ngrams: 2}, whiten: none}`), true},
		{withFeatures(`{tfidf: {}}`), withFeatures(`{tfidf: {ngrams: 2}, entity: item}`), true},
		{withFeatures(`{tfidf: {}}`), withFeatures(`{tfidf: {ngrams: 1}}`), false},
		{withFeatures(`{tfidf: {}}`), withFeatures(`{tfidf: {}, shuffled: true}`), false},
		{withFeatures(`{of: EASE}`), withFeatures(`{of: EASE, entity: item}`), true},
		{withFeatures(`{of: EASE}`), withFeatures(`{of: EASE, whiten: half}`), false},
		{withFeatures(`{` + reader + `}`), withFeatures(`{` + reader + `, whiten: half}`), true},
		{withFeatures(`{` + reader + `}`), withFeatures(`{` + reader + `, whiten: full}`), false},
		{withRows(`{}`), withRows(`{weight: 1}`), true},
		{withRows(`{}`), withRows(`{weight: 2}`), false},
		{withRows(`{}`), withRows(`{shuffled: true}`), false},
	} {
		if got := key(c.base) == key(c.other); got != c.same {
			t.Errorf("%s and %s: the same train key: %v, want %v", c.base, c.other, got, c.same)
		}
	}
}

func TestAFileOfFeaturesIsKnownByItsContent(t *testing.T) {
	file, dataDir := project(t, withMethods(withFeatures(`{file: {path: v.csv}, shuffled: true, permutation: p.txt}`)))
	o := Options{Data: dataDir, Plugins: plugins()}
	key := func() string {
		t.Helper()
		p, err := Load(t.Context(), file, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Methods[4].Features[0]; got.File.Path != filepath.Join(filepath.Dir(file), "v.csv") || !filepath.IsAbs(got.Permutation) {
			t.Errorf("paths %q and %q", got.File.Path, got.Permutation)
		}
		return named(t, p, "F").TrainKey
	}
	put := func(name, text string) { write(t, filepath.Join(filepath.Dir(file), name), text) }
	put("v.csv", "a,1\n")
	put("p.txt", "0\n")
	first := key()
	put("v.csv", "a,2\n")
	second := key()
	put("p.txt", "1\n")
	if first == second || second == key() {
		t.Error("another content has the same key")
	}
}

func TestKeysOfRowsThatTakeVectorsAsTheyAreStayWhatTheyWere(t *testing.T) {
	p := mustLoad(t, withMethods(late))
	c, err := p.Content(named(t, p, "Late"))
	if err != nil || c.Train.Method.Sources != nil || c.Train.Method.TextRows != nil || !slices.Equal(c.Train.Method.Features, []string{"item"}) {
		t.Errorf("content %+v, error %v", c.Train.Method, err)
	}
	if _, there := c.Train.Semantics["features"]; there {
		t.Error("core/features takes no part, and its semantics is in the key")
	}
}

func TestMistakesInFeaturesAreToldWithTheirPlace(t *testing.T) {
	for _, c := range []struct{ place, words, method string }{
		{"features[0]:", "exactly one of of, tfidf, file, embed, not 0", withFeatures(`{entity: item}`)},
		{"features[1]:", "exactly one of of, tfidf, file, embed, not 2", withFeatures(`{of: EASE}, {of: EASE, tfidf: {}}`)},
		{"features[0].tfdif:", `did you mean "tfidf"`, withFeatures(`{tfdif: {}}`)},
		{"features[0].tfidf.fields[0]:", `must be one of title`, withFeatures(`{tfidf: {fields: [titel]}}`)},
		{"features[0].tfidf.idf:", `must be one of smooth, plain, none`, withFeatures(`{tfidf: {idf: smoth}}`)},
		{"features[0].whiten:", "tfidf makes sparse ones", withFeatures(`{tfidf: {}, whiten: half}`)},
		{"features[0]:", "rank has no effect", withFeatures(`{of: EASE, rank: 3}`)},
		{"features[0]:", "no effect without shuffled: true", withFeatures(`{tfidf: {}, shuffle_seed: 3}`)},
		{"features[0].entity:", "texts describe items", withFeatures(`{tfidf: {}, entity: user}`)},
		{"features[0].file.path:", "does not exist", withFeatures(`{file: {path: nothing.csv}}`)},
		{"features[0].permutation:", "does not exist", withFeatures(`{tfidf: {}, shuffled: true, permutation: nothing.txt}`)},
		{"features[0].file:", `ends with ".json"; expected .npy`, withFeatures(`{file: {path: models/tiny/config.json}}`)},
		{"features[0].embed.backbone.plugin:", `gpt2 gives no vectors of texts: it lacks the capability "embed"`, withFeatures(`{embed: {backbone: {plugin: gpt2, params: {weights: models/tiny}}}}`)},
		{"features[0].embed.backbone.params.weights:", "does not exist", withFeatures(`{embed: {backbone: {plugin: reader, params: {weights: models/none}}}}`)},
		{"recommender.text_rows:", `it lacks the capability "side_interactions"; these have it: ials`, `{name: F, recommender: {plugin: ease, text_rows: [{}]}}`},
		{"text_rows[0].weight:", "must be greater than 0", withRows(`{weight: 0}`)},
		{"text_rows[0]:", "no effect without shuffled: true", withRows(`{permutation: models/tiny/config.json}`)},
	} {
		_, err := load(t, withMethods(c.method))
		if !contract.IsBadInput(err) || !hasLine(fmt.Sprint(err), c.place, c.words) {
			t.Errorf("%s: want %q and %q in\n%v", c.method, c.place, c.words, err)
		}
	}
	for _, method := range []string{withFeatures(`{tfidf: {}}`), withFeatures(`{` + reader + `}`), withRows(`{}`)} {
		text := strings.Replace(withMethods(method), "    plugin: amazon\n    params: {path: \"${DATA}/reviews.json.gz\"}\n", "    plugin: synthetic\n", 1)
		if _, err := load(t, text); !contract.IsBadInput(err) || !strings.Contains(err.Error(), `it needs texts of items, and data set "Instruments" has none (plugin synthetic)`) {
			t.Errorf("%s without texts: error %v", method, err)
		}
	}
}
