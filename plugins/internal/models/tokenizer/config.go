package tokenizer

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
)

// config is the part of tokenizer_config.json that decides about ids.
type config struct {
	path        string
	Class       string                `json:"tokenizer_class"`
	PrefixSpace *bool                 `json:"add_prefix_space"`
	AddBegin    *bool                 `json:"add_bos_token"`
	Legacy      *bool                 `json:"legacy"`
	ExtraIDs    *int                  `json:"extra_ids"`
	Added       map[string]addedToken `json:"added_tokens_decoder"`
	specialTokens
}

// specialTokens are named in tokenizer_config.json or in special_tokens_map.json.
type specialTokens struct {
	Begin      tokenName   `json:"bos_token"`
	End        tokenName   `json:"eos_token"`
	Unknown    tokenName   `json:"unk_token"`
	Separator  tokenName   `json:"sep_token"`
	Pad        tokenName   `json:"pad_token"`
	ClassToken tokenName   `json:"cls_token"`
	Mask       tokenName   `json:"mask_token"`
	Additional []tokenName `json:"additional_special_tokens"`
}

// tokenName is a token given by its text or as an object.
type tokenName struct{ addedToken }

// UnmarshalJSON reads "text" and {"content": "text", ...}.
func (n *tokenName) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), "{") {
		return json.Unmarshal(text, &n.addedToken)
	}
	return json.Unmarshal(text, &n.Text)
}

// readConfig reads the folder's tokenizer_config.json, and special_tokens_map.json
// where that is older and does not list the added tokens; without them it is empty.
func readConfig(dir string) (*config, error) {
	c := &config{path: filepath.Join(dir, ConfigName)}
	if exists(c.path) {
		if err := decodeFile(c.path, c); err != nil {
			return nil, err
		}
	}
	if path := filepath.Join(dir, SpecialName); c.Added == nil && exists(path) {
		if err := decodeFile(path, &c.specialTokens); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *config) is(class string) bool { return c.Class == class || c.Class == class+"Fast" }

func (c *config) isLlama() bool { return c.is("LlamaTokenizer") || c.is("CodeLlamaTokenizer") }

func (c *config) isT5() bool { return c.is("T5Tokenizer") }

func set(value *bool, otherwise bool) bool {
	if value == nil {
		return otherwise
	}
	return *value
}

// defaults names the special tokens that a class has where the files name none.
func (c *config) defaults(begin, end, unknown, pad string) {
	for _, d := range []struct {
		name *tokenName
		text string
	}{{&c.Begin, begin}, {&c.End, end}, {&c.Unknown, unknown}, {&c.Pad, pad}} {
		if d.name.Text == "" {
			d.name.Text = d.text
		}
	}
}

// named lists the special tokens in the order in which transformers adds them.
func (s *specialTokens) named() []tokenName {
	all := append([]tokenName{s.Begin, s.End, s.Unknown, s.Separator, s.Pad, s.ClassToken, s.Mask}, s.Additional...)
	return slices.DeleteFunc(all, func(n tokenName) bool { return n.Text == "" })
}

// addTokens gives a source the added tokens of the configuration, and its special
// tokens, which get new ids where they are not in the vocabulary.
func (c *config) addTokens(s *source) error {
	for _, key := range slices.Sorted(maps.Keys(c.Added)) {
		id, err := strconv.Atoi(key)
		if err != nil || id < 0 || id >= maxID {
			return contract.Errorf(contract.ErrBadData, "%s: added_tokens_decoder: %q is not a token id", c.path, key)
		}
		token := c.Added[key]
		token.ID = int32(id)
		s.added = slices.DeleteFunc(s.added, func(a addedToken) bool { return a.Text == token.Text && a.ID == token.ID })
		s.added = append(s.added, token)
	}
	for _, name := range c.named() {
		s.addSpecial(name.addedToken)
	}
	return nil
}

// addSpecial adds a token unless there is an added token of its text.
func (s *source) addSpecial(token addedToken) {
	if slices.ContainsFunc(s.added, func(a addedToken) bool { return a.Text == token.Text }) {
		return
	}
	token.Special = true
	token.ID = s.nextID()
	if id, ok := s.vocab[token.Text]; ok {
		token.ID = id
	}
	for id, piece := range s.pieces {
		if piece.Text == token.Text {
			token.ID = int32(id)
		}
	}
	s.added = append(s.added, token)
}

// nextID is the id of the next new token.
func (s *source) nextID() int32 {
	next := int32(max(len(s.vocab), len(s.pieces)))
	for _, a := range s.added {
		next = max(next, a.ID+1)
	}
	return next
}
