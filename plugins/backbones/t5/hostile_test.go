package main

import "testing"

func TestDamagedWeightsAreNeverLoadedSilently(t *testing.T) { suite.Damage(t, "small-a") }

func TestAKilledPluginLeavesNothing(t *testing.T) { suite.Killed(t, "small-a", 53) }

func TestLayersThatTheWeightsCannotHoldAreRefused(t *testing.T) {
	suite.Overstated(t, "small-a", "num_layers", "num_decoder_layers")
}

func TestATowerRanksTheSameBytesInAnotherProcess(t *testing.T) { suite.Reloaded(t, "small-a", 53) }

func TestAPassInSeveralCallsEndsInTheSameBytes(t *testing.T) { suite.Calls(t, "small-a", 53) }

func TestRandomWeightsComeFromTheirSeed(t *testing.T) { suite.RandomWeights(t, "small-a", 53) }
