package tokenizer

// byteLevel is byte-pair encoding over bytes: GPT-2's model, which spells bytes as
// printable characters in its files.
type byteLevel struct {
	letters alphabet
	bytes   [256]int32 // byte -> id of its token; -1 for none
	unknown int32      // stands for a byte without a token; -1: such a byte vanishes, as in the reference
	fuse    bool       // a run of unknown bytes is one unknown token
	whole   map[string]int32
	merges  map[pair]merge
	order   []pair // by rank
}

// appendWord appends the tokens of one word: itself where it is one and merges do not
// matter ("ignore_merges"), else its bytes joined pair by pair, lowest rank first and
// leftmost among equals.
func (b *byteLevel) appendWord(dst []int32, text string) []int32 {
	if id, ok := b.whole[text]; ok {
		return append(dst, id)
	}
	return b.merge(dst, b.spell(make([]int32, 0, len(text)), text))
}

// spell appends the ids of the bytes.
func (b *byteLevel) spell(dst []int32, text string) []int32 {
	for i := range len(text) {
		id := b.bytes[text[i]]
		if id < 0 {
			if id = b.unknown; id < 0 || b.fuse && i > 0 && b.bytes[text[i-1]] < 0 {
				continue
			}
		}
		dst = append(dst, id)
	}
	return dst
}
