package main

import "testing"

func TestDamagedWeightsAreNeverLoadedSilently(t *testing.T) { suite.Damage(t, "small-b") }

func TestAKilledPluginLeavesNothing(t *testing.T) { suite.Killed(t, "small-b", 41) }

func TestLayersThatTheWeightsCannotHoldAreRefused(t *testing.T) {
	suite.Overstated(t, "small-b", "num_hidden_layers")
}

func TestATowerRanksTheSameBytesInAnotherProcess(t *testing.T) { suite.Reloaded(t, "small-b", 41) }

func TestAPassInSeveralCallsEndsInTheSameBytes(t *testing.T) { suite.Calls(t, "small-b", 41) }

func TestRandomWeightsComeFromTheirSeed(t *testing.T) { suite.RandomWeights(t, "small-b", 41) }
