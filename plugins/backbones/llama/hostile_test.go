package main

import "testing"

func TestDamagedWeightsAreNeverLoadedSilently(t *testing.T) { suite.Damage(t, "small-b") }

func TestAKilledPluginLeavesNothing(t *testing.T) { suite.Killed(t, "small-b", 41) }
