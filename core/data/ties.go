package data

import (
	"cmp"
	"hash/fnv"

	"cllm4rec/core/contract"
)

// tieOrder orders interactions of the same time by a hash of seed, user and item.
// It hashes the raw ids: whatever else is in the data, two interactions keep
// their order.
type tieOrder struct {
	rows         *rows
	seed         uint64
	users, items []uint64 // hashes of the interners' ids
}

func newTieOrder(r *rows, seed uint64) *tieOrder {
	return &tieOrder{rows: r, seed: seed, users: hashes(r.users.ids), items: hashes(r.items.ids)}
}

// compare orders two rows of different pairs.
func (t *tieOrder) compare(a, b int32) int {
	r := t.rows
	return cmp.Or(cmp.Compare(t.key(a), t.key(b)), cmp.Compare(r.items.ids[r.item[a]], r.items.ids[r.item[b]]))
}

func (t *tieOrder) key(i int32) uint64 {
	return contract.MixSeed(t.seed, t.users[t.rows.user[i]], t.items[t.rows.item[i]])
}

func hashes(ids []string) []uint64 {
	out := make([]uint64, len(ids))
	for i, id := range ids {
		out[i] = hashOf(id)
	}
	return out
}

// hashOf is FNV-1a of 64 bits.
func hashOf(id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	return h.Sum64()
}

// tiedUsers counts the users of whom interactions of the same time lie in
// different parts: there the hash has decided the split.
func (h *history) tiedUsers() int {
	if h.Time == nil {
		return 0
	}
	tied := 0
	for u := range h.Users {
		for at := h.Ptr[u] + 1; at < h.Ptr[u+1]; at++ {
			if h.Time[at] == h.Time[at-1] && h.part[at] != h.part[at-1] {
				tied++
				break
			}
		}
	}
	return tied
}
