package export

import (
	"bufio"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
)

// recBole writes RecBole's atomic files: NAME.train.inter, NAME.valid.inter and
// NAME.test.inter (benchmark_filename: [train, valid, test]), and NAME.item and
// NAME.user where items or users have texts or attributes.
func recBole(w *writer) error {
	if err := w.checkIDs("\t\n\r\"", "a tab, a line break or a double quote"); err != nil {
		return err
	}
	w.names = map[string]bool{"user_id": true, "item_id": true, "rating": true, "timestamp": true, "review": true}
	texts := map[string]any{}
	for _, kind := range contract.TextKinds() {
		texts[string(kind)] = "none"
	}
	w.Plugin, w.Params = "recbole", map[string]any{"path": File("."), "name": w.name, "split": "given", "value": "none", "time": "none", "texts": texts}
	if reviews := w.textsBy(contract.TextReview); len(reviews) > 0 {
		w.reviews = w.cleanReviews(reviews)
		texts[string(contract.TextReview)] = "review"
	}
	if w.Training.Interactions.Value != nil {
		w.Params["value"] = "rating"
	}
	if w.Training.Interactions.Time != nil {
		w.Params["time"] = "timestamp"
	}
	for _, p := range w.parts() {
		err := w.file(w.name+"."+p.short+".inter", func(f *os.File) error { return w.inter(f, p) })
		if err != nil {
			return err
		}
	}
	if err := w.described(contract.EntityItem); err != nil {
		return err
	}
	if err := w.described(contract.EntityUser); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(w.spaced)) {
		w.lose("%d words of %s had spaces, which separate words in this form: underlines stand in their places", w.spaced[name], name)
	}
	w.loseOrder(w.rowByRow(), "reviews by user, then item by item, then user by user")
	return nil
}

// inter writes the interactions of a part, user by user.
func (w *writer) inter(f *os.File, p part) error {
	out := bufio.NewWriterSize(f, 1<<20)
	header := "user_id:token\titem_id:token"
	if p.x.Value != nil {
		header += "\trating:float"
	}
	if p.x.Time != nil {
		header += "\ttimestamp:float"
	}
	if w.reviews != nil {
		header += "\treview:token_seq"
	}
	_, _ = out.WriteString(header + "\n") // Flush tells of errors
	var line []byte
	for u := range p.x.Users {
		for at := p.x.Ptr[u]; at < p.x.Ptr[u+1]; at++ {
			line = append(append(append(line[:0], w.Users.ID(int32(u))...), '\t'), w.Items.ID(p.x.Item[at])...)
			if p.x.Value != nil {
				line = strconv.AppendFloat(append(line, '\t'), float64(p.x.Value[at]), 'f', -1, 32)
			}
			if p.x.Time != nil {
				line = strconv.AppendInt(append(line, '\t'), p.x.Time[at], 10)
			}
			if w.reviews != nil {
				line = append(append(line, '\t'), w.reviews[[2]int32{int32(u), p.x.Item[at]}]...)
			}
			_, _ = out.Write(append(line, '\n'))
		}
	}
	return out.Flush()
}

// field is a column of an atomic file: one string of each user or item, "" where
// nothing is known.
type field struct {
	header string
	values []string
}

// described writes NAME.item or NAME.user; nothing where nothing is known.
func (w *writer) described(entity contract.Entity) error {
	fields, ids := w.fields(entity), w.Items.IDs()
	if entity == contract.EntityUser {
		ids = w.Users.IDs()
	}
	if fields == nil {
		return nil
	}
	return w.file(w.name+"."+string(entity), func(f *os.File) error {
		out := bufio.NewWriterSize(f, 1<<20)
		line := string(entity) + "_id:token"
		for _, c := range fields {
			line += "\t" + c.header
		}
		_, _ = out.WriteString(line + "\n") // Flush tells of errors
		for i, id := range ids {
			_, _ = out.WriteString(id)
			for _, c := range fields {
				_ = out.WriteByte('\t')
				_, _ = out.WriteString(c.values[i])
			}
			_ = out.WriteByte('\n')
		}
		return out.Flush()
	})
}

// fields are the texts and the attributes of users or items.
func (w *writer) fields(entity contract.Entity) []field {
	kinds, n := itemKinds(), w.Items.Len()
	if entity == contract.EntityUser {
		kinds, n = []contract.TextKind{contract.TextBiography}, w.Users.Len()
	}
	var fields []field
	for _, a := range w.Training.Attributes {
		if a.Entity == entity {
			fields = append(fields, w.attribute(a, n))
		}
	}
	for _, kind := range kinds {
		if texts := w.textsOf(kind); texts != nil {
			name := w.fieldName(entity, textColumn(kind, w.names))
			w.Params["texts"].(map[string]any)[string(kind)] = name
			fields = append(fields, field{name + ":" + textType(kind), w.clean(string(kind)+" texts", texts)})
		}
	}
	return fields
}

// textType is how RecBole is to take a text: as words, but for those that are lists or
// a name, which would come apart at the wrong places.
func textType(kind contract.TextKind) string {
	switch kind {
	case contract.TextTags, contract.TextCategories, contract.TextBrand:
		return "token"
	}
	return "token_seq"
}

// cleanReviews are the reviews without what would end a field.
func (w *writer) cleanReviews(reviews map[[2]int32]string) map[[2]int32]string {
	pairs := slices.Collect(maps.Keys(reviews))
	texts := make([]string, len(pairs))
	for i, pair := range pairs {
		texts[i] = reviews[pair]
	}
	for i, text := range w.clean("review texts", texts) {
		reviews[pairs[i]] = text
	}
	return reviews
}

// fieldName is the name of a field, which no other of any file has, and says where it
// is another one.
func (w *writer) fieldName(entity contract.Entity, wanted string) string {
	name := plainName(wanted)
	for w.names[name] {
		name = string(entity) + "_" + name
	}
	w.names[name] = true
	if name != wanted {
		w.lose("%s of %ss is called %s: names of fields are unique in this form", wanted, entity, name)
	}
	return name
}

// textColumn is the name of the column of a text, beside attributes of these names.
func textColumn(kind contract.TextKind, attributes map[string]bool) string {
	if attributes[string(kind)] {
		return string(kind) + "_text"
	}
	return string(kind)
}

// attribute is an attribute of n users or items as a column.
func (w *writer) attribute(a contract.TrainAttributes, n int) field {
	types := map[contract.AttributeType]string{
		contract.AttributeCategory: "token", contract.AttributeNumber: "float", contract.AttributeSet: "token_seq", contract.AttributeText: "token_seq",
	}
	values := make([]string, n)
	for i, row := range a.Rows {
		switch a.Type {
		case contract.AttributeNumber:
			values[row] = strconv.FormatFloat(a.Numbers[i], 'f', -1, 64)
		case contract.AttributeSet:
			values[row] = w.words(a.Name, a.Sets[i])
		default:
			values[row] = a.Words[i]
		}
	}
	return field{w.fieldName(a.Entity, a.Name) + ":" + types[a.Type], w.clean("values of "+a.Name, values)}
}

// words joins the words of a set; a space in one would make two of it.
func (w *writer) words(name string, set []string) string {
	joined := make([]string, len(set))
	for i, word := range set {
		joined[i] = strings.Join(strings.Fields(word), "_")
		if joined[i] != word {
			w.spaced[name]++
		}
	}
	return strings.Join(joined, " ")
}

// plainName is a name that a header can hold.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(":\t\n\r\"", r) {
			return '_'
		}
		return r
	}, name)
}

// clean takes out what would end a field, and the double quote at the beginning that
// RecBole's reader takes for that of a quoted field, and says how often.
func (w *writer) clean(what string, values []string) []string {
	changed := 0
	for i, v := range values {
		plain := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(v)
		if strings.HasPrefix(plain, `"`) {
			plain = "'" + plain[1:]
		}
		if plain != v {
			values[i] = plain
			changed++
		}
	}
	if changed > 0 {
		w.lose("%d %s had tabs, line breaks or a double quote at the beginning, in whose places stand spaces and a single quote", changed, what)
	}
	return values
}
