package contract

import (
	"math"
	"slices"
)

// Generation asks for a ranking by writing: items are generated one after another behind
// the prompt, each by the item head from all before it, and a beam search looks for the
// likeliest sequence. It is what ranking by one pass is compared with. Nothing keeps a
// sequence from repeating an item, or from naming what the prompt has.
type Generation struct {
	Items int32 // length of the sequence; 0: the ranking is by one pass
	Beams int32 // how many sequences are followed, > 0
}

// check finds what is wrong with a generation that is asked for.
func (g Generation) check() error {
	if g.Items < 0 || g.Items > 0 && g.Beams <= 0 {
		return Errorf(ErrInvalid, "it asks for %d generated items by %d beams, expected > 0 of both", g.Items, g.Beams)
	}
	return nil
}

// Scores make a sequence a ranking: the item at place p (from 0) has Items - p, where it
// stands first, and an item that it lacks has 0, so that the rule of ties orders these.
func (g Generation) Scores(items int, sequence []int32) []float32 {
	scores := make([]float32, items)
	for p, item := range sequence {
		scores[item] = max(scores[item], float32(int(g.Items)-p))
	}
	return scores
}

// beam is a sequence and the sum of its ln p.
type beam struct {
	items []int32
	score float64
}

// Search is the likeliest sequence that a beam search over so many items finds; logits
// gives a row for each of some sequences, which are as long as each other. Of equally
// likely ones that of the better beam and then of the smaller item goes first. Logits that
// are no numbers are an ErrNonFinite.
func (g Generation) Search(items int, logits func(sequences [][]int32) ([][]float32, error)) ([]int32, error) {
	beams := []beam{{}}
	for range g.Items {
		sequences := make([][]int32, len(beams))
		for i, b := range beams {
			sequences[i] = b.items
		}
		rows, err := logits(sequences)
		if err != nil {
			return nil, err
		}
		if beams, err = g.extend(beams, rows); err != nil {
			return nil, err
		}
	}
	return beams[0].items, nil
}

// extension is a beam with one more item.
type extension struct {
	beam, item int
	score      float64
}

// extend keeps the likeliest of all sequences that are one item longer.
func (g Generation) extend(beams []beam, rows [][]float32) ([]beam, error) {
	var best []extension // falling; at most Beams
	for i, row := range rows {
		rest := beams[i].score - logSumExp(row)
		if math.IsNaN(rest) || math.IsInf(rest, 0) {
			return nil, Errorf(ErrNonFinite, "the logits behind %v are not all finite", beams[i].items)
		}
		for j, z := range row {
			e := extension{i, j, rest + float64(z)}
			if len(best) == int(g.Beams) {
				if e.score <= best[len(best)-1].score {
					continue
				}
				best = best[:len(best)-1]
			}
			at, _ := slices.BinarySearchFunc(best, e, func(a, b extension) int {
				if a.score >= b.score {
					return -1 // an equal one that came before stays before
				}
				return 1
			})
			best = slices.Insert(best, at, e)
		}
	}
	longer := make([]beam, len(best))
	for n, e := range best {
		longer[n] = beam{append(slices.Clone(beams[e.beam].items), int32(e.item)), e.score}
	}
	return longer, nil
}

// logSumExp is ln sum exp.
func logSumExp(row []float32) float64 {
	top := float64(slices.Max(row))
	var sum float64
	for _, z := range row {
		sum += math.Exp(float64(z) - top)
	}
	return top + math.Log(sum)
}
