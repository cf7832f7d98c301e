package sentencepiece

// maxResegment bounds how deep an unused piece is taken apart, as in sentencepiece.
const maxResegment = 100

// resegment writes a piece, taking unused ones apart again.
func (s *scored) resegment(out *output, w *scratch, piece string, depth int) {
	id, ok := s.ids[piece]
	switch parts, merged := w.unused[piece]; {
	case !ok:
		out.addUnknown(piece)
	case s.kinds[id] != Unused || depth > maxResegment:
		out.add(id)
	case !merged:
		out.addUnknown(piece)
	default:
		s.resegment(out, w, parts[0], depth+1)
		s.resegment(out, w, parts[1], depth+1)
	}
}

// output collects ids; unknown text in a row becomes one unknown piece, or the
// pieces of its bytes.
type output struct {
	dst     []int32
	unknown int32
	bytes   *bytePieces
	after   bool // the last piece was unknown
}

func (o *output) add(id int32) { o.dst, o.after = append(o.dst, id), false }

func (o *output) addUnknown(text string) {
	dst, ok := o.bytes.append(o.dst, text)
	if !ok && !o.after {
		dst = append(dst, o.unknown)
	}
	o.dst, o.after = dst, true
}
