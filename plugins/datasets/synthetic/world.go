package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// Weights that make the interactions; all whole numbers, so that every machine
// draws the same.
const (
	likedTopics   = 3
	coldDivisor   = 10 // how much rarer a cold item is
	styleMismatch = 60 // percent of the items of another style that a user passes over
	secondTopic   = 25 // percent of the items that belong to two topics
)

// Times, in Unix seconds: the start of 2020 and a day.
const (
	epoch int64 = 1_577_836_800
	day   int64 = 86400
)

// tastes are the weights of a user's first, second and third topic.
func tastes() [likedTopics]int { return [likedTopics]int{55, 30, 15} }

// item is what the world knows about an item; the texts speak of it.
type item struct {
	topics               []int // one or two, the main one first
	style                int
	noun, brand, color   int
	adjectives, features [2]int
	weight               uint64 // popularity among the items of a topic
}

// user is a taste: topics, the strongest first, and a style.
type user struct {
	topics []int
	style  int
}

// event is one interaction.
type event struct {
	item   int32
	rating int
	time   int64
}

// world is everything that a seed decides.
type world struct {
	p       Params
	lex     *lexicon
	items   []item
	users   []user
	history [][]event
}

// The purposes of random streams; each thing has a stream of its own, so that
// one parameter does not disturb what another one draws.
const (
	forItems uint64 = iota + 1
	forUser
	forHistory
	forUnseen
	forReview
	forContents
	forBiography
)

// rng is the random stream of one thing.
func (w *world) rng(purpose uint64, a, b int) *rand.Rand {
	return rand.New(rand.NewPCG(w.p.Seed, purpose<<56|uint64(a)<<28|uint64(b)))
}

// chance is true in share of the cases; shares count in millionths.
func chance(rng *rand.Rand, share float64) bool {
	return rng.IntN(1_000_000) < int(math.Round(share*1_000_000))
}

func pick(rng *rand.Rand, words []string) string { return words[rng.IntN(len(words))] }

func newWorld(p Params, lex *lexicon) *world {
	w := &world{p: p, lex: lex}
	w.makeItems()
	shops := w.makeShops()
	for u := range p.Users {
		rng := w.rng(forUser, u, 0)
		w.users = append(w.users, user{topics: w.drawTastes(rng), style: rng.IntN(len(lex.Styles))})
		w.history = append(w.history, w.makeHistory(u, shops))
	}
	w.showUnseen()
	return w
}

// makeItems spreads the topics evenly over the items, in random order.
func (w *world) makeItems() {
	rng := w.rng(forItems, 0, 0)
	rank := make([]int, w.p.Topics)
	for _, j := range rng.Perm(w.p.Items) {
		main := j % w.p.Topics
		t := w.lex.Topics[main]
		x := item{
			topics: []int{main}, style: rng.IntN(len(w.lex.Styles)), color: rng.IntN(len(w.lex.Colors)),
			noun: rng.IntN(len(t.Nouns)), brand: rng.IntN(len(t.Brands)),
			adjectives: two(rng, len(t.Adjectives)), features: two(rng, len(t.Features)),
			weight: uint64(100_000 / (rank[main] + 4)),
		}
		rank[main]++
		if w.p.Topics > 1 && rng.IntN(100) < secondTopic {
			x.topics = append(x.topics, (main+1+rng.IntN(w.p.Topics-1))%w.p.Topics)
		}
		if chance(rng, w.p.Cold) {
			x.weight /= coldDivisor
		}
		w.items = append(w.items, x)
	}
}

// two draws two different numbers below n.
func two(rng *rand.Rand, n int) [2]int {
	a := rng.IntN(n)
	return [2]int{a, (a + 1 + rng.IntN(n-1)) % n}
}

// shop draws items in proportion to their weights.
type shop struct {
	items []int32
	until []uint64 // running sums of the weights
}

func (s *shop) add(j int, weight uint64) {
	total := weight
	if n := len(s.until); n > 0 {
		total += s.until[n-1]
	}
	s.items, s.until = append(s.items, int32(j)), append(s.until, total)
}

func (s *shop) draw(rng *rand.Rand) int32 {
	at := rng.Uint64N(s.until[len(s.until)-1])
	return s.items[sort.Search(len(s.until), func(i int) bool { return s.until[i] > at })]
}

// makeShops is one shop per topic and, last, one with everything.
func (w *world) makeShops() []shop {
	shops := make([]shop, w.p.Topics+1)
	for j, x := range w.items {
		for i, t := range x.topics {
			shops[t].add(j, x.weight/uint64(1+2*i))
		}
		shops[w.p.Topics].add(j, x.weight)
	}
	return shops
}

// drawTastes draws a user's topics. The second is often the neighbour of the
// first, so that interactions of other users tell something across topics.
func (w *world) drawTastes(rng *rand.Rand) []int {
	topics := []int{rng.IntN(w.p.Topics)}
	if w.p.Topics > 1 && rng.IntN(2) == 0 {
		topics = append(topics, (topics[0]+1)%w.p.Topics)
	}
	for len(topics) < min(likedTopics, w.p.Topics) {
		if t := rng.IntN(w.p.Topics); !slices.Contains(topics, t) {
			topics = append(topics, t)
		}
	}
	return topics
}

// like draws one of a user's topics by the strength of the taste.
func (u user) like(rng *rand.Rand) int {
	at := rng.IntN(100)
	for i, t := range u.topics {
		if at -= tastes()[i]; at < 0 {
			return t
		}
	}
	return u.topics[0]
}

// makeHistory draws the interactions of user u one after the other.
func (w *world) makeHistory(u int, shops []shop) []event {
	rng := w.rng(forHistory, u, 0)
	least := (w.p.Interactions + 1) / 2
	want := least + rng.IntN(w.p.Interactions+w.p.Interactions/2-least+1)
	now := epoch + rng.Int64N(700*day)
	var history []event
	for tries := 0; len(history) < want && tries < 50*want; tries++ {
		j, wanted := w.choose(u, shops, rng)
		if j < 0 || slices.ContainsFunc(history, func(e event) bool { return e.item == j }) {
			continue
		}
		now += day + rng.Int64N(30*day)
		history = append(history, event{item: j, rating: w.rate(u, j, wanted, rng), time: now})
	}
	return history
}

// choose draws an item: by taste, or by popularity alone. -1 when the user
// passes over an item of another style.
func (w *world) choose(u int, shops []shop, rng *rand.Rand) (j int32, wanted bool) {
	if chance(rng, w.p.Noise) {
		return shops[w.p.Topics].draw(rng), false
	}
	j = shops[w.users[u].like(rng)].draw(rng)
	if w.items[j].style != w.users[u].style && rng.IntN(100) < styleMismatch {
		return -1, false
	}
	return j, true
}

// rate draws 1 to 5 stars: wanted items and the right style please more.
func (w *world) rate(u int, j int32, wanted bool, rng *rand.Rand) int {
	percent := [5]int{15, 20, 25, 25, 15} // one to five stars
	switch {
	case wanted && w.items[j].style == w.users[u].style:
		percent = [5]int{1, 3, 8, 28, 60}
	case wanted:
		percent = [5]int{3, 7, 15, 35, 40}
	}
	at, stars := rng.IntN(100), 0
	for ; at >= percent[stars]; stars++ {
		at -= percent[stars]
	}
	return stars + 1
}

// showUnseen gives every item that nobody drew one interaction, with the user
// who likes its topic most among a few, so that every item exists in the data.
func (w *world) showUnseen() {
	seen := make([]bool, len(w.items))
	for _, history := range w.history {
		for _, e := range history {
			seen[e.item] = true
		}
	}
	for j := range w.items {
		if seen[j] {
			continue
		}
		rng := w.rng(forUnseen, j, 0)
		u := w.fan(j, rng)
		e := event{item: int32(j), rating: w.rate(u, int32(j), true, rng), time: epoch}
		if n := len(w.history[u]); n > 0 {
			e.time = w.history[u][n-1].time + day + rng.Int64N(30*day)
		}
		w.history[u] = append(w.history[u], e)
	}
}

// fan draws ten users and takes the one to whom the item's topic means most.
func (w *world) fan(j int, rng *rand.Rand) int {
	best, rank := 0, likedTopics+1
	for range 10 {
		u := rng.IntN(len(w.users))
		r := slices.Index(w.users[u].topics, w.items[j].topics[0])
		if r < 0 {
			r = likedTopics
		}
		if r < rank {
			best, rank = u, r
		}
	}
	return best
}
