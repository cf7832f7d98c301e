package prepared

import (
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// parts are the matrices of a split by the names of their columns.
func parts(s *data.Split) []struct {
	name string
	at   **data.Interactions
} {
	return []struct {
		name string
		at   **data.Interactions
	}{{"train", &s.Training.Interactions}, {"validation", &s.Validation}, {"test", &s.Test}, {"fold_in", &s.FoldIn}}
}

// putSplit writes the columns of a split.
func putSplit(w *writer, s *data.Split) {
	users, items := s.Users.IDs(), s.Items.IDs()
	putStrings(w, "users", len(users), func(i int) string { return users[i] })
	putStrings(w, "items", len(items), func(i int) string { return items[i] })
	for _, p := range parts(s) {
		if x := *p.at; x != nil {
			put(w, p.name+".ptr", x.Ptr)
			put(w, p.name+".item", x.Item)
			put(w, p.name+".value", x.Value)
			put(w, p.name+".time", x.Time)
		}
	}
	putTexts(w, s.Training.Texts)
	for i, a := range s.Training.Attributes {
		putAttribute(w, fmt.Sprintf("attribute%d", i), a)
	}
}

func putTexts(w *writer, texts []data.Text) {
	if texts == nil {
		return
	}
	kinds, users, items := make([]uint8, len(texts)), make([]int32, len(texts)), make([]int32, len(texts))
	for i, t := range texts {
		kinds[i], users[i], items[i] = uint8(slices.Index(contract.TextKinds(), t.Kind)), t.User, t.Item
	}
	put(w, "text.kind", kinds)
	put(w, "text.user", users)
	put(w, "text.item", items)
	putStrings(w, "text", len(texts), func(i int) string { return texts[i].Text })
}

func putAttribute(w *writer, name string, a contract.TrainAttributes) {
	put(w, name+".row", a.Rows)
	put(w, name+".number", a.Numbers)
	if a.Words != nil {
		putStrings(w, name+".word", len(a.Words), func(i int) string { return a.Words[i] })
	}
	if a.Sets == nil {
		return
	}
	var all []string
	ends := make([]int64, len(a.Sets))
	for i, set := range a.Sets {
		all = append(all, set...)
		ends[i] = int64(len(all))
	}
	put(w, name+".set", ends)
	putStrings(w, name+".word", len(all), func(i int) string { return all[i] })
}

// getSplit is the split of a mapped file; its slices and strings are the file's.
func getSplit(r *reader, h *header) *data.Split {
	s := &data.Split{
		Users: data.OrderedVocabulary(getStrings(r, "users")), Items: data.OrderedVocabulary(getStrings(r, "items")),
		Fingerprint: h.Fingerprint, Audit: h.Audit,
	}
	for _, p := range parts(s) {
		if r.has(p.name + ".ptr") {
			*p.at = getInteractions(r, p.name, s.Users.Len(), s.Items.Len())
		}
	}
	s.Training.Texts = getTexts(r, h.Kinds)
	for i, a := range h.Attributes {
		s.Training.Attributes = append(s.Training.Attributes, getAttribute(r, fmt.Sprintf("attribute%d", i), a))
	}
	if s.Training.Interactions == nil || s.Test == nil {
		r.fail("the training part or the test part is missing")
	}
	return s
}

// getInteractions checks that the rows are where the matrix has interactions, so
// that none reaches outside; the items are checked by Verify.
func getInteractions(r *reader, name string, users, items int) *data.Interactions {
	x := &data.Interactions{
		Users: users, Items: items, Ptr: get[int](r, name+".ptr"), Item: get[int32](r, name+".item"),
		Value: getIfThere[float32](r, name+".value"), Time: getIfThere[int64](r, name+".time"),
	}
	n := len(x.Item)
	switch {
	case len(x.Ptr) != users+1 || x.Ptr[0] != 0 || x.Ptr[users] != n || !slices.IsSorted(x.Ptr):
		r.fail("the rows of the %s part do not divide its %d interactions among %d users", name, n, users)
	case x.Value != nil && len(x.Value) != n, x.Time != nil && len(x.Time) != n:
		r.fail("the %s part has %d items, %d values and %d times", name, n, len(x.Value), len(x.Time))
	}
	return x
}

func getTexts(r *reader, kinds []contract.TextKind) []data.Text {
	if !r.has("text.kind") {
		return nil
	}
	kind, users, items := get[uint8](r, "text.kind"), get[int32](r, "text.user"), get[int32](r, "text.item")
	texts := getStrings(r, "text")
	if len(kind) != len(texts) || len(users) != len(texts) || len(items) != len(texts) {
		r.fail("there are %d texts, %d kinds, %d users and %d items", len(texts), len(kind), len(users), len(items))
		return nil
	}
	out := make([]data.Text, len(texts))
	for i := range out {
		if int(kind[i]) >= len(kinds) {
			r.fail("text %d is of the kind %d of %d", i, kind[i], len(kinds))
			return nil
		}
		out[i] = data.Text{Kind: kinds[kind[i]], User: users[i], Item: items[i], Text: texts[i]}
	}
	return out
}

func getAttribute(r *reader, name string, of attribute) contract.TrainAttributes {
	a := contract.TrainAttributes{Name: of.Name, Entity: of.Entity, Type: of.Type, Rows: get[int32](r, name+".row")}
	values := 0
	switch {
	case r.has(name + ".number"):
		a.Numbers = get[float64](r, name+".number")
		values = len(a.Numbers)
	case r.has(name + ".set"):
		a.Sets = getSets(r, name)
		values = len(a.Sets)
	default:
		a.Words = getStrings(r, name+".word")
		values = len(a.Words)
	}
	if values != len(a.Rows) {
		r.fail("the attribute %q has %d rows and %d values", of.Name, len(a.Rows), values)
	}
	return a
}

func getSets(r *reader, name string) [][]string {
	ends, words := get[int64](r, name+".set"), getStrings(r, name+".word")
	sets := make([][]string, len(ends))
	from := int64(0)
	for i, end := range ends {
		if end < from || end > int64(len(words)) {
			r.fail("set %d of %q ends at %d, after %d and of %d words", i, name, end, from, len(words))
			return nil
		}
		sets[i] = words[from:end:end]
		from = end
	}
	return sets
}
