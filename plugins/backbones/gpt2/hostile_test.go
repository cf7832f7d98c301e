package main

import "testing"

func TestDamagedWeightsAreNeverLoadedSilently(t *testing.T) { suite.Damage(t, "small-c") }

func TestAKilledPluginLeavesNothing(t *testing.T) { suite.Killed(t, "small-b", 53) }

func TestATowerRanksTheSameBytesInAnotherProcess(t *testing.T) { suite.Reloaded(t, "small-b", 53) }

func FuzzTower(f *testing.F) { suite.FuzzTower(f, "small-c", 41) }

func TestTowersThatClaimMoreThanTheirBytesHoldAreRefused(t *testing.T) {
	suite.OverstatedTowers(t, "small-c", 41)
}

func TestAPassInSeveralCallsEndsInTheSameBytes(t *testing.T) { suite.Calls(t, "small-b", 53) }

func TestRandomWeightsComeFromTheirSeed(t *testing.T) { suite.RandomWeights(t, "small-b", 53) }
