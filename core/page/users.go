package page

import (
	"maps"
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
	// Tops are the largest values of each metric; Levels the different shares of it that users
	// have, in parts of 65,535, rising, each less the one before; Values, of each metric and row,
	// the places among them: so many digits of base64 each as Digits says.
	Tops   []float64  `json:"tops"`
	Levels [][]int    `json:"levels"`
	Digits []int      `json:"digits"`
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
		v.Data.Tops = append(v.Data.Tops, top)
		v.Data.add(rows, top)
	}
	return v
}

// add adds the values of a metric, a row after another.
func (d *usersData) add(rows [][]float64, top float64) {
	places := map[uint16]int{}
	for _, values := range rows {
		for _, v := range values {
			places[level(v, top)] = 0
		}
	}
	var steps []int
	last, digits := 0, 1
	for i, l := range slices.Sorted(maps.Keys(places)) {
		places[l], steps, last = i, append(steps, int(l)-last), int(l)
	}
	for n := 64; n < len(steps); n *= 64 {
		digits++
	}
	packed := make([]string, len(rows))
	for i, values := range rows {
		text := make([]byte, 0, digits*len(values))
		for _, v := range values {
			at := places[level(v, top)]
			for shift := 6 * (digits - 1); shift >= 0; shift -= 6 {
				text = append(text, digit[at>>shift&63])
			}
		}
		packed[i] = string(text)
	}
	d.Levels, d.Digits, d.Values = append(d.Levels, steps), append(d.Digits, digits), append(d.Values, packed)
}

// digit are those of base64.
const digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// level is a value's share of the largest one, in quanta.
func level(v, top float64) uint16 {
	if top <= 0 {
		return 0
	}
	return uint16(math.Round(quantum * v / top))
}

// leading is the row that leads in the first metric that judges.
func (s set) leading() string {
	if len(s.behind.Leaders) == 0 {
		return ""
	}
	return s.behind.Leaders[0].Method
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
