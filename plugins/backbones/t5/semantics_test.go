package main

import "testing"

func TestNumbersChangeOnlyWithTheSemantics(t *testing.T) { suite.Semantics(t, "small-a", 53, tiny) }
