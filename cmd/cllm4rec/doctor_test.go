package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestDoctorListsAFullFolderInPart(t *testing.T) {
	s := newShell(t)
	for i := range 50 {
		s.file(fmt.Sprintf("set-%02d", i), "")
	}
	_, stdout, _ := s.do("doctor", "--data", s.dir)
	if !strings.Contains(stdout, "set-09, and 40 more") || strings.Contains(stdout, "set-10") {
		t.Errorf("got\n%s", stdout)
	}
}
