package report

import (
	"math/rand/v2"
	"slices"

	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

const (
	// mostSampled is how many users a sample has at most.
	mostSampled = 2000
	// mostValues is how many values the samples of one data set have at most.
	mostValues = 120_000
	// sampleSeed draws samples of users and examples.
	sampleSeed = 1
)

// UserSample is what rows reached for some of the users, drawn without replacement.
type UserSample struct {
	Users   []string // ids
	Of      int      // measured users
	Seed    uint64
	Metrics []string // those that single users have
	Rows    []string
	// Values are of each metric and row, as Users, averaged over seeds and splits.
	Values [][][]float64
}

// sampleUsers draws users of the first row; rows that were measured on others are left out.
func (b *builder) sampleUsers(rows []measured) (*UserSample, error) {
	s := &UserSample{Seed: sampleSeed}
	var cells []int
	for i, m := range b.metrics {
		if m.PerUser() {
			cells, s.Metrics = append(cells, i), append(s.Metrics, b.names[i])
		}
	}
	var users, drawn []int32
	s.Values = make([][][]float64, len(cells))
	for _, row := range rows {
		if len(row.done) == 0 || len(cells) == 0 {
			continue
		}
		for k, cell := range cells {
			measured, means := stats.UserMeans(row.merged[cell])
			if users == nil {
				users, drawn = measured, draw(len(measured), min(mostSampled, max(50, mostValues/(len(rows)*len(cells)))))
			}
			if !slices.Equal(users, measured) {
				break
			}
			if k == 0 {
				s.Rows = append(s.Rows, row.row.Method)
			}
			values := make([]float64, len(drawn))
			for i, at := range drawn {
				values[i] = means[at]
			}
			s.Values[k] = append(s.Values[k], values)
		}
	}
	if len(s.Rows) < 2 {
		return nil, nil
	}
	s.Of = len(users)
	ids := b.ids()
	for _, at := range drawn {
		s.Users = append(s.Users, ids[users[at]])
	}
	return s, nil
}

// draw is so many of n places, rising.
func draw(n, most int) []int32 {
	places := rand.New(rand.NewPCG(sampleSeed, uint64(n))).Perm(n)[:min(n, most)]
	slices.Sort(places)
	out := make([]int32, len(places))
	for i, p := range places {
		out[i] = int32(p)
	}
	return out
}

const (
	examples     = 6  // users
	exampleRows  = 6  // rows, from the first
	exampleItems = 10 // of each list
	exampleOld   = 8  // of each history
)

// Example is what some rows recommend to one user, in words.
type Example struct {
	User    string
	History []string // titles of what the user has in training, the last ones
	More    int      // earlier ones
	HeldOut []string
	Lists   []ExampleList
}

// ExampleList is the first items of a row's list, of its first finished trial.
type ExampleList struct {
	Row   string
	Items []ExampleItem
}

// ExampleItem is an item of a list.
type ExampleItem struct {
	Title string
	Hit   bool // it is held out
}

// examples are some users with what the first rows recommend to them; none where items have
// no titles.
func (b *builder) examples(rows []measured) ([]Example, error) {
	if b.first == nil {
		return nil, nil
	}
	data, err := b.data(b.first)
	if err != nil || !slices.ContainsFunc(data.Titles, func(t string) bool { return t != "" }) {
		return nil, err
	}
	relevant := data.Part(b.part)
	var measured []int32
	for u := range data.Users {
		if len(relevant.Row(u)) > 0 {
			measured = append(measured, int32(u))
		}
	}
	var users []int32
	for _, at := range draw(len(measured), examples) {
		users = append(users, measured[at])
	}
	all := make([]Example, len(users))
	for i, u := range users {
		all[i] = describe(data, int(u), relevant.Row(int(u)))
	}
	for _, row := range rows {
		if len(row.done) == 0 || row.done[0].Data.Fingerprint != b.first.Data.Fingerprint || len(all) > 0 && len(all[0].Lists) == exampleRows {
			continue
		}
		lists, err := b.from.Lists(row.done[0].Record, string(b.part), users)
		if err != nil {
			return nil, err
		}
		for i, u := range users {
			list := ExampleList{Row: row.row.Method}
			for _, item := range lists[i].Items[:min(exampleItems, len(lists[i].Items))] {
				list.Items = append(list.Items, ExampleItem{titleOf(data, item), slices.Contains(relevant.Row(int(u)), item)})
			}
			all[i].Lists = append(all[i].Lists, list)
		}
	}
	return all, nil
}

// describe is what is known of a user.
func describe(data *record.SplitData, u int, heldOut []int32) Example {
	history := data.History(u)
	e := Example{User: data.Users[u], More: max(0, len(history)-exampleOld)}
	for _, item := range history[e.More:] {
		e.History = append(e.History, titleOf(data, item))
	}
	for _, item := range heldOut {
		e.HeldOut = append(e.HeldOut, titleOf(data, item))
	}
	return e
}

// titleOf is an item's title, or its id where it has none.
func titleOf(data *record.SplitData, item int32) string {
	if t := data.Titles[item]; t != "" {
		return t
	}
	return data.Items[item]
}
