package tokenizer

import "encoding/json"

// readBegin finds the token that the post-processor puts before a text.
func (f *jsonFile) readBegin(s *source) error {
	return f.postProcessor(s, "post_processor", f.PostProcessor)
}

func (f *jsonFile) postProcessor(s *source, key string, part json.RawMessage) error {
	kind, err := f.typeOf(key, part)
	if err != nil {
		return err
	}
	switch kind {
	case "", "ByteLevel":
		return nil
	case "Sequence":
		var all struct {
			Parts []json.RawMessage `json:"processors"`
		}
		if err := json.Unmarshal(part, &all); err != nil {
			return f.bad(key, "%v", err)
		}
		for _, p := range all.Parts {
			if err := f.postProcessor(s, key+".processors", p); err != nil {
				return err
			}
		}
		return nil
	case "TemplateProcessing":
		return f.template(s, key, part)
	}
	return f.unsupported(key, "is %s, known are TemplateProcessing, ByteLevel and Sequence", kind)
}

// template reads what stands before the text in a template of one text.
func (f *jsonFile) template(s *source, key string, part json.RawMessage) error {
	var t struct {
		Single []struct {
			Token *struct {
				ID string `json:"id"`
			} `json:"SpecialToken"`
		} `json:"single"`
		Tokens map[string]struct {
			Tokens []string `json:"tokens"`
		} `json:"special_tokens"`
	}
	if err := json.Unmarshal(part, &t); err != nil {
		return f.bad(key, "%v", err)
	}
	for _, entry := range t.Single {
		if entry.Token == nil {
			return nil
		}
		tokens := t.Tokens[entry.Token.ID].Tokens
		if len(tokens) != 1 || s.begin != "" {
			return f.unsupported(key, "puts more than one token before a text")
		}
		s.begin = tokens[0]
	}
	return nil
}
