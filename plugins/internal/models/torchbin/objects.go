package torchbin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cllm4rec/plugins/internal/formats/pickle"
	"cllm4rec/plugins/internal/models/safetensors"
)

// storageTypes are the storage classes that a pickle may name, by the type of
// their elements.
var storageTypes = map[string]safetensors.DType{
	"DoubleStorage": safetensors.F64, "FloatStorage": safetensors.F32, "HalfStorage": safetensors.F16, "BFloat16Storage": safetensors.BF16,
	"LongStorage": safetensors.I64, "IntStorage": safetensors.I32, "ShortStorage": safetensors.I16, "CharStorage": safetensors.I8,
	"ByteStorage": safetensors.U8, "BoolStorage": safetensors.Bool,
}

// function is what this package does in place of a function of Python.
type function struct {
	name string
	call func(pickle.Tuple) (any, error)
}

// functions are those that a pickle may call.
var functions = map[string]function{
	"collections.OrderedDict":         {"collections.OrderedDict", orderedDict},
	"torch._utils._rebuild_tensor":    {"torch._utils._rebuild_tensor", rebuildTensor},
	"torch._utils._rebuild_tensor_v2": {"torch._utils._rebuild_tensor_v2", rebuildTensorV2},
	"torch._utils._rebuild_parameter": {"torch._utils._rebuild_parameter", rebuildParameter},
}

// objects stands in for PyTorch while its pickle is read.
type objects struct {
	// storage finds or makes a storage by its key; id is the whole persistent
	// id. nil where a pickle has none.
	storage func(dtype safetensors.DType, key string, count int64, id pickle.Tuple) (*storage, error)
	tensors []*tensor // every tensor that was made
}

// Global implements pickle.Objects.
func (o *objects) Global(module, name string) (any, error) {
	full := module + "." + name
	if f, ok := functions[full]; ok {
		return f, nil
	}
	if d, ok := storageTypes[name]; ok && module == "torch" {
		return d, nil
	}
	return nil, unsupported("the pickle names %s, which is not followed: known are %s and torch's %s", full,
		strings.Join(slices.Sorted(maps.Keys(functions)), ", "), strings.Join(slices.Sorted(maps.Keys(storageTypes)), ", "))
}

// Call implements pickle.Objects.
func (o *objects) Call(f any, arguments pickle.Tuple) (any, error) {
	known, ok := f.(function)
	if !ok {
		return nil, unsupported("the pickle calls %s", kind(f))
	}
	value, err := known.call(arguments)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", known.name, err)
	}
	if t, ok := value.(*tensor); ok {
		o.tensors = append(o.tensors, t)
	}
	return value, nil
}

// Persistent implements pickle.Objects: ("storage", type, key, device, elements, ...).
func (o *objects) Persistent(id any) (any, error) {
	fields, ok := id.(pickle.Tuple)
	if !ok || len(fields) < 5 || fields[0] != "storage" || o.storage == nil {
		return nil, fmt.Errorf("a storage, and nothing else, may lie outside the pickle of an object")
	}
	dtype, ok := fields[1].(safetensors.DType)
	key, hasKey := fields[2].(string)
	count, hasCount := fields[4].(int64)
	if !ok || !hasKey || !hasCount || count < 0 {
		return nil, fmt.Errorf("the persistent id of a storage wants a type, a key and a number of elements")
	}
	return o.storage(dtype, key, count, fields)
}

// orderedDict makes a dictionary from nothing or from a list of pairs (Python 2).
func orderedDict(arguments pickle.Tuple) (any, error) {
	d := pickle.NewDict()
	if len(arguments) == 0 {
		return d, nil
	}
	pairs, ok := arguments[0].(*pickle.List)
	if !ok || len(arguments) != 1 {
		return nil, fmt.Errorf("wants no argument or a list of pairs")
	}
	for _, item := range pairs.Items {
		pair, ok := item.(*pickle.List)
		if !ok || len(pair.Items) != 2 || !d.Set(pair.Items[0], pair.Items[1]) {
			return nil, fmt.Errorf("wants pairs of key and value")
		}
	}
	return d, nil
}

// rebuildTensor makes a tensor from (storage, offset, size, stride).
func rebuildTensor(arguments pickle.Tuple) (any, error) {
	if len(arguments) != 4 {
		return nil, fmt.Errorf("%d arguments, expected 4", len(arguments))
	}
	s, ok := arguments[0].(*storage)
	offset, isInt := arguments[1].(int64)
	if !ok || !isInt {
		return nil, fmt.Errorf("wants a storage and an offset, found %s and %s", kind(arguments[0]), kind(arguments[1]))
	}
	shape, err := integers(arguments[2])
	if err != nil {
		return nil, err
	}
	stride, err := integers(arguments[3])
	if err != nil {
		return nil, err
	}
	return newTensor(s, offset, shape, stride)
}

// rebuildTensorV2 adds requires_grad, hooks and, in newer files, metadata.
func rebuildTensorV2(arguments pickle.Tuple) (any, error) {
	if len(arguments) != 6 && len(arguments) != 7 {
		return nil, fmt.Errorf("%d arguments, expected 6 or 7", len(arguments))
	}
	if len(arguments) == 7 {
		metadata, ok := arguments[6].(*pickle.Dict)
		if arguments[6] != nil && (!ok || len(metadata.Keys) > 0) {
			return nil, unsupported("a tensor with metadata (conjugate or negative bit) is not followed")
		}
	}
	return rebuildTensor(arguments[:4])
}

// rebuildParameter is its tensor: (tensor, requires_grad, hooks).
func rebuildParameter(arguments pickle.Tuple) (any, error) {
	if len(arguments) != 3 {
		return nil, fmt.Errorf("%d arguments, expected 3", len(arguments))
	}
	t, ok := arguments[0].(*tensor)
	if !ok {
		return nil, fmt.Errorf("wants a tensor, found %s", kind(arguments[0]))
	}
	return t, nil
}

func integers(value any) ([]int, error) {
	items, ok := value.(pickle.Tuple)
	if !ok {
		return nil, fmt.Errorf("wants a tuple of integers, found %s", kind(value))
	}
	out := make([]int, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok {
			return nil, fmt.Errorf("wants integers, found %s", kind(item))
		}
		out[i] = int(n)
	}
	return out, nil
}
