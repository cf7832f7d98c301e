package contract

// golden is 2^64 divided by the golden ratio, the step of SplitMix64's sequence.
const golden = 0x9e3779b97f4a7c15

// Mix64 is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable
// Pseudorandom Number Generators, OOPSLA 2014), a bijection of 64-bit words.
func Mix64(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// MixSeed makes one seed of several numbers by chaining Mix64; other numbers, or
// the same in another order, give another seed. Without keys it is the seed.
func MixSeed(seed uint64, keys ...uint64) uint64 {
	for _, key := range keys {
		seed = Mix64((seed ^ key*0xd1342543de82ef95) + golden)
	}
	return seed
}

// SplitMix64 is the number at a step (from 0) of SplitMix64's sequence from a seed.
func SplitMix64(seed, step uint64) uint64 { return Mix64(seed + (step+1)*golden) }
