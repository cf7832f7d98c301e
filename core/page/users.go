package page

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"

	"cllm4rec/core/printable"
	"cllm4rec/core/report"
)

// usersView is the users of a sample, for the figure that the page draws by itself.
type usersView struct {
	Sampled, Of string
	Seed        uint64
	Rows        []string
	Data        usersData
	B           int // the row that stands at the second axis at first; the first one is 0
}

// usersData is what the script reads.
type usersData struct {
	Metrics []string `json:"metrics"`
	Rows    []string `json:"rows"`
	Users   []string `json:"users"`
	// Tops are the largest values of each metric, and Values those of each metric and row as
	// shares of it: 16 bits each, the lower byte first, in base64.
	Tops   []float64  `json:"tops"`
	Values [][]string `json:"values"`
}

// quantum is how finely values are written.
const quantum = 65535

func (s set) users() *usersView {
	from := s.behind.Sample
	if from == nil {
		return nil
	}
	v := &usersView{Sampled: thousands(len(from.Users)), Of: thousands(from.Of), Seed: from.Seed, Data: usersData{Metrics: from.Metrics}}
	for _, u := range from.Users {
		v.Data.Users = append(v.Data.Users, printable.Line(u))
	}
	for _, r := range from.Rows {
		v.Rows = append(v.Rows, printable.Line(r))
	}
	v.Data.Rows = v.Rows
	v.B = max(1, slices.Index(from.Rows, s.leading()))
	for _, rows := range from.Values {
		top := 0.0
		for _, values := range rows {
			top = max(top, slices.Max(values))
		}
		packed := make([]string, len(rows))
		for i, values := range rows {
			packed[i] = pack(values, top)
		}
		v.Data.Tops, v.Data.Values = append(v.Data.Tops, top), append(v.Data.Values, packed)
	}
	return v
}

// leading is the row that leads in the first metric that judges.
func (s set) leading() string {
	if len(s.behind.Leaders) == 0 {
		return ""
	}
	return s.behind.Leaders[0].Method
}

func pack(values []float64, top float64) string {
	raw := make([]byte, 0, 2*len(values))
	for _, v := range values {
		share := 0.0
		if top > 0 {
			share = v / top
		}
		raw = binary.LittleEndian.AppendUint16(raw, uint16(math.Round(quantum*share)))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// exampleView is what rows recommend to a user.
type exampleView struct {
	report.Example
	Ranks []exampleRank
}

type exampleRank struct {
	Place int
	Items []report.ExampleItem
}

func (s set) examples() []exampleView {
	var all []exampleView
	for _, e := range s.behind.Examples {
		v := exampleView{Example: e}
		for place := 0; ; place++ {
			rank, any := exampleRank{Place: place + 1}, false
			for _, l := range e.Lists {
				item := report.ExampleItem{}
				if place < len(l.Items) {
					item, any = l.Items[place], true
				}
				rank.Items = append(rank.Items, item)
			}
			if !any {
				break
			}
			v.Ranks = append(v.Ranks, rank)
		}
		all = append(all, v)
	}
	return all
}
