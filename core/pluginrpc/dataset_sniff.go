package pluginrpc

import (
	"context"
	"encoding/json"
	"slices"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
	"cllm4rec/core/printable"
)

func (s *datasetServer) Sniff(ctx context.Context, req *v1.SniffRequest) (*v1.SniffReply, error) {
	sniffer, ok := s.impl.(contract.Sniffer)
	if !ok {
		return nil, contract.Errorf(contract.ErrUnsupported, "this dataset does not recognise files")
	}
	guesses, err := sniffer.Sniff(ctx, req.Path)
	if err != nil {
		return nil, err
	}
	reply := &v1.SniffReply{}
	for _, g := range guesses {
		if err := checkGuess(g); err != nil {
			return nil, err
		}
		reply.Guesses = append(reply.Guesses, &v1.Guess{Params: g.Params, Confidence: confidenceCodes.wire(g.Confidence), Why: g.Why})
	}
	return reply, nil
}

// checkGuess refuses what the wire cannot carry or a reader cannot use.
func checkGuess(g contract.Guess) error {
	if !slices.Contains(contract.Confidences(), g.Confidence) {
		return contract.Errorf(contract.ErrBadData, "a guess has the confidence %q, expected one of %q", g.Confidence, contract.Confidences())
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(g.Params, &object); err != nil || object == nil {
		return contract.Errorf(contract.ErrBadData, "a guess has the parameters %.60q, expected a JSON object", g.Params)
	}
	return checkUTF8([]string{g.Why})
}

// Sniff asks the plugin how it would read a path.
func (c *datasetClient) Sniff(ctx context.Context, path string) ([]contract.Guess, error) {
	reply, err := c.rpc.Sniff(ctx, &v1.SniffRequest{Path: path})
	if err != nil {
		return nil, c.diagnose.fail(ctx, err)
	}
	var guesses []contract.Guess
	for _, w := range reply.Guesses {
		g := contract.Guess{Params: w.Params, Confidence: confidenceCodes.word(w.Confidence), Why: printable.Line(w.Why)}
		if err := checkGuess(g); err != nil {
			return nil, err
		}
		guesses = append(guesses, g)
	}
	return guesses, nil
}
