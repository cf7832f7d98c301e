package tokenizer

// run is one text on its way through the tokenizer.
type run struct {
	t    *Tokenizer
	dst  []int32
	bare bool // the first segment already starts with the space that Prepend would add
}

// run appends the ids of a text. With bare set, Prepend leaves its beginning alone.
func (t *Tokenizer) run(dst []int32, text string, bare bool) []int32 {
	r := run{t: t, dst: dst, bare: bare}
	t.special.split(text, r.id, r.segment)
	return r.dst
}

func (r *run) id(id int32) { r.dst = append(r.dst, id) }

// segment is text between special tokens; at is where it stands.
func (r *run) segment(text string, at int) {
	for _, n := range r.t.normalizers {
		if _, is := n.(prepend); is && r.bare && at == 0 {
			continue
		}
		text = n.normalize(text)
	}
	r.t.added.split(text, r.id, func(part string, within int) { r.cut(0, part, at+within == 0) })
}

// cut gives text to a cutter, or after the last one to the model. first is set for
// the very beginning of the whole text.
func (r *run) cut(level int, text string, first bool) {
	switch {
	case text == "":
	case level < len(r.t.cutters):
		r.t.cutters[level].cut(r, level+1, text, first)
	default:
		r.dst = r.t.words.append(r.dst, text, r.t.model)
	}
}
