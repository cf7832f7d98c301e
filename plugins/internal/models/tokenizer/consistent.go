package tokenizer

import "cllm4rec/core/contract"

// fuse puts WhitespaceSplit and Metaspace together where they end the list (T5's).
func (s *source) fuse() {
	n := len(s.cutters)
	if n < 2 {
		return
	}
	_, splits := s.cutters[n-2].(whitespaceSplit)
	if m, signs := s.cutters[n-1].(metaspace); splits && signs && m.prepend == always && m.split {
		s.cutters = append(s.cutters[:n-2:n-2], signedWords{m})
	}
}

// consistent finds out whether a space is put before a text, and refuses what
// would need the reference's book-keeping of where each character came from.
func (s *source) consistent() error {
	for _, n := range s.normalizers {
		if p, is := n.(prepend); is && p == sign {
			s.prefix = true
		}
	}
	for _, c := range s.cutters {
		m, is := c.(metaspace)
		if w, both := c.(signedWords); both {
			m, is = w.metaspace, true
		}
		if is && m.prepend != never {
			s.prefix = true
		}
		if is && m.prepend == onlyFirst && s.dropsBeginnings() {
			return contract.Errorf(contract.ErrUnsupported, "%s: pre_tokenizer: prepend_scheme \"first\" is not supported with a normalizer that takes away the beginning of a text", s.vocabFile)
		}
	}
	return nil
}

func (s *source) dropsBeginnings() bool {
	for _, n := range s.normalizers {
		switch n := n.(type) {
		case strip:
			if n.left {
				return true
			}
		case replace:
			if n.with == "" {
				return true
			}
		}
	}
	return false
}
