package prompt

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"cllm4rec/core/contract"
)

// Wording names a shipped set of templates.
type Wording string

// The wordings.
const (
	// Paper is the wording of the paper's section 3.
	Paper Wording = "paper"
	// Code is the wording of the released code and of the texts released with
	// it ("The title of item_0 is:"); it has no biographies: those are the paper's.
	Code Wording = "code"
)

// Wordings lists every wording.
func Wordings() []Wording { return []Wording{Paper, Code} }

// MaskText is the word that stands for a masked item in the paper's prompts.
const MaskText = "[mask]"

// shipped are the texts of a wording.
func shipped(w Wording) (map[Name]string, error) {
	texts := map[Name]string{
		Name(contract.TextBiography): "The biography of {user} is:",
	}
	switch w {
	case Paper:
		texts[Collaborative] = "{user} has interacted with"
		texts[Name(contract.TextReview)] = "{user} writes the review for {item}:"
		for _, kind := range contents() {
			texts[Name(kind)] = "The content of {item} is:"
		}
		texts[Finetuning] = "{user} has interacted with {items} the user will interact with:"
	case Code:
		texts[Collaborative] = "{user} has interacted with"
		texts[Name(contract.TextReview)] = "{user} wrote the following review for {item}:"
		for _, kind := range contents() {
			texts[Name(kind)] = fmt.Sprintf("The %s of {item} %s:", kind, verb(kind))
		}
		texts[Finetuning] = "{user} has interacted with {items}, {user} will interact with"
	default:
		return nil, contract.Errorf(contract.ErrInvalid, "unknown wording %q: expected one of %v", w, Wordings())
	}
	return texts, nil
}

// contents are the kinds of text about an item alone.
func contents() []contract.TextKind {
	return []contract.TextKind{contract.TextTitle, contract.TextDescription, contract.TextTags, contract.TextCategories, contract.TextBrand}
}

func verb(kind contract.TextKind) string {
	if kind == contract.TextTags || kind == contract.TextCategories {
		return "are"
	}
	return "is"
}

// Set holds one template of every name and the word for a masked item.
type Set struct {
	templates map[Name]Template
	mask      string
}

// NewSet is a wording with some of its templates replaced. An empty mask means
// MaskText. The error is an ErrInvalid that lists every template at fault.
func NewSet(w Wording, custom map[Name]string, mask string) (*Set, error) {
	texts, err := shipped(w)
	if err != nil {
		return nil, err
	}
	maps.Copy(texts, custom)
	set := &Set{templates: make(map[Name]Template, len(texts)), mask: mask}
	if mask == "" {
		set.mask = MaskText
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		t, err := Parse(name, texts[name])
		problems = append(problems, err)
		set.templates[name] = t
	}
	return set, errors.Join(problems...)
}

// Texts are the templates as they were written, for the record.
func (s *Set) Texts() map[Name]string {
	texts := make(map[Name]string, len(s.templates))
	for name, t := range s.templates {
		texts[name] = t.text
	}
	return texts
}

// Mask is the word for a masked item.
func (s *Set) Mask() string { return s.mask }
