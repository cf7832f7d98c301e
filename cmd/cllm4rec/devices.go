package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
)

// gpusOfDriver has a folder for each GPU that the NVIDIA driver knows.
const gpusOfDriver = "/proc/driver/nvidia/gpus"

var deviceForm = regexp.MustCompile(`^cuda:([0-9]{1,3})$`)

// useDevices checks the devices of --devices, of one class all, before any work: those that
// CUDA_VISIBLE_DEVICES shows, else those of the driver, are there.
func (a *app) useDevices(devices []string, driver string) error {
	if len(devices) == 0 {
		return nil
	}
	there, err := visibleGPUs(driver)
	if err != nil {
		return err
	}
	for i, d := range devices {
		match := deviceForm.FindStringSubmatch(d)
		switch {
		case match == nil:
			return contract.Errorf(contract.ErrInvalid, "--devices %q: expected cuda:N with N from 0", d)
		case slices.Contains(devices[:i], d):
			return contract.Errorf(contract.ErrInvalid, "--devices names %s twice", d)
		}
		if n, err := strconv.Atoi(match[1]); err != nil || n >= there {
			return contract.Errorf(contract.ErrInvalid, "--devices: there is no %s: this process sees %s", d, counted(there, "GPU"))
		}
	}
	a.device, a.allDevices = devices[0], devices
	return nil
}

// visibleGPUs is how many GPUs programs see. CUDA shows none from a negative number on, such
// as the -1 that hides all.
func visibleGPUs(driver string) (int, error) {
	if visible, set := os.LookupEnv("CUDA_VISIBLE_DEVICES"); set {
		names := strings.FieldsFunc(visible, func(r rune) bool { return r == ',' })
		if hidden := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, "-") }); hidden >= 0 {
			names = names[:hidden]
		}
		return len(names), nil
	}
	found, err := filepath.Glob(filepath.Join(driver, "*"))
	return len(found), err
}

// devices are those of --devices, or that of --device.
func (a *app) devices() []string {
	switch {
	case len(a.allDevices) > 0:
		return a.allDevices
	case a.device != "":
		return []string{a.device}
	}
	return nil
}

// oneEach refuses more trials at a time than there are devices.
func oneEach(jobs int, devices []string) error {
	if len(devices) > 0 && jobs > len(devices) {
		return contract.Errorf(contract.ErrInvalid, "--jobs %d with %s: one trial runs on each at a time", jobs, counted(len(devices), "device"))
	}
	return nil
}
