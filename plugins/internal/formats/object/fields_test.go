package object

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestFieldsAreReadUpToTheFirstError(t *testing.T) {
	f := Fields{Object: mustParse(t, asJSON)}
	text, texts, number, whole := f.Text("text"), f.Texts("texts"), f.Float("number"), Read(&f, func(o *Object) (*int64, error) { return o.Whole("whole") })
	if f.Err != nil || text != `a "b" é` || !slices.Equal(texts, []string{"x", "y"}) || *number != -2.5 || *whole != 12 {
		t.Errorf("%q, %q, %v, %v, %v", text, texts, number, whole, f.Err)
	}
	if f.Text("whole"); !errors.Is(f.Err, contract.ErrBadData) || !strings.Contains(f.Err.Error(), "the field whole is") {
		t.Errorf("error %v", f.Err)
	}
	first := f.Err
	if f.Text("text") != "" || f.Texts("texts") != nil || f.Float("text") != nil || Read(&f, func(o *Object) (*bool, error) { return o.Bool("yes") }) != nil || f.Err != first {
		t.Errorf("fields after an error, %v", f.Err)
	}
}
