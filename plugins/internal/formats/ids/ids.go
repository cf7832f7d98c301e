// Package ids holds the identifiers of users and items while a data set is read: each
// once, and with a warning of those that only look the same.
package ids

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"cllm4rec/core/sdk"
)

// most bounds how many identifiers are kept: beyond it further ones are made anew each
// time, and are not compared.
const most = 1 << 20

// Kept are the identifiers of one kind of entity. The zero value is not ready: New.
type Kept struct {
	file, entity string
	last         string
	most         int
	known        map[string]string
	forms        map[string]string // of identifiers beyond ASCII: the normal form -> the first that has it
	warned       bool
}

// New keeps identifiers of an entity ("user" or "item"); file is what the warning names.
func New(file, entity string) *Kept {
	return &Kept{file: file, entity: entity, most: most, known: map[string]string{}, forms: map[string]string{}}
}

// Of is the identifier as a string, of which one copy serves all its occurrences. It
// warns once where two identifiers differ in Unicode form only (é as one character and
// as e with an accent), which stay two.
func (k *Kept) Of(id []byte) string {
	if string(id) == k.last {
		return k.last
	}
	s, ok := k.known[string(id)]
	if !ok {
		s = string(id)
		if len(k.known) < k.most {
			k.known[s] = s
			k.compare(s)
		}
	}
	k.last = s
	return s
}

func (k *Kept) compare(id string) {
	if k.warned || ascii(id) {
		return
	}
	form := norm.NFC.String(id)
	other, known := k.forms[form]
	if !known {
		k.forms[form] = id
		return
	}
	k.warned = true
	log := sdk.Logger()
	log.Warn().Str("file", k.file).Msgf("the %ss %+q and %+q differ in Unicode form only, and stay two; normalise the file where they are meant to be one (there may be more of them)", k.entity, other, id)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
