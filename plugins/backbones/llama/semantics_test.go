package main

import "testing"

func TestNumbersChangeOnlyWithTheSemantics(t *testing.T) { suite.Semantics(t, "small-b", 41, tiny) }
