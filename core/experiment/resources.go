package experiment

import (
	"encoding/json"
	"strings"

	"cllm4rec/core/contract"
)

// The numeric classes. Within a class, devices give the same numbers up to
// rounding; between them they do not.
const (
	classCPU  = "cpu"
	classCUDA = "cuda"
)

// numericClass is the class of device that a plugin computes on, by its parameter
// "device"; auto takes a GPU where the plugin sees one.
func numericClass(info contract.Info, params json.RawMessage) string {
	var p struct {
		Device any `json:"device"`
	}
	if json.Unmarshal(params, &p) != nil {
		return classCPU // no parameters that are an object
	}
	device, _ := p.Device.(string)
	if strings.HasPrefix(device, classCUDA) || device == "auto" && info.Can(contract.CapabilityCUDA) {
		return classCUDA
	}
	return classCPU
}

// removeResources takes out of decoded parameters what the schema calls a resource
// ("x-resource": true): how many threads, which device. They change no number.
func removeResources(pluginSchema json.RawMessage, params any) {
	var root shape
	if json.Unmarshal(pluginSchema, &root) == nil {
		root.prune(root.Defs, params)
	}
}

func (s shape) prune(defs map[string]shape, value any) {
	object, _ := value.(map[string]any)
	for name, v := range object {
		property := s.Properties[name]
		if property.Resource == true || property.followed(defs).Resource == true {
			delete(object, name)
		} else {
			property.followed(defs).prune(defs, v)
		}
	}
}
