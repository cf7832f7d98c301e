package sentencepiece

// candidate is a pair of neighbours that may be merged.
type candidate struct {
	order int32 // smaller goes first
	left  int32 // among equals the one farther left
	right int32
	what  int32 // by which a stale candidate is known
}

func (c candidate) before(d candidate) bool {
	return c.order < d.order || c.order == d.order && c.left < d.left
}

// agenda is a binary heap of candidates; container/heap would box each of them.
type agenda []candidate

// longQueue is from when on it pays to look for a place where the text may be
// merged in parts.
const longQueue = 16

func (a *agenda) push(c candidate) {
	heap := append(*a, c)
	i := len(heap) - 1
	for i > 0 && c.before(heap[(i-1)/2]) {
		heap[i] = heap[(i-1)/2]
		i = (i - 1) / 2
	}
	heap[i] = c
	*a = heap
}

func (a *agenda) pop() candidate {
	heap := *a
	top, last := heap[0], heap[len(heap)-1]
	heap = heap[:len(heap)-1]
	*a = heap
	i := 0
	for 2*i+1 < len(heap) {
		least := 2*i + 1
		if least+1 < len(heap) && heap[least+1].before(heap[least]) {
			least++
		}
		if !heap[least].before(last) {
			break
		}
		heap[i] = heap[least]
		i = least
	}
	if len(heap) > 0 {
		heap[i] = last
	}
	return top
}
