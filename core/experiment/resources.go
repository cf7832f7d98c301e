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
// "device", or on the device that the run gives it in its place; auto takes a GPU
// where the plugin sees one.
func numericClass(info contract.Info, params json.RawMessage, given string) string {
	device, has := deviceOf(params)
	if has && given != "" {
		device = given
	}
	if strings.HasPrefix(device, classCUDA) || device == "auto" && info.Can(contract.CapabilityCUDA) {
		return classCUDA
	}
	return classCPU
}

// deviceOf is the parameter "device" of a plugin that has one.
func deviceOf(params json.RawMessage) (device string, has bool) {
	var p struct {
		Device *string `json:"device"`
	}
	if json.Unmarshal(params, &p) != nil || p.Device == nil {
		return "", false // no such parameter, or one that means something else
	}
	return *p.Device, true
}

// TakesDevice reports whether the plugin computes on a device that a run may choose.
func (p PluginPlan) TakesDevice() bool {
	_, has := deviceOf(p.Params)
	return has
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
