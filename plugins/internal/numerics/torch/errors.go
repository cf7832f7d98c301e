package torch

// #include <stdlib.h>
// #include "glue.h"
import "C"

import (
	"errors"
	"strings"
	"unsafe"

	"cllm4rec/core/contract"

	"github.com/sugarme/gotch/libtch"
)

// failure takes over the text of a glue call; nil means success.
func failure(text C.glue_error) error {
	if text == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(text))
	return explain(C.GoString(text))
}

// generated is the error of the last libtch call on this thread, or nil.
func generated() error {
	text := unsafe.Pointer(libtch.GetAndResetLastErr())
	if text == nil {
		return nil
	}
	defer C.free(text)
	return explain(C.GoString((*C.char)(text)))
}

// explain cuts the C++ stack off libtorch's text and finds lack of memory in it.
func explain(text string) error {
	text, _, _ = strings.Cut(text, "\nException raised from")
	text = strings.TrimSpace(text)
	for _, sign := range []string{"out of memory", "can't allocate memory", "bad_alloc", "not enough memory", "ALLOC_FAILED"} {
		if strings.Contains(text, sign) {
			return contract.Errorf(contract.ErrOutOfMemory, "%s", text)
		}
	}
	return errors.New(text)
}
