package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Weights that make the interactions; all whole numbers, so that every machine
// draws the same.
const (
	likedTopics   = 3
	coldDivisor   = 10 // how much rarer a cold item is
	styleMismatch = 60 // percent of the items of another style that a user passes over
	secondTopic   = 25 // percent of the items that belong to two topics
	followers     = 3  // items that come after an item
	firstGroup    = 720_720
	fineWeight    = 1e12
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
	group  int // 0 where there are no groups
}

// event is one interaction.
type event struct {
	item   int32
	rating int
	time   int64
}

// world is everything that a seed decides. Users and histories are kept unless
// they are streamed, which makes them each time.
type world struct {
	p       Params
	lex     *lexicon
	items   []item
	shops   []shop  // see makeShops
	groups  shop    // draws groups
	drawn   []int32 // of each item: the number of the history that had it last
	made    int32   // histories so far
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
	forGroup
	forFollower
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
	w := &world{p: p, lex: lex, drawn: make([]int32, p.Items)}
	w.makeItems()
	w.shops = w.makeShops()
	for g := range p.Groups {
		w.groups.add(g, uint64(firstGroup/(g+1)))
	}
	if p.Stream {
		return w
	}
	for u := range p.Users {
		w.users = append(w.users, w.makeUser(u))
		w.history = append(w.history, w.makeHistory(u, w.users[u]))
	}
	w.showUnseen()
	return w
}

func (w *world) userOf(u int) user {
	if w.p.Stream {
		return w.makeUser(u)
	}
	return w.users[u]
}

func (w *world) historyOf(u int) []event {
	if w.p.Stream {
		return w.makeHistory(u, w.makeUser(u))
	}
	return w.history[u]
}

// makeUser draws a user's tastes, or a group with its tastes.
func (w *world) makeUser(u int) user {
	rng := w.rng(forUser, u, 0)
	if w.p.Groups == 0 {
		return user{topics: w.drawTastes(rng), style: rng.IntN(len(w.lex.Styles))}
	}
	group := int(w.groups.draw(rng))
	rng = w.rng(forGroup, group, 0)
	return user{topics: w.drawTastes(rng), style: rng.IntN(len(w.lex.Styles)), group: group}
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
			weight: w.weight(rank[main]),
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

// weight is the popularity of the item of a rank among those of its topic. A skew
// that is given, and a stream, of perhaps very many items, ask for a finer scale.
func (w *world) weight(rank int) uint64 {
	if w.p.Skew == nil && !w.p.Stream {
		return uint64(100_000 / (rank + 4))
	}
	skew := 1.0
	if w.p.Skew != nil {
		skew = *w.p.Skew
	}
	return max(coldDivisor, uint64(math.Round(fineWeight/math.Pow(float64(rank+4), skew))))
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
func (w *world) makeHistory(u int, of user) []event {
	rng := w.rng(forHistory, u, 0)
	least := (w.p.Interactions + 1) / 2
	want := least + rng.IntN(w.p.Interactions+w.p.Interactions/2-least+1)
	now := epoch + rng.Int64N(700*day)
	w.made++
	var history []event
	for tries := 0; len(history) < want && tries < 50*want; tries++ {
		j, wanted := w.next(of, history, rng)
		if j < 0 || w.drawn[j] == w.made {
			continue
		}
		w.drawn[j] = w.made
		now += day + rng.Int64N(30*day)
		history = append(history, event{item: j, rating: w.rate(of, j, wanted, rng), time: now})
	}
	return history
}

// next draws an item that follows from the last one, or any.
func (w *world) next(of user, history []event, rng *rand.Rand) (j int32, wanted bool) {
	if w.p.Order > 0 && len(history) > 0 && chance(rng, w.p.Order) {
		return w.follower(history[len(history)-1].item, rng.IntN(followers)), true
	}
	return w.choose(of, rng)
}

// follower is one of the items that come after item j: of its main topic, the
// popular ones more often.
func (w *world) follower(j int32, which int) int32 {
	return w.shops[w.items[j].topics[0]].draw(w.rng(forFollower, int(j), which))
}

// choose draws an item: by taste, or by popularity alone. -1 when the user
// passes over an item of another style.
func (w *world) choose(of user, rng *rand.Rand) (j int32, wanted bool) {
	if chance(rng, w.p.Noise) {
		return w.shops[w.p.Topics].draw(rng), false
	}
	j = w.shops[of.like(rng)].draw(rng)
	if w.items[j].style != of.style && rng.IntN(100) < styleMismatch {
		return -1, false
	}
	return j, true
}

// rate draws 1 to 5 stars: wanted items and the right style please more.
func (w *world) rate(of user, j int32, wanted bool, rng *rand.Rand) int {
	percent := [5]int{15, 20, 25, 25, 15} // one to five stars
	switch {
	case wanted && w.items[j].style == of.style:
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
		e := event{item: int32(j), rating: w.rate(w.users[u], int32(j), true, rng), time: epoch}
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
