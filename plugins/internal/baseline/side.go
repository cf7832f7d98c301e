package baseline

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// sides gathers side interactions, in any order of rows.
type sides struct {
	items   int
	first   map[string]int // by name: its first row
	rows    int            // of all names that came before the present one, and of that
	begin   int            // first row of the present name
	name    string
	row     []int32
	item    []int32
	weights []float32
}

func (s *sides) add(c *contract.SideChunk) error {
	if len(c.Rows) != len(c.Items) || len(c.Rows) != len(c.Weights) {
		return contract.Errorf(contract.ErrBadData, "side interactions %q have %d rows, %d items and %d weights", c.Name, len(c.Rows), len(c.Items), len(c.Weights))
	}
	if err := s.open(c.Name); err != nil {
		return err
	}
	for i, row := range c.Rows {
		item, w := c.Items[i], c.Weights[i]
		switch {
		case row < 0:
			return contract.Errorf(contract.ErrBadData, "side interactions %q have the row %d", c.Name, row)
		case item < 0 || int(item) >= s.items:
			return contract.Errorf(contract.ErrBadData, "side interactions %q have item %d, outside 0..%d", c.Name, item, s.items-1)
		case w-w != 0 || w <= 0:
			return contract.Errorf(contract.ErrBadData, "side interactions %q have the weight %v, expected a finite one above zero", c.Name, w)
		}
		s.rows = max(s.rows, s.begin+int(row)+1)
		s.row, s.item, s.weights = append(s.row, int32(s.begin)+row), append(s.item, item), append(s.weights, w)
	}
	return nil
}

// open begins a name after the rows of those before it.
func (s *sides) open(name string) error {
	if s.first == nil {
		s.first = map[string]int{}
	}
	at, known := s.first[name]
	if known && at != s.begin {
		return contract.Errorf(contract.ErrBadData, "side interactions %q come again after those of %q", name, s.name)
	}
	if !known {
		s.begin, s.name, s.first[name] = s.rows, name, s.rows
	}
	return nil
}

// matrix is [rows x items] with the weights as values; nil without any.
func (s *sides) matrix() (*linalg.CSR, error) {
	if len(s.row) == 0 {
		return nil, nil
	}
	m := linalg.FromTriplets(s.rows, s.items, s.row, s.item, s.weights)
	if r, c, twice := m.Repeated(); twice {
		return nil, contract.Errorf(contract.ErrBadData, "side interactions have item %d twice in row %d", c, r)
	}
	return m, nil
}
