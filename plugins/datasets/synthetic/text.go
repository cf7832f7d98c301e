package main

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/rows"
)

// own is how often, in percent, a review of an item speaks of that item's own
// adjectives and features rather than of any of its topic.
const own = 60

// writer writes about one item, one user, or both; either may be nil.
type writer struct {
	w    *world
	rng  *rand.Rand
	item *item
	user *user
}

// sentence fills a template of a kind.
func (t *writer) sentence(kind string) string {
	return realise(pick(t.rng, t.w.lex.Templates[kind]), t.slot)
}

// slot draws the words for a slot.
func (t *writer) slot(name string) string {
	if words, ok := t.w.lex.General[name]; ok {
		return pick(t.rng, words)
	}
	switch name {
	case "hobby", "interest", "pastime", "haunt", "wish":
		return t.userSlot(name)
	default:
		return t.itemSlot(name)
	}
}

// truth reports whether the next word may tell something.
func (t *writer) truth() bool { return chance(t.rng, t.w.p.TextSignal) }

func (t *writer) anyTopic() topic { return t.w.lex.Topics[t.rng.IntN(t.w.p.Topics)] }

// userSlot speaks of the user's taste.
func (t *writer) userSlot(name string) string {
	liked, style := t.anyTopic(), t.w.lex.Styles[t.rng.IntN(len(t.w.lex.Styles))]
	if t.user != nil && t.truth() {
		liked, style = t.w.lex.Topics[t.user.like(t.rng)], t.w.lex.Styles[t.user.style]
	}
	switch name {
	case "hobby":
		return liked.Hobby
	case "interest":
		return pick(t.rng, liked.Nouns)
	case "pastime":
		return pick(t.rng, liked.Activities)
	case "haunt":
		return pick(t.rng, liked.Places)
	default:
		return pick(t.rng, style.Wish)
	}
}

// itemSlot speaks of the item: of its own traits or of its topics.
func (t *writer) itemSlot(name string) string {
	about, x := t.anyTopic(), t.anyItem()
	if t.truth() {
		about, x = t.w.lex.Topics[t.item.topics[t.rng.IntN(len(t.item.topics))]], *t.item
	}
	main := t.w.lex.Topics[x.topics[0]]
	switch name {
	case "noun":
		return main.Nouns[x.noun]
	case "brand":
		return main.Brands[x.brand]
	case "color":
		return t.w.lex.Colors[x.color]
	case "style":
		return pick(t.rng, t.w.lex.Styles[x.style].Words)
	case "adj":
		return t.trait(main.Adjectives, x.adjectives)
	case "feature":
		return t.trait(main.Features, x.features)
	case "activity":
		return pick(t.rng, about.Activities)
	case "place":
		return pick(t.rng, about.Places)
	default:
		return about.Name
	}
}

func (t *writer) anyItem() item { return t.w.items[t.rng.IntN(len(t.w.items))] }

func (t *writer) trait(words []string, of [2]int) string {
	if t.rng.IntN(100) < own {
		return words[of[t.rng.IntN(2)]]
	}
	return pick(t.rng, words)
}

// review writes about words words, with the mood of the rating.
func (t *writer) review(rating int) string {
	opinion, verdict := "good", "verdict_good"
	switch {
	case rating <= 2:
		opinion, verdict = "poor", "verdict_poor"
	case rating == 3:
		opinion, verdict = "mixed", "verdict_mixed"
	}
	order := []string{"open", "self", opinion, "use", opinion, "self", "use"}
	if t.rng.IntN(2) == 0 {
		order[0], order[1] = order[1], order[0]
	}
	least := (t.w.p.Words + 1) / 2
	target := least + t.rng.IntN(t.w.p.Words+1)
	var text []string
	words := 0
	for i := 0; words+7 < target || i == 0; i++ {
		text = append(text, t.sentence(order[i%len(order)]))
		words += strings.Count(text[i], " ") + 1
	}
	if words < target {
		text = append(text, t.sentence(verdict))
	}
	return strings.Join(text, " ")
}

func (w *world) addReviews(out *rows.Texts, u int) error {
	if w.p.Reviews == 0 {
		return nil
	}
	liker := w.userOf(u)
	for _, e := range w.historyOf(u) {
		t := writer{w: w, rng: w.rng(forReview, u, int(e.item)), item: &w.items[e.item], user: &liker}
		if !chance(t.rng, w.p.Reviews) {
			continue
		}
		if err := out.Add(contract.TextReview, strconv.Itoa(u), strconv.Itoa(int(e.item)), t.review(e.rating)); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) addContents(out *rows.Texts, j int) error {
	t := writer{w: w, rng: w.rng(forContents, j, 0), item: &w.items[j]}
	if !chance(t.rng, w.p.Contents) {
		return nil
	}
	description := t.sentence("describe") + " " + t.sentence("describe")
	for _, d := range []struct {
		kind contract.TextKind
		text string
	}{
		{contract.TextTitle, t.sentence("title")}, {contract.TextTags, t.sentence("tags")}, {contract.TextDescription, description},
	} {
		if err := out.Add(d.kind, "", strconv.Itoa(j), d.text); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) addBiography(out *rows.Texts, u int) error {
	writes := w.userOf(u)
	t := writer{w: w, rng: w.rng(forBiography, u, 0), user: &writes}
	if !chance(t.rng, w.p.Biographies) {
		return nil
	}
	return out.Add(contract.TextBiography, strconv.Itoa(u), "", t.sentence("biography")+" "+t.sentence("biography"))
}
