package pluginrpc

import (
	"strings"
	"testing"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
)

func TestTooFewRankingsAreAFailureAndNotBadInput(t *testing.T) {
	for _, answers := range []int{0, 2, 4} {
		_, err := appendRankings(nil, &v1.RankReply{Rankings: make([]*v1.Ranking, answers)}, span{Lo: 5, Hi: 8})
		if err == nil || contract.IsBadInput(err) || !strings.Contains(err.Error(), "answered 3 queries with") {
			t.Errorf("%d answers: error %v", answers, err)
		}
	}
}
