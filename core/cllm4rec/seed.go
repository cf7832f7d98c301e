package cllm4rec

import "math/rand/v2"

// What random numbers are for. Each purpose, stage, epoch and user has a stream
// of its own, so that no draw depends on how many were made elsewhere.
const (
	forTower uint64 = iota + 1
	forDropout
	forDocumentOrder
	forHistory
	forRanking
)

// mix makes one seed of several numbers by chaining SplitMix64's finaliser
// (Steele et al. 2014).
func mix(seed uint64, keys ...uint64) uint64 {
	for _, key := range keys {
		z := (seed ^ key*0xd1342543de82ef95) + 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		seed = z ^ z>>31
	}
	return seed
}

// stream is a generator of its own for a purpose.
func stream(seed uint64, keys ...uint64) *rand.Rand {
	s := mix(seed, keys...)
	return rand.New(rand.NewPCG(s, mix(s, 0)))
}
