package tokenizer

import (
	"unicode/utf8"

	"cllm4rec/core/contract"
)

// mergeable refuses a list of merges that is cut short: each token of a BPE
// vocabulary but its letters and the added ones is what some merge makes, and
// without that merge text is cut into letters that the model has hardly seen.
// Published vocabularies have a few tokens that nothing makes, so one in a
// hundred is let pass; one in two where words are looked up whole before any merge
// (ignore_merges), whose vocabularies were not made of merges.
func (s *source) mergeable(*Tokenizer) error {
	if s.kind == unigram || s.derived {
		return nil
	}
	made := make(map[string]bool, len(s.merges)+len(s.added))
	for _, m := range s.merges {
		made[m.left+m.right] = true
	}
	for _, a := range s.added {
		made[a.Text] = true
	}
	lost, example := 0, ""
	for token := range s.vocab {
		if made[token] || s.letter(token) {
			continue
		}
		lost++
		if example == "" || token < example {
			example = token
		}
	}
	allowed := len(s.vocab) / 100
	if s.ignoreMerges && len(s.merges) > 0 {
		allowed = len(s.vocab) / 2
	}
	if lost <= allowed {
		return nil
	}
	return contract.Errorf(contract.ErrBadData, "%s: %d of the %d tokens of %s can be made by no merge, %q among them; it has %d merges: it is empty, cut short or of another vocabulary",
		s.mergesFile, lost, len(s.vocab), s.vocabFile, example, len(s.merges))
}

// letter reports whether a token is one that merges begin with, or the unknown one.
func (s *source) letter(token string) bool {
	_, isByte := fallbackByte(token)
	return utf8.RuneCountInString(token) <= 1 || s.byteFallback && isByte || token == s.unknown
}
