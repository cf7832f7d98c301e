package main

import "math/rand/v2"

// shop draws numbers in proportion to their weights.
type shop struct {
	items []int32
	until []uint64 // running sums of the weights
	// first has one entry per item: of the k-th of as many equal parts of all the
	// weight the place where it begins, from which a draw needs a step or two.
	first []int32
}

func (s *shop) add(j int, weight uint64) {
	s.items, s.until = append(s.items, int32(j)), append(s.until, s.total()+weight)
}

func (s *shop) total() uint64 {
	if len(s.until) == 0 {
		return 0
	}
	return s.until[len(s.until)-1]
}

func (s *shop) draw(rng *rand.Rand) int32 {
	if len(s.first) != len(s.items) {
		s.open()
	}
	at := rng.Uint64N(s.total())
	i := s.first[s.part(at)]
	for s.until[i] <= at {
		i++
	}
	return s.items[i]
}

// part is which of the equal parts of the weight holds a point.
func (s *shop) part(at uint64) uint64 {
	return min(at/s.partWeight(), uint64(len(s.items)-1))
}

func (s *shop) partWeight() uint64 { return max(1, s.total()/uint64(len(s.items))) }

func (s *shop) open() {
	s.first = make([]int32, len(s.items))
	i := int32(0)
	for k := range s.first {
		for int(i) < len(s.until)-1 && s.until[i] <= uint64(k)*s.partWeight() {
			i++
		}
		s.first[k] = i
	}
}
