package neighbours

// largest returns the indices of the k largest of values, 0 < k < len(values),
// in no order. Which of equal values stay at the border is decided as NumPy
// does in argpartition(-values, k)[:k] without vector instructions (introselect,
// numpy/_core/src/npysort/selection.cpp): results that were published from
// NumPy can then be reproduced, and they depend on nothing but the values.
// index is scratch of the same length.
func largest(values []float64, k int, index []int32) []int32 {
	for i := range index {
		index[i] = int32(i)
	}
	s := selection{values, index}
	s.partition(k)
	return index[:k]
}

// selection moves indices so that their values fall.
type selection struct {
	values []float64
	index  []int32
}

// less reports whether position i belongs before position j.
func (s selection) less(i, j int) bool { return s.values[s.index[i]] > s.values[s.index[j]] }

func (s selection) swap(i, j int) { s.index[i], s.index[j] = s.index[j], s.index[i] }

// partition puts the k largest first, and the next one at position k.
func (s selection) partition(k int) {
	if k < 3 {
		s.pick(k + 1)
		return
	}
	low, high := 0, len(s.index)-1
	for low+1 < high {
		s.medianToLow(low, high)
		up, down := s.split(low, high)
		s.swap(low, down)
		if down >= k {
			high = down - 1
		}
		if down <= k {
			low = up
		}
	}
	if high == low+1 && s.less(high, low) {
		s.swap(high, low)
	}
}

// pick finds the n largest one by one.
func (s selection) pick(n int) {
	for i := range n {
		best := i
		for j := i + 1; j < len(s.index); j++ {
			if s.less(j, best) {
				best = j
			}
		}
		s.swap(i, best)
	}
}

// medianToLow puts the median of first, middle and last at low, the largest of
// the three at low+1 and the smallest at high: split needs no bounds then.
func (s selection) medianToLow(low, high int) {
	middle := low + (high-low)/2
	if s.less(high, middle) {
		s.swap(high, middle)
	}
	if s.less(high, low) {
		s.swap(high, low)
	}
	if s.less(low, middle) {
		s.swap(low, middle)
	}
	s.swap(middle, low+1)
}

// split parts the positions between low+1 and high at the pivot, which is at low.
func (s selection) split(low, high int) (up, down int) {
	for up, down = low+1, high; ; s.swap(up, down) {
		for up++; s.less(up, low); up++ {
		}
		for down--; s.less(low, down); down-- {
		}
		if down < up {
			return up, down
		}
	}
}
