package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/sharedtest"
	"cllm4rec/plugins/internal/formats/formatstest"
)

// atomic reads the lines behind the header of a file of RecBole as fields.
func atomic(t *testing.T, name string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(sharedtest.ML100K(t), name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		rows = append(rows, strings.Split(strings.TrimRight(line, "\r\n"), "\t"))
	}
	return rows[1:]
}

// official writes ML-100K as GroupLens has it, from RecBole's atomic files, which
// took the years off the titles and the flags of genres apart.
func official(t *testing.T) string {
	t.Helper()
	var ratings, movies, users strings.Builder
	for _, r := range atomic(t, "ml-100k.inter") {
		_, _ = fmt.Fprintln(&ratings, strings.Join(r, "\t"))
	}
	for _, r := range atomic(t, "ml-100k.item") {
		genres := strings.Fields(r[3])
		_, _ = fmt.Fprintf(&movies, "%s|%s|01-Jan-1990||http://example.org/%s", r[0], withYear(r[1], r[2]), r[0])
		for _, g := range flags {
			_, _ = fmt.Fprintf(&movies, "|%d", len(slices.DeleteFunc(slices.Clone(genres), func(x string) bool { return x != g })))
		}
		_, _ = fmt.Fprintln(&movies)
	}
	for _, r := range atomic(t, "ml-100k.user") {
		_, _ = fmt.Fprintln(&users, strings.Join(r, "|"))
	}
	return formatstest.Folder(t, map[string]string{"u.data": ratings.String(), "u.item": movies.String(), "u.user": users.String()})
}

// withYear undoes RecBole's cut: of "Land ... (1995) (V)" it took (V) for the year,
// and the movie without a year is called unkonwn in both columns.
func withYear(title, year string) string {
	if year == title {
		return title
	}
	return title + " (" + year + ")"
}

// reference streams RecBole's interactions.
type reference struct {
	contract.Dataset
	rows [][]string
}

func (r reference) Interactions(_ context.Context, yield func(*contract.InteractionChunk) error) error {
	var c contract.InteractionChunk
	for _, row := range r.rows {
		value, err := strconv.ParseFloat(row[2], 32)
		if err != nil {
			return err
		}
		at, err := strconv.ParseInt(row[3], 10, 64)
		if err != nil {
			return err
		}
		c.Users, c.Items = append(c.Users, row[0]), append(c.Items, row[1])
		c.Values, c.Times = append(c.Values, float32(value)), append(c.Times, at)
	}
	return yield(&c)
}

// Of RecBole 1.2.1's own files: 943 users, 1,682 movies and 100,000 ratings.
func TestML100KIsTheSameSplitAsRecBolesFiles(t *testing.T) {
	dir := official(t)
	d := configured(t, map[string]any{"path": dir})
	o := data.Options{Name: "ML-100K", Split: data.SplitSpec{Method: data.MethodLeaveOneOut}}
	got, err := data.Load(t.Context(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	want, err := data.Load(t.Context(), reference{d, atomic(t, "ml-100k.inter")}, o)
	if err != nil {
		t.Fatal(err)
	}
	if a := got.Audit; a.Users != 943 || a.Items != 1682 || a.Interactions != 100000 || got.Fingerprint != want.Fingerprint || got.Fingerprint != sharedtest.ML100KLeaveOneOut {
		t.Errorf("%d users, %d movies, %d ratings; fingerprint %s, want %s and %s", a.Users, a.Items, a.Interactions, got.Fingerprint, want.Fingerprint, sharedtest.ML100KLeaveOneOut)
	}
}

func TestML100KHasRecBolesTitlesGenresYearsAndUsers(t *testing.T) {
	d := configured(t, map[string]any{"path": official(t), "title": "without_year"})
	texts, err := formatstest.Texts(d)
	if err != nil {
		t.Fatal(err)
	}
	attributes, err := formatstest.Attributes(d)
	if err != nil {
		t.Fatal(err)
	}
	var want, known []string
	for _, r := range atomic(t, "ml-100k.item") {
		title, year := r[1], r[2]
		if strings.HasSuffix(title, "(1995)") { // the one of which RecBole took (V) for the year
			title, year = strings.TrimSuffix(title, " (1995)")+" (V)", "1995"
		}
		want = append(want, "title|"+r[0]+"|"+title)
		if r[3] != "unknown" {
			want = append(want, "categories|"+r[0]+"|"+strings.Join(strings.Fields(r[3]), ", "))
		}
		if year != title {
			known = append(known, "item "+r[0]+" year "+year)
		}
	}
	for _, r := range atomic(t, "ml-100k.user") {
		known = append(known, "user "+r[0]+" age "+r[1], "user "+r[0]+" gender "+r[2], "user "+r[0]+" occupation "+r[3])
	}
	if !slices.Equal(texts, want) {
		t.Errorf("%d texts, want %d; the first that differs: %s", len(texts), len(want), different(texts, want))
	}
	attributes = slices.DeleteFunc(attributes, func(s string) bool { return strings.Contains(s, " genres ") })
	slices.Sort(attributes)
	slices.Sort(known)
	if !slices.Equal(attributes, known) {
		t.Errorf("%d attributes, want %d; the first that differs: %s", len(attributes), len(known), different(attributes, known))
	}
}

func different(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q, want %q", a[i], b[i])
		}
	}
	return "none but the number"
}
