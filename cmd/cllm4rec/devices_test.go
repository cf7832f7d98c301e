package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAnEmptyListOfDevicesIsRefused(t *testing.T) {
	s := newShell(t)
	if _, stderr := s.expect(exitBadInput, "run", s.file("fakes.yaml", fakePlan), "--devices", ""); !strings.Contains(stderr, "--devices names none: expected devices such as cuda:0,cuda:1") {
		t.Errorf("got %s", stderr)
	}
}

func TestDevicesThatDoNotExistAreRefusedBeforeAnyWork(t *testing.T) {
	if visible, set := os.LookupEnv("CUDA_VISIBLE_DEVICES"); set {
		t.Setenv("CUDA_VISIBLE_DEVICES", visible) // to have it again behind this test
		if err := os.Unsetenv("CUDA_VISIBLE_DEVICES"); err != nil {
			t.Fatal(err)
		}
	}
	driver := t.TempDir()
	for _, gpu := range []string{"0000:01:00.0", "0000:02:00.0"} {
		if err := os.Mkdir(filepath.Join(driver, gpu), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	a := &app{}
	if err := a.useDevices([]string{"cuda:1", "cuda:0"}, driver); err != nil || a.device != "cuda:1" || !slices.Equal(a.devices(), []string{"cuda:1", "cuda:0"}) {
		t.Errorf("two of two: %v, %+v", err, a)
	}
	for text, want := range map[string]string{
		"cuda:2": "there is no cuda:2: this process sees 2 GPUs", "cpu": `--devices "cpu": expected cuda:N`, "cuda:0,cuda:0": "names cuda:0 twice",
	} {
		if err := a.useDevices(strings.Split(text, ","), driver); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
	for visible, want := range map[string]string{"GPU-5": "sees 1 GPU", "0,-1,1": "sees 1 GPU", "-1": "sees 0 GPUs", "": "sees 0 GPUs"} {
		t.Setenv("CUDA_VISIBLE_DEVICES", visible)
		if err := a.useDevices([]string{"cuda:1"}, driver); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", visible, err)
		}
	}
	if err := oneEach(3, []string{"cuda:0", "cuda:1"}); err == nil {
		t.Error("three trials at a time run on two devices")
	}
}
