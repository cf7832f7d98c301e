package record

import (
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
)

// rankingRow is a row of ranking-PART.parquet.
type rankingRow struct {
	User   int32     `parquet:"user"`        // index in users.parquet
	Items  []int32   `parquet:"items,list"`  // indices in items.parquet, best first
	Scores []float32 `parquet:"scores,list"` // as items
}

func encodeRankings(r *eval.Rankings) ([]byte, error) {
	rows := make([]rankingRow, len(r.Users))
	for i, user := range r.Users {
		rows[i] = rankingRow{user, r.Lists[i].Items, r.Lists[i].Scores}
	}
	return encodeRows(rows)
}

// decodeRankings reads what encodeRankings wrote and refuses lists that are no rankings.
func decodeRankings(raw []byte, depth, users, items int) (*eval.Rankings, error) {
	rows, err := decodeRows[rankingRow](raw)
	if err != nil {
		return nil, err
	}
	r := &eval.Rankings{Depth: depth}
	for i, row := range rows {
		list := contract.Ranking{Items: row.Items, Scores: row.Scores}
		if row.User < 0 || int(row.User) >= users || i > 0 && row.User <= rows[i-1].User {
			return nil, fmt.Errorf("row %d is of user %d; expected rising ones in 0..%d", i, row.User, users-1)
		}
		if len(list.Items) > depth {
			return nil, fmt.Errorf("the list of user %d has %d items, expected %d at most", row.User, len(list.Items), depth)
		}
		if err := list.Check(contract.Query{User: row.User, K: int32(len(list.Items))}, items); err != nil {
			return nil, err
		}
		r.Users, r.Lists = append(r.Users, row.User), append(r.Lists, list)
	}
	return r, nil
}
