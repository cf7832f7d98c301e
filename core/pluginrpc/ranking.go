package pluginrpc

import (
	"fmt"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
)

func tiesToWire(t contract.Ties) *v1.Ties {
	return &v1.Ties{Rule: tieCodes.wire(t.Rule), Seed: t.Seed}
}

func tiesFromWire(w *v1.Ties) contract.Ties {
	return contract.Ties{Rule: tieCodes.word(w.GetRule()), Seed: w.GetSeed()}
}

func rankingsToWire(rankings []contract.Ranking) *v1.RankReply {
	reply := &v1.RankReply{Rankings: make([]*v1.Ranking, len(rankings))}
	for i, r := range rankings {
		reply.Rankings[i] = &v1.Ranking{Items: r.Items, Scores: r.Scores}
	}
	return reply
}

// appendRankings adds the answers to the queries in rows, one for each. Another
// number of them is the plugin's fault and no sentinel: nothing that the user gave
// is wrong.
func appendRankings(all []contract.Ranking, reply *v1.RankReply, rows span) ([]contract.Ranking, error) {
	if want := rows.Hi - rows.Lo; len(reply.Rankings) != want {
		return nil, fmt.Errorf("the plugin answered %d queries with %d rankings", want, len(reply.Rankings))
	}
	for _, r := range reply.Rankings {
		all = append(all, contract.Ranking{Items: r.Items, Scores: r.Scores})
	}
	return all, nil
}
