package main

import "testing"

func TestDamagedWeightsAreNeverLoadedSilently(t *testing.T) { suite.Damage(t, "bfloat16") }

func TestAKilledPluginLeavesNothing(t *testing.T) { suite.Killed(t, "parallel", 31) }

func TestLayersThatTheWeightsCannotHoldAreRefused(t *testing.T) {
	suite.Overstated(t, "sequential", "num_hidden_layers")
}

func TestATowerRanksTheSameBytesInAnotherProcess(t *testing.T) { suite.Reloaded(t, "parallel", 31) }

func TestAPassInSeveralCallsEndsInTheSameBytes(t *testing.T) { suite.Calls(t, "parallel", 31) }

func TestRandomWeightsComeFromTheirSeed(t *testing.T) { suite.RandomWeights(t, "parallel", 31) }
