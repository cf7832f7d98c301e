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

// memoryMark begins the text of what C++ caught as a lack of memory, by its type.
const memoryMark = "\036out of memory: "

// untyped begin what libtorch throws as a general error where a library under it, the C
// library's allocator, cuBLAS or cuDNN, has no memory.
var untyped = []string{"DefaultCPUAllocator: ", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"}

// explain cuts the C++ stack off libtorch's text and tells lack of memory from other errors.
func explain(text string) error {
	text, _, _ = strings.Cut(text, "\nException raised from")
	text, memory := strings.CutPrefix(text, memoryMark)
	text = strings.TrimSpace(text)
	for _, sign := range untyped {
		memory = memory || strings.Contains(text, sign)
	}
	if memory {
		return contract.Errorf(contract.ErrOutOfMemory, "%s", text)
	}
	return errors.New(text)
}
