package main

import "testing"

func TestDamagedWeightsAreNeverLoadedSilently(t *testing.T) { suite.Damage(t, "bfloat16") }

func TestAKilledPluginLeavesNothing(t *testing.T) { suite.Killed(t, "parallel", 31) }
