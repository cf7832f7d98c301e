// Package ids makes strings of the identifiers of users and items while a data set is
// read, and warns of those that only look the same.
package ids

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"cllm4rec/core/sdk"
)

// most bounds how many identifiers beyond ASCII are compared.
const most = 1 << 20

// Reader makes the identifiers of one kind of entity in one file.
type Reader struct {
	file, entity string
	last         string
	forms        map[string]string // of identifiers beyond ASCII: the normal form -> the first that has it
	warned       bool
}

// New makes the reader of identifiers of an entity ("user" or "item"); file is what the
// warning names.
func New(file, entity string) *Reader {
	return &Reader{file: file, entity: entity, forms: map[string]string{}}
}

// Of is the identifier as a string; the one of the call before is the same string, as
// files are often sorted by user. It warns once where two identifiers differ in Unicode
// form only (é as one character, and as e with an accent), which stay two.
func (r *Reader) Of(id []byte) string {
	if string(id) == r.last {
		return r.last
	}
	r.last = string(id)
	if !r.warned && !ascii(id) {
		r.compare(r.last)
	}
	return r.last
}

func (r *Reader) compare(id string) {
	form := norm.NFC.String(id)
	other, known := r.forms[form]
	switch {
	case !known && len(r.forms) < most:
		r.forms[form] = id
		return
	case !known || other == id:
		return
	}
	r.warned, r.forms = true, nil
	log := sdk.Logger()
	log.Warn().Str("file", r.file).Msgf("the %ss %+q and %+q differ in Unicode form only, and stay two; normalise the file where they are meant to be one (there may be more of them)", r.entity, other, id)
}

func ascii(id []byte) bool {
	for _, b := range id {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
