package prompt

import "cllm4rec/core/contract"

// Windows cuts a text, as word ids, into examples in which every word but the first is
// predicted exactly once: by what stands before it in its window. A decoder-only model
// reads windows that follow one another with one word in common. An encoder-decoder
// reads a window in its decoder and, in its encoder, as many words of what comes before.
// length is contract.ModelInfo.MaxLength, at least 2.
func Windows(words []int32, length int, encoderDecoder bool) []contract.Example {
	before := 1
	if encoderDecoder {
		before = length
	}
	var all []contract.Example
	for at := 1; at < len(words); at += length - 1 {
		all = append(all, contract.Example{Prompt: words[max(0, at-before):at], Main: words[at:min(at+length-1, len(words))]})
	}
	return all
}
