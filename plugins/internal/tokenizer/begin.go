package tokenizer

// Begin is the token that this tokenizer itself puts before a text (LLaMA's
// "<s>"), if it does. Encode never adds it.
func (t *Tokenizer) Begin() (id int32, ok bool) { return t.begin, t.begin >= 0 }
