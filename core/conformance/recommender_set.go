package conformance

import (
	"math/rand/v2"

	"cllm4rec/core/contract"
)

// Sizes of TrainingSet and TwoTastes.
const (
	SuiteUsers = 24
	SuiteItems = 30
)

// TrainingSet is a small training set of two tastes, the same for every call:
// even users mostly have even items. The last user has no rows.
func TrainingSet() *contract.TrainChunk {
	rng := rand.New(rand.NewPCG(5, 6))
	c := &contract.TrainChunk{}
	for u := range int32(SuiteUsers - 1) {
		taken := map[int32]bool{}
		for range 8 {
			item := rng.Int32N(SuiteItems)
			if rng.Float64() < 0.8 {
				item = item/2*2 + u%2
			}
			if taken[item] {
				continue
			}
			taken[item] = true
			c.Users, c.Items = append(c.Users, u), append(c.Items, item)
			c.Values, c.Times = append(c.Values, float32(1+rng.IntN(5))), append(c.Times, int64(len(c.Times)))
		}
	}
	return c
}

// Stream cuts a training set into chunks of a few rows.
func Stream(c *contract.TrainChunk) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		for lo := 0; lo < len(c.Users); lo += 50 {
			hi := min(lo+50, len(c.Users))
			part := &contract.TrainChunk{Users: c.Users[lo:hi], Items: c.Items[lo:hi], Values: c.Values[lo:hi], Times: c.Times[lo:hi]}
			if !yield(part, nil) {
				return
			}
		}
	}
}

// QueriesOf asks for k items of every user.
func QueriesOf(c *contract.TrainChunk, k int32) []contract.Query {
	queries := make([]contract.Query, SuiteUsers)
	for u := range queries {
		queries[u] = contract.Query{User: int32(u), K: k}
	}
	for i, u := range c.Users {
		queries[u].History = append(queries[u].History, c.Items[i])
	}
	return queries
}

// TwoTastes is a training set of as many users and items in which even users have
// eight even items and an odd one, odd users the reverse, and three items of each
// user's own taste that were held out.
func TwoTastes() (set *contract.TrainChunk, heldOut [][]int32) {
	rng := rand.New(rand.NewPCG(7, 8))
	set = &contract.TrainChunk{}
	for u := range int32(SuiteUsers) {
		own := rng.Perm(SuiteItems / 2)
		items := []int32{2*rng.Int32N(SuiteItems/2) + 1 - u%2}
		for _, i := range own[:8] {
			items = append(items, int32(2*i)+u%2)
		}
		rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		for _, item := range items {
			set.Users, set.Items = append(set.Users, u), append(set.Items, item)
			set.Values, set.Times = append(set.Values, float32(1+rng.IntN(5))), append(set.Times, int64(len(set.Times)))
		}
		var held []int32
		for _, i := range own[8:11] {
			held = append(held, int32(2*i)+u%2)
		}
		heldOut = append(heldOut, held)
	}
	return set, heldOut
}

func taste(i int) string { return [...]string{"even", "odd"}[i%2] }
