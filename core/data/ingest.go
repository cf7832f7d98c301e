package data

import (
	"fmt"
	"math"
	"unicode/utf8"

	"cllm4rec/core/contract"
)

// partLabel is a part in one byte.
type partLabel uint8

const (
	inAll partLabel = iota
	inTrain
	inValidation
	inTest
)

var partNames = [...]contract.Part{
	inAll: contract.PartAll, inTrain: contract.PartTrain,
	inValidation: contract.PartValidation, inTest: contract.PartTest,
}

func labelOf(p contract.Part) (partLabel, bool) {
	for l, name := range partNames {
		if name == p {
			return partLabel(l), true
		}
	}
	return 0, false
}

// interner numbers raw ids in the order in which they are first seen.
type interner struct {
	ids   []string
	index map[string]int32
	last  int32 // what add gave last: most files have a user's rows together
}

func newInterner() interner { return interner{index: map[string]int32{}} }

func (n *interner) add(id string) int32 {
	if len(n.ids) > 0 && n.ids[n.last] == id {
		return n.last
	}
	i, known := n.index[id]
	if !known {
		i = int32(len(n.ids))
		n.index[id] = i
		n.ids = append(n.ids, id)
	}
	n.last = i
	return i
}

// rows is the whole interaction stream in columns, in stream order; users and
// items are numbers of the interners. value and time are nil or as long as user.
type rows struct {
	users, items interner
	user, item   []int32
	part         []partLabel
	value        []float32
	time         []int64

	repeats map[uint64]*repeats // by pair of the interners' numbers; set by unique
}

func newRows() *rows { return &rows{users: newInterner(), items: newInterner()} }

func (r *rows) len() int { return len(r.user) }

// pair names the user and the item of row i.
func (r *rows) pair(i int) string {
	return fmt.Sprintf("(user %q, item %q)", r.users.ids[r.user[i]], r.items.ids[r.item[i]])
}

// add checks a chunk and appends it. Records are numbered from 1 in the order
// of the stream.
func (r *rows) add(c *contract.InteractionChunk) error {
	part, ok := labelOf(c.Part)
	if !ok {
		return contract.Errorf(contract.ErrBadData, "interaction %d: unknown part %q", r.len()+1, c.Part)
	}
	if err := r.checkColumns(c); err != nil {
		return err
	}
	for i := range c.Users {
		if err := checkRow(c, i); err != nil {
			return contract.Errorf(contract.ErrBadData, "interaction %d: %v", r.len()+1, err)
		}
		r.user = append(r.user, r.users.add(c.Users[i]))
		r.item = append(r.item, r.items.add(c.Items[i]))
		r.part = append(r.part, part)
	}
	r.value = append(r.value, c.Values...)
	r.time = append(r.time, c.Times...)
	return nil
}

// checkColumns wants columns of equal length, and values and times in every
// chunk or in none.
func (r *rows) checkColumns(c *contract.InteractionChunk) error {
	n := c.Len()
	if len(c.Items) != n || (c.Values != nil && len(c.Values) != n) || (c.Times != nil && len(c.Times) != n) {
		return contract.Errorf(contract.ErrBadData, "interaction %d: the chunk has %d users, %d items, %d values and %d times",
			r.len()+1, n, len(c.Items), len(c.Values), len(c.Times))
	}
	if r.len() > 0 && n > 0 && ((r.value != nil) != (c.Values != nil) || (r.time != nil) != (c.Times != nil)) {
		return contract.Errorf(contract.ErrBadData, "interaction %d: values or times are present in some chunks and missing in others", r.len()+1)
	}
	return nil
}

func checkRow(c *contract.InteractionChunk, i int) error {
	if err := checkID("user", c.Users[i]); err != nil {
		return err
	}
	if err := checkID("item", c.Items[i]); err != nil {
		return err
	}
	if c.Values != nil && !finite(c.Values[i]) {
		return fmt.Errorf("the value of user %q and item %q is %v", c.Users[i], c.Items[i], c.Values[i])
	}
	return nil
}

func checkID(what, id string) error {
	if id == "" {
		return fmt.Errorf("the %s is empty", what)
	}
	if !utf8.ValidString(id) {
		return fmt.Errorf("the %s %q is not UTF-8", what, id)
	}
	return nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }
