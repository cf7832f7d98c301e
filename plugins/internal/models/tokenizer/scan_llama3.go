package tokenizer

import "strings"

// cl100k scans the pattern of LLaMA-3 (which is that of OpenAI's cl100k, with up to
// three digits in a word) and of Qwen2 (with one), alternative by alternative:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func cl100k(longestNumber int) scanner {
	return func(text string, i int) int {
		c, size := classAt(text, i)
		switch {
		case text[i] == '\'':
			if n := anyCaseContraction(text[i+1:]); n > 0 {
				return i + 1 + n
			}
		case c == number:
			return numberFrom(text, i, longestNumber)
		}
		if end := lettersFrom(text, i, c, size); end > 0 {
			return end
		}
		if end := symbolsFrom(text, i, c); end > 0 {
			return end
		}
		return spacesFrom(text, i)
	}
}

// anyCaseContraction is contraction in either case, where the long s is an s too.
func anyCaseContraction(text string) int {
	if strings.HasPrefix(text, "ſ") {
		return len("ſ")
	}
	if text == "" {
		return 0
	}
	return contraction(strings.ToLower(text[:min(2, len(text))]))
}

func numberFrom(text string, i, longest int) int {
	for range longest {
		if i == len(text) {
			break
		}
		c, size := classAt(text, i)
		if c != number {
			break
		}
		i += size
	}
	return i
}

// lettersFrom is [^\r\n\p{L}\p{N}]?\p{L}+, or 0.
func lettersFrom(text string, i int, c class, size int) int {
	start := i
	if c != letter {
		if text[i] == '\r' || text[i] == '\n' {
			return 0
		}
		start += size
	}
	if end, _ := runFrom(text, start, letter); end > start {
		return end
	}
	return 0
}

// symbolsFrom is [space]?[^\s\p{L}\p{N}]+[\r\n]*, or 0.
func symbolsFrom(text string, i int, c class) int {
	if text[i] == ' ' {
		i++
	} else if c != other {
		return 0
	}
	end, _ := runFrom(text, i, other)
	if end == i {
		return 0
	}
	for end < len(text) && (text[end] == '\r' || text[end] == '\n') {
		end++
	}
	return end
}

// spacesFrom is \s*[\r\n]+|\s+(?!\S)|\s+.
func spacesFrom(text string, i int) int {
	end, last := runFrom(text, i, space)
	if line := strings.LastIndexAny(text[i:end], "\r\n"); line >= 0 {
		return i + line + 1
	}
	if end == len(text) || last == i {
		return end
	}
	return last
}
