package prepared

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"

	"cllm4rec/core/data"
)

// Form names the form of a file and what a split holds: a new field of a split or
// of its audit is another form. It belongs into keys, so that a file that lacks the
// field is not taken for one in which it is zero.
func Form() string {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "form %d\n", version) // a hash never fails
	describe(sum, reflect.TypeFor[data.Split](), map[reflect.Type]bool{})
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// describe writes the names and types of all fields that a type reaches.
func describe(w io.Writer, t reflect.Type, seen map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		describe(w, t.Elem(), seen)
	case reflect.Struct:
		if seen[t] {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			f := t.Field(i)
			_, _ = fmt.Fprintln(w, t, f.Name, f.Type, f.Tag)
			describe(w, f.Type, seen)
		}
	}
}
