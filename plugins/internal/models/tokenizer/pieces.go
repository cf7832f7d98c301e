package tokenizer

import (
	"strings"

	"cllm4rec/plugins/internal/models/sentencepiece"
)

// The models over characters.
type (
	rankedPieces  struct{ *sentencepiece.BPEEncoder }
	unigramPieces struct{ *sentencepiece.UnigramEncoder }
)

func (m rankedPieces) appendWord(dst []int32, word string) []int32  { return m.Append(dst, word) }
func (m unigramPieces) appendWord(dst []int32, word string) []int32 { return m.Append(dst, word) }

// sign is how SentencePiece spells a space.
const sign = "▁"

// cutsBeforeSign says that no merge joins another character with a sign after it, so
// that a text may be cut before every run of signs. The sign must be a piece, or
// unknown characters on both sides of it could become one.
func cutsBeforeSign(vocab map[string]int32, merges []mergeLine) bool {
	if _, ok := vocab[sign]; !ok {
		return false
	}
	for _, m := range merges {
		joined := m.left + m.right
		if strings.Contains(strings.TrimLeft(joined, sign), sign) {
			return false
		}
	}
	return true
}
