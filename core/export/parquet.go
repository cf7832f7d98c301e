package export

import (
	"cmp"
	"os"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"

	"github.com/parquet-go/parquet-go"
)

// parquets writes interactions.parquet (user, item, value, time in Unix seconds, part,
// review), and items.parquet and users.parquet where items or users have texts or
// attributes: texts under their kinds, attributes under their names, sets as lists.
func parquets(w *writer) error {
	w.Plugin = "table"
	w.Params = map[string]any{"path": File("interactions.parquet"), "format": "parquet", "user": "user", "item": "item", "value": "none", "time": "none", "part": "part", "review": "none"}
	if err := w.interactionTable(); err != nil {
		return err
	}
	if err := w.describedTable(contract.EntityItem, itemKinds(), w.Items.IDs()); err != nil {
		return err
	}
	w.loseOrder(w.rowByRow(), "reviews by user, then item by item, then user by user")
	return w.describedTable(contract.EntityUser, []contract.TextKind{contract.TextBiography}, w.Users.IDs())
}

// tableColumn is a column of a table: add appends the values of row i to a row of the
// file, in which the column has a place.
type tableColumn struct {
	name string
	node parquet.Node
	add  func(row parquet.Row, place, i int) parquet.Row
}

// rowsAtOnce is how many rows are handed to the library together.
const rowsAtOnce = 4096

// table writes a table of n rows.
func (w *writer) table(name string, n int, columns []tableColumn) error {
	slices.SortFunc(columns, func(a, b tableColumn) int { return cmp.Compare(a.name, b.name) }) // as a group has them
	group := parquet.Group{}
	for _, c := range columns {
		group[c.name] = c.node
	}
	return w.file(name, func(f *os.File) error {
		out := parquet.NewWriter(f, parquet.NewSchema("table", group), parquet.Compression(&parquet.Zstd))
		rows := make([]parquet.Row, 0, rowsAtOnce)
		for i := range n {
			rows = rows[:len(rows)+1]
			row := rows[len(rows)-1][:0]
			for place, c := range columns {
				row = c.add(row, place, i)
			}
			rows[len(rows)-1] = row
			if len(rows) == rowsAtOnce || i == n-1 {
				if _, err := out.WriteRows(rows); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
		return out.Close()
	})
}

// cursor goes over the interactions of all parts, user by user.
type cursor struct {
	parts []part
	part  int
	user  int
	at    int
}

// next moves to the following interaction; the first call moves to the first.
func (c *cursor) next() {
	c.at++
	for c.at >= c.x().Len() {
		c.part++
		c.user, c.at = 0, 0
	}
	for c.x().Ptr[c.user+1] <= c.at {
		c.user++
	}
}

func (c *cursor) x() *data.Interactions { return c.parts[c.part].x }

func (w *writer) interactionTable() error {
	at := &cursor{parts: w.parts(), at: -1}
	columns := []tableColumn{
		{"item", parquet.String(), func(row parquet.Row, place, i int) parquet.Row {
			at.next() // the first column of every row
			return append(row, text(w.Items.ID(at.x().Item[at.at])).Level(0, 0, place))
		}},
		{"part", parquet.Encoded(parquet.String(), &parquet.RLEDictionary), func(row parquet.Row, place, i int) parquet.Row {
			return append(row, text(string(at.parts[at.part].name)).Level(0, 0, place))
		}},
		{"user", parquet.String(), func(row parquet.Row, place, i int) parquet.Row {
			return append(row, text(w.Users.ID(int32(at.user))).Level(0, 0, place))
		}},
	}
	if reviews := w.textsBy(contract.TextReview); len(reviews) > 0 {
		w.Params["review"] = "review"
		columns = append(columns, tableColumn{"review", parquet.Optional(parquet.String()), func(row parquet.Row, place, i int) parquet.Row {
			return append(row, optional(reviews[[2]int32{int32(at.user), at.x().Item[at.at]}], place))
		}})
	}
	if w.Training.Interactions.Time != nil {
		w.Params["time"], w.Params["time_format"] = "time", "seconds"
		columns = append(columns, tableColumn{"time", parquet.Int(64), func(row parquet.Row, place, i int) parquet.Row {
			return append(row, parquet.Int64Value(at.x().Time[at.at]).Level(0, 0, place))
		}})
	}
	if w.Training.Interactions.Value != nil {
		w.Params["value"] = "value"
		columns = append(columns, tableColumn{"value", parquet.Leaf(parquet.FloatType), func(row parquet.Row, place, i int) parquet.Row {
			return append(row, parquet.FloatValue(at.x().Value[at.at]).Level(0, 0, place))
		}})
	}
	return w.table("interactions.parquet", w.whole(), columns)
}

func text(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) }

// optional is a text that is missing where it is empty.
func optional(s string, place int) parquet.Value {
	if s == "" {
		return parquet.NullValue().Level(0, 0, place)
	}
	return text(s).Level(0, 1, place)
}

// describedTable writes items.parquet or users.parquet.
func (w *writer) describedTable(entity contract.Entity, kinds []contract.TextKind, ids []string) error {
	columns := []tableColumn{{string(entity), parquet.String(), func(row parquet.Row, place, i int) parquet.Row {
		return append(row, text(ids[i]).Level(0, 0, place))
	}}}
	params, types := map[string]any{"path": File(string(entity) + "s.parquet"), "format": "parquet", "id": string(entity)}, map[string]any{}
	taken := map[string]bool{string(entity): true}
	for _, a := range w.Training.Attributes {
		if a.Entity != entity {
			continue
		}
		taken[a.Name] = true
		types[a.Name] = string(a.Type)
		columns = append(columns, attributeColumn(a, len(ids)))
	}
	for _, kind := range kinds {
		params[string(kind)] = "none"
		texts := w.textsOf(kind)
		if texts == nil {
			continue
		}
		name := textColumn(kind, taken)
		params[string(kind)] = name
		columns = append(columns, tableColumn{name, parquet.Optional(parquet.String()), func(row parquet.Row, place, i int) parquet.Row {
			return append(row, optional(texts[i], place))
		}})
	}
	if len(columns) == 1 {
		return nil
	}
	if len(types) > 0 {
		params["attributes"] = types
	}
	w.Params[string(entity)+"s"] = params
	return w.table(string(entity)+"s.parquet", len(ids), columns)
}

// attributeColumn is an attribute of n users or items; what is not known is missing.
func attributeColumn(a contract.TrainAttributes, n int) tableColumn {
	where := make([]int, n) // 1 + the place among the attribute's values
	for i, row := range a.Rows {
		where[row] = i + 1
	}
	known := func(add func(row parquet.Row, place, at int) parquet.Row) func(parquet.Row, int, int) parquet.Row {
		return func(row parquet.Row, place, i int) parquet.Row {
			if where[i] == 0 {
				return append(row, parquet.NullValue().Level(0, 0, place))
			}
			return add(row, place, where[i]-1)
		}
	}
	switch a.Type {
	case contract.AttributeNumber:
		return tableColumn{a.Name, parquet.Optional(parquet.Leaf(parquet.DoubleType)), known(func(row parquet.Row, place, at int) parquet.Row {
			return append(row, parquet.DoubleValue(a.Numbers[at]).Level(0, 1, place))
		})}
	case contract.AttributeSet:
		return tableColumn{a.Name, parquet.Optional(parquet.List(parquet.String())), known(func(row parquet.Row, place, at int) parquet.Row {
			return addSet(row, place, a.Sets[at])
		})}
	default:
		return tableColumn{a.Name, parquet.Optional(parquet.String()), known(func(row parquet.Row, place, at int) parquet.Row {
			return append(row, text(a.Words[at]).Level(0, 1, place))
		})}
	}
}

// addSet appends the words of a set that is known: in an optional list of required
// texts the definition level of an empty one is 1, and that of a word 2.
func addSet(row parquet.Row, place int, words []string) parquet.Row {
	if len(words) == 0 {
		return append(row, parquet.NullValue().Level(0, 1, place))
	}
	for i, word := range words {
		row = append(row, text(word).Level(min(i, 1), 2, place))
	}
	return row
}
