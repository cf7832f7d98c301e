package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sort"

	"cllm4rec/core/contract"

	"github.com/parquet-go/parquet-go"
)

// Lists reads what a trial recommended to some users of a part, as users, without reading all
// others. Errors are those of Rankings, and ErrNotFound for a user who was not measured.
func (s *Store) Lists(rec *Record, part string, users []int32) ([]contract.Ranking, error) {
	r := rec.Result(part)
	if r == nil || r.Ranking == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "trial %s has no stored %s rankings: run the experiment again", rec.Key, part)
	}
	path := filepath.Join(s.Folder(rec.Key), r.Ranking.Name)
	raw, err := readFile(path, *r.Ranking)
	var lists []contract.Ranking
	if err == nil {
		lists, err = someLists(raw, users, rec.Data.Items)
	}
	if errors.Is(err, contract.ErrNotFound) {
		return nil, err
	}
	if err != nil {
		return nil, s.damaged(path, rec.Key, err)
	}
	return lists, nil
}

// someLists reads the column of the users, and then their rows alone.
func someLists(raw []byte, users []int32, items int) (lists []contract.Ranking, err error) {
	defer func() {
		if p := recover(); p != nil {
			lists, err = nil, fmt.Errorf("it is no Parquet file: %v", p)
		}
	}()
	type onlyUser struct {
		User int32 `parquet:"user"`
	}
	all, err := decodeRows[onlyUser](raw)
	if err != nil {
		return nil, err
	}
	in := parquet.NewGenericReader[rankingRow](bytes.NewReader(raw))
	defer func() { err = errors.Join(err, in.Close()) }()
	for _, user := range users {
		at := sort.Search(len(all), func(i int) bool { return all[i].User >= user })
		if at == len(all) || all[at].User != user {
			return nil, contract.Errorf(contract.ErrNotFound, "the rankings have no user %d", user)
		}
		if err := in.SeekToRow(int64(at)); err != nil {
			return nil, err
		}
		row := make([]rankingRow, 1)
		if n, err := in.Read(row); n != 1 {
			return nil, fmt.Errorf("row %d cannot be read: %w", at, errors.Join(err, io.ErrUnexpectedEOF))
		}
		list := contract.Ranking{Items: row[0].Items, Scores: row[0].Scores}
		if err := list.Check(contract.Query{User: user, K: int32(len(list.Items))}, items); err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return lists, nil
}
