package eval

import (
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// Buckets divides counts: the rising upper borders b_0 < b_1 < ... of all buckets but
// the last. Bucket 0 holds counts up to b_0, bucket i those above b_(i-1) and up to
// b_i, the last one those above all borders.
type Buckets []int

// Check wants one border at least, from 0 and rising: ErrInvalid.
func (b Buckets) Check() error {
	if len(b) == 0 {
		return contract.Errorf(contract.ErrInvalid, "there is no border, expected rising numbers such as 4,8,16,40")
	}
	for i, border := range b {
		if border < 0 || i > 0 && border <= b[i-1] {
			return contract.Errorf(contract.ErrInvalid, "the borders are %v, expected rising numbers from 0 such as 4,8,16,40", []int(b))
		}
	}
	return nil
}

// Len is the number of buckets.
func (b Buckets) Len() int { return len(b) + 1 }

// Of is the bucket of a count.
func (b Buckets) Of(count int) int {
	at, _ := slices.BinarySearch(b, count)
	return at
}

// Name is such as "0-4", "5" and "above 40".
func (b Buckets) Name(bucket int) string {
	low := 0
	if bucket > 0 {
		low = b[bucket-1] + 1
	}
	switch {
	case bucket == len(b):
		return fmt.Sprintf("above %d", low-1)
	case low == b[bucket]:
		return fmt.Sprint(low)
	default:
		return fmt.Sprintf("%d-%d", low, b[bucket])
	}
}

// Quartiles divides counts into four buckets of about equal size: the borders are
// the values at the places ceil(n/4), ceil(n/2) and ceil(3n/4), from 1, of the sorted
// counts. Equal borders are one, and a border that no count lies above is none: there
// are fewer buckets then. nil when all counts are equal.
func Quartiles(counts []int) Buckets {
	sorted := slices.Sorted(slices.Values(counts))
	var b Buckets
	for q := 1; q < 4 && len(sorted) > 0; q++ {
		border := sorted[(q*len(sorted)+3)/4-1]
		if border < sorted[len(sorted)-1] && (len(b) == 0 || border > b[len(b)-1]) {
			b = append(b, border)
		}
	}
	return b
}

// OfUsers is the rankings of some of the users.
func (r Rankings) OfUsers(in func(user int32) bool) Rankings {
	out := Rankings{Depth: r.Depth}
	for at, user := range r.Users {
		if in(user) {
			out.Users, out.Lists = append(out.Users, user), append(out.Lists, r.Lists[at])
		}
	}
	return out
}

// OfItems takes only some items for relevant: of the held-out interactions those that
// remain, of the rankings those of users who have one of them. The lists are the same.
func (r Rankings) OfItems(relevant *data.Interactions, in func(item int32) bool) (Rankings, *data.Interactions) {
	rest := &data.Interactions{Users: relevant.Users, Items: relevant.Items, Ptr: make([]int, 1, relevant.Users+1)}
	for u := range relevant.Users {
		for _, item := range relevant.Row(u) {
			if in(item) {
				rest.Item = append(rest.Item, item)
			}
		}
		rest.Ptr = append(rest.Ptr, len(rest.Item))
	}
	return r.OfUsers(func(user int32) bool { return len(rest.Row(int(user))) > 0 }), rest
}
