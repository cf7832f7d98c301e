package main

import (
	"os/exec"
	"strings"
	"testing"

	"cllm4rec/core/blas"
)

func TestTheScriptSetsTheKernelUnlessTheUserDid(t *testing.T) {
	for _, c := range []struct{ chosen, user, want string }{
		{"SkylakeX", "", "SkylakeX"},
		{"SkylakeX", blas.Variable + "=", "SkylakeX"},
		{"SkylakeX", blas.Variable + "=Haswell", "Haswell"},
		{"", "", "unset"},
		{"", blas.Variable + "=", "unset"},
		{"", blas.Variable + "=Zen", "Zen"},
	} {
		shell := exec.Command("sh", "-eu", "-c", script(c.chosen)+`sh -c 'echo "${`+blas.Variable+`-unset}"'`)
		if shell.Env = []string{"PATH=/usr/bin:/bin"}; c.user != "" {
			shell.Env = append(shell.Env, c.user)
		}
		out, err := shell.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("chosen %q, the user has %q: got %q, %v", c.chosen, c.user, got, err)
		}
	}
}
