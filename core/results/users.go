package results

import (
	"fmt"
	"io"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/report"

	"github.com/parquet-go/parquet-go"
)

// rowsAtOnce is how many rows are handed to the library together.
const rowsAtOnce = 4096

// Users writes what every finished trial reached for every user as one Parquet file and
// returns the number of its rows. Its columns, by name: dataset, method, seed, split (from
// 1; 0 where data are split once), trial (the key), user (the id), and one for each metric
// that single users have. Errors are those of report.Build; ErrInvalid where no metric of
// the experiment has values of single users, or is called as another column.
func Users(w io.Writer, plan *experiment.Plan, from report.Source, part contract.Part) (rows int64, err error) {
	var out *userTable
	err = report.EachTrial(plan, from, part, func(_ *record.Record, v report.UserValues) error {
		if out == nil {
			if len(v.Metrics) == 0 {
				return contract.Errorf(contract.ErrInvalid, "no metric of the experiment has values of single users: there is nothing to write for each user")
			}
			out = newUserTable(w, v.Metrics)
		}
		return out.add(v)
	})
	if err != nil {
		return 0, err
	}
	if out == nil {
		return 0, contract.Errorf(contract.ErrNotFound, "no trial of %s is finished: there are no values of users; `cllm4rec run` makes them", plan.Name)
	}
	return out.rows, out.close()
}

// userTable writes rows of users.
type userTable struct {
	out     *parquet.GenericWriter[any]
	places  map[string]int // of columns, in the order of the file
	pending []parquet.Row
	rows    int64
}

func newUserTable(w io.Writer, metrics []string) *userTable {
	word := parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	group := parquet.Group{"dataset": word, "method": word, "seed": parquet.Uint(64), "split": parquet.Int(32), "trial": word, "user": word}
	for _, m := range metrics {
		group[m] = parquet.Leaf(parquet.DoubleType)
	}
	schema := parquet.NewSchema("users", group)
	t := &userTable{out: parquet.NewGenericWriter[any](w, schema, parquet.Compression(&parquet.Zstd)), places: map[string]int{}}
	for i, path := range schema.Columns() {
		t.places[path[0]] = i
	}
	return t
}

func (t *userTable) add(v report.UserValues) error {
	for i, user := range v.Users {
		row := make(parquet.Row, len(t.places))
		put := func(column string, value parquet.Value) {
			at := t.places[column]
			row[at] = value.Level(0, 0, at)
		}
		put("dataset", parquet.ByteArrayValue([]byte(v.Dataset)))
		put("method", parquet.ByteArrayValue([]byte(v.Method)))
		put("seed", parquet.Int64Value(int64(v.Seed))) // the same bits
		put("split", parquet.Int32Value(int32(v.Split)))
		put("trial", parquet.ByteArrayValue([]byte(v.Key)))
		put("user", parquet.ByteArrayValue([]byte(user)))
		for m, metric := range v.Metrics {
			put(metric, parquet.DoubleValue(v.Values[m][i]))
		}
		t.pending = append(t.pending, row)
		if len(t.pending) == rowsAtOnce {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *userTable) flush() error {
	n, err := t.out.WriteRows(t.pending)
	if err != nil {
		return fmt.Errorf("the values of users cannot be written: %w", err)
	}
	t.rows += int64(n)
	t.pending = t.pending[:0]
	return nil
}

func (t *userTable) close() error {
	if err := t.flush(); err != nil {
		return err
	}
	return t.out.Close()
}
