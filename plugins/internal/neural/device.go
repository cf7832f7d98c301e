package neural

import (
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// deviceOf resolves the device of the resources: "" and auto take the first CUDA
// device where there is one. ErrUnsupported names one that this build or machine
// does not have.
func deviceOf(name string) (torch.Device, error) {
	seen := torch.CUDADevices()
	switch {
	case name == "cpu", seen == 0 && (name == "" || name == "auto"):
		return torch.CPU, nil
	case name == "", name == "auto", name == "cuda":
		name = "cuda:0"
	}
	number, cuda := strings.CutPrefix(name, "cuda:")
	index, err := strconv.Atoi(number)
	if !cuda || err != nil || index < 0 {
		return 0, contract.Errorf(contract.ErrInvalid, "device is %q; known are auto, cpu, cuda and cuda:i", name)
	}
	if index >= seen {
		return 0, contract.Errorf(contract.ErrUnsupported, "device %q cannot be had: libtorch %s sees %d CUDA devices here; use cpu", name, torch.Version(), seen)
	}
	return torch.Device(index), nil
}
