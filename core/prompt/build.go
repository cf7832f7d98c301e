package prompt

import "cllm4rec/core/contract"

// Masked stands in a history for an item that is held out.
const Masked int32 = -1

// Built is a document and what happened on the way to it.
type Built struct {
	contract.Example
	// Cut is the number of tokens that the length limit took.
	Cut int
	// Empty: nothing in the document is predicted; it is not to be trained on.
	Empty bool
}

// Collaborative is `<user_i> has interacted with | <item_a> <item_b> ...`.
// Of too many items it keeps the last. Items is not kept and not changed.
func (b *Builder) Collaborative(user int32, items []int32) Built {
	prompt := b.fill(Collaborative, user, 0, nil)
	kept, cut := last(items, b.room(len(prompt)))
	main := make([]int32, len(kept))
	for i, j := range kept {
		main[i] = b.space.Item(j)
	}
	return b.built(contract.Example{Prompt: prompt, Main: main}, cut)
}

// Text is a text about a user, an item or both behind its prompt; the one that
// the kind does not have is ignored. Of too many words it keeps the first.
// Words is kept, not copied.
func (b *Builder) Text(kind contract.TextKind, user, item int32, words []int32) Built {
	prompt := b.fill(Name(kind), user, item, nil)
	kept := words[:min(len(words), b.room(len(prompt)))]
	return b.built(contract.Example{Prompt: prompt, Main: kept}, len(words)-len(kept))
}

// Finetuning asks for targets (item indices) after a history in which held-out
// items are Masked (paper: recommendation-oriented finetuning).
func (b *Builder) Finetuning(user int32, history, targets []int32) Built {
	prompt, cut := b.Ranking(user, history)
	return Built{Example: contract.Example{Prompt: prompt, Targets: targets}, Cut: cut, Empty: len(targets) == 0}
}

// Ranking asks the finetuning question after a history. It returns the prompt,
// never empty, and the number of tokens that the limit took from the history.
func (b *Builder) Ranking(user int32, history []int32) ([]int32, int) {
	kept, cut := b.history(history, b.options.MaxLength-b.fixed(Finetuning))
	return b.fill(Finetuning, user, 0, kept), cut
}

// NextItem is the beginning of a collaborative document, whose next item is to
// be ranked by the pretrained head (the paper's LLM-PreRec): its prompt, its main
// text so far and what Ranking returns beside. Only with SeparatePrompt is there
// a main text; otherwise the history follows in the prompt.
func (b *Builder) NextItem(user int32, history []int32) (prompt, main []int32, cut int) {
	prompt = b.fill(Collaborative, user, 0, nil)
	kept, cut := b.history(history, b.room(len(prompt)))
	switch {
	case b.options.EncoderDecoder && b.options.Heterogeneous:
		prompt, main = b.heterogeneous(prompt, kept)
		return prompt, main, cut
	case b.options.EncoderDecoder:
		return prompt, kept, cut
	}
	return append(prompt, kept...), nil, cut
}

// built says whether a document has anything to predict.
func (b *Builder) built(d contract.Example, cut int) Built {
	empty := len(d.Main) < b.least()
	if b.options.Heterogeneous && !empty {
		d.Prompt, d.Main = b.heterogeneous(d.Prompt, d.Main)
	}
	return Built{Example: d, Cut: cut, Empty: empty}
}

// heterogeneous makes all behind a document's first token its main text.
func (b *Builder) heterogeneous(prompt, main []int32) (first, others []int32) {
	whole := append(prompt, main...)
	return whole[:1], whole[1:]
}

// room is what a prompt leaves to the main text; a decoder of its own reads a
// start token first, and no prompt but the beginning of a heterogeneous text.
func (b *Builder) room(prompt int) int {
	if b.options.EncoderDecoder && !b.options.Heterogeneous {
		return b.options.MaxLength - 1
	}
	return b.options.MaxLength - prompt
}

// history encodes the last entries that fit into room.
func (b *Builder) history(entries []int32, room int) (ids []int32, cut int) {
	start := len(entries)
	for start > 0 && b.size(entries[start-1]) <= room {
		start--
		room -= b.size(entries[start])
	}
	for _, j := range entries[:start] {
		cut += b.size(j)
	}
	for _, j := range entries[start:] {
		ids = b.entry(ids, j)
	}
	return ids, cut
}

// size is the number of tokens of one entry of a history.
func (b *Builder) size(item int32) int {
	switch {
	case item != Masked:
		return 1
	case b.options.MaskWord:
		return len(b.mask)
	default:
		return 0
	}
}

// entry appends one item of a history, or what stands for a masked one.
func (b *Builder) entry(ids []int32, item int32) []int32 {
	switch {
	case item != Masked:
		return append(ids, b.space.Item(item))
	case b.options.MaskWord:
		return append(ids, b.mask...)
	default:
		return ids
	}
}

// fill puts users, items and an encoded history into a template.
func (b *Builder) fill(name Name, user, item int32, history []int32) []int32 {
	ids := make([]int32, 0, b.fixed(name)+len(history))
	for _, p := range b.parts[name] {
		switch p.slot {
		case literal:
			ids = append(ids, p.ids...)
		case userSlot:
			if user != Nobody {
				ids = append(ids, b.space.User(user))
			}
		case itemSlot:
			ids = append(ids, b.space.Item(item))
		case itemsSlot:
			ids = append(ids, history...)
		}
	}
	return ids
}

// last keeps at most n entries from the end and counts the others.
func last(items []int32, n int) ([]int32, int) {
	cut := max(0, len(items)-n)
	return items[cut:], cut
}
