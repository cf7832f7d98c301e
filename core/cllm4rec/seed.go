package cllm4rec

import (
	"math/rand/v2"

	"cllm4rec/core/contract"
)

// What random numbers are for. Each purpose, stage, epoch and user has a stream
// of its own, so that no draw depends on how many were made elsewhere.
const (
	forTower uint64 = iota + 1
	forDropout
	forDocumentOrder
	forHistory
	forRanking
	forItemMap
	forFitting
)

// stream is a generator of its own for a purpose.
func stream(seed uint64, keys ...uint64) *rand.Rand {
	s := contract.MixSeed(seed, keys...)
	return rand.New(rand.NewPCG(s, contract.MixSeed(s, 0)))
}
