package record

import (
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// SplitData is a split data set as metrics, masks and recommendations need it:
// without values, times and texts.
type SplitData struct {
	Users []string // raw ids, by index
	Items []string
	// Titles has the title of each item, "" where the data have none.
	Titles   []string
	Training *data.Interactions
	// Validation is nil when the split has none.
	Validation, Test *data.Interactions
	// FoldIn holds the histories of users who are held out whole; nil when nobody is.
	FoldIn *data.Interactions
}

// HeldOut and History are those of data.Split.
func (p *SplitData) HeldOut(u int) bool { return p.split().HeldOut(u) }

// History is what is known of a user before validation.
func (p *SplitData) History(u int) []int32 { return p.split().History(u) }

func (p *SplitData) split() *data.Split {
	return &data.Split{Training: data.Training{Interactions: p.Training}, FoldIn: p.FoldIn}
}

// Part is the held-out interactions of a part; nil when the split has none.
func (p *SplitData) Part(part contract.Part) *data.Interactions {
	if part == contract.PartValidation {
		return p.Validation
	}
	return p.Test
}

// userRow is a row of users.parquet: its place is the user's index. The lists
// hold item indices in the order of the user's history.
type userRow struct {
	ID         string  `parquet:"id"`
	Train      []int32 `parquet:"train,list"`
	Validation []int32 `parquet:"validation,list"`
	Test       []int32 `parquet:"test,list"`
}

// itemRow is a row of items.parquet: its place is the item's index.
type itemRow struct {
	ID         string  `parquet:"id"`
	TrainCount int32   `parquet:"train_count"` // training interactions
	Title      *string `parquet:"title,optional"`
}

// foldInRow is a row of fold-in.parquet: the history of a user who is held out whole, in
// its order.
type foldInRow struct {
	User  int32   `parquet:"user"`       // index in users.parquet
	Items []int32 `parquet:"items,list"` // indices in items.parquet
}

// foldInRows has a row for each user with a history to fold in; none when nobody is
// held out whole.
func foldInRows(s *data.Split) []foldInRow {
	var rows []foldInRow
	if s.FoldIn == nil {
		return nil
	}
	for u := range s.FoldIn.Users {
		if items := s.FoldIn.Row(u); len(items) > 0 {
			rows = append(rows, foldInRow{int32(u), items})
		}
	}
	return rows
}

// addFoldIn takes the histories of users who are held out whole; it refuses rows that
// contradict the others.
func (p *SplitData) addFoldIn(rows []foldInRow) error {
	p.FoldIn = empty(len(p.Users), len(p.Items))
	for u := range p.Users {
		if len(rows) > 0 && int(rows[0].User) == u {
			for _, item := range rows[0].Items {
				if item < 0 || int(item) >= len(p.Items) {
					return fmt.Errorf("user %d has item %d, outside 0..%d", u, item, len(p.Items)-1)
				}
			}
			if len(p.Training.Row(u)) > 0 {
				return fmt.Errorf("user %d has a history to fold in, and training items", u)
			}
			p.FoldIn.Item, rows = append(p.FoldIn.Item, rows[0].Items...), rows[1:]
		}
		p.FoldIn.Ptr = append(p.FoldIn.Ptr, len(p.FoldIn.Item))
	}
	if len(rows) > 0 {
		return fmt.Errorf("it has a row of user %d; expected rising ones in 0..%d", rows[0].User, len(p.Users)-1)
	}
	return nil
}

func userRows(s *data.Split) []userRow {
	rows := make([]userRow, s.Users.Len())
	for u := range rows {
		rows[u] = userRow{ID: s.Users.ID(int32(u)), Train: s.Training.Interactions.Row(u), Test: s.Test.Row(u)}
		if s.Validation != nil {
			rows[u].Validation = s.Validation.Row(u)
		}
	}
	return rows
}

func itemRows(s *data.Split) []itemRow {
	rows := make([]itemRow, s.Items.Len())
	for i := range rows {
		rows[i].ID = s.Items.ID(int32(i))
	}
	for _, item := range s.Training.Interactions.Item {
		rows[item].TrainCount++
	}
	for _, text := range s.Training.Texts {
		if text.Kind == contract.TextTitle && text.Item >= 0 {
			rows[text.Item].Title = &text.Text
		}
	}
	return rows
}

// splitData makes the data of the rows of both files; it refuses rows that
// contradict each other.
func splitData(users []userRow, items []itemRow) (*SplitData, error) {
	p := &SplitData{
		Training: empty(len(users), len(items)), Validation: empty(len(users), len(items)), Test: empty(len(users), len(items)),
	}
	for u, row := range users {
		p.Users = append(p.Users, row.ID)
		for _, part := range []struct {
			to    *data.Interactions
			items []int32
		}{{p.Training, row.Train}, {p.Validation, row.Validation}, {p.Test, row.Test}} {
			if i := slices.IndexFunc(part.items, func(i int32) bool { return i < 0 || int(i) >= len(items) }); i >= 0 {
				return nil, fmt.Errorf("user %d has item %d, outside 0..%d", u, part.items[i], len(items)-1)
			}
			part.to.Item = append(part.to.Item, part.items...)
			part.to.Ptr = append(part.to.Ptr, len(part.to.Item))
		}
	}
	for _, row := range items {
		title := ""
		if row.Title != nil {
			title = *row.Title
		}
		p.Items, p.Titles = append(p.Items, row.ID), append(p.Titles, title)
	}
	if p.Validation.Len() == 0 {
		p.Validation = nil
	}
	return p, nil
}

func empty(users, items int) *data.Interactions {
	return &data.Interactions{Users: users, Items: items, Ptr: make([]int, 1, users+1)}
}
