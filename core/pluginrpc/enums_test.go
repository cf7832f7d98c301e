package pluginrpc

import (
	"testing"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// every word of the contract has a code of its own, and every code a word.
func checkTable[W ~string, E ~int32](t *testing.T, codes table[W, E], words []W, enum protoreflect.EnumDescriptor) {
	t.Helper()
	if len(codes) != len(words) || enum.Values().Len() != len(words)+1 {
		t.Errorf("%s has %d values beside the unspecified one, the table %d, the contract %d", enum.Name(), enum.Values().Len()-1, len(codes), len(words))
	}
	for _, w := range words {
		if codes.wire(w) == 0 || codes.word(codes.wire(w)) != w {
			t.Errorf("%s: %q travels as %d and arrives as %q", enum.Name(), w, codes.wire(w), codes.word(codes.wire(w)))
		}
	}
	if codes.word(0) != "" || codes.wire("zz") != 0 {
		t.Errorf("%s: an unknown word or code is not refused", enum.Name())
	}
}

func TestEveryWordHasACode(t *testing.T) {
	checkTable(t, kindCodes, contract.Kinds(), v1.Kind(0).Descriptor())
	checkTable(t, partCodes, []contract.Part{contract.PartTrain, contract.PartValidation, contract.PartTest}, v1.Part(0).Descriptor())
	checkTable(t, textKindCodes, contract.TextKinds(), v1.TextKind(0).Descriptor())
	checkTable(t, entityCodes, contract.Entities(), v1.Entity(0).Descriptor())
	checkTable(t, attributeCodes, contract.AttributeTypes(), v1.AttributeType(0).Descriptor())
	checkTable(t, confidenceCodes, contract.Confidences(), v1.Confidence(0).Descriptor())
	checkTable(t, tieCodes, []contract.TieRule{contract.TiesHashed, contract.TiesIndex}, v1.TieRule(0).Descriptor())
	checkTable(t, modeCodes, contract.TrainModes(), v1.TrainMode(0).Descriptor())
	checkTable(t, objectiveCodes, contract.Objectives(), v1.Objective(0).Descriptor())
	checkTable(t, itemStartCodes, []contract.ItemStart{contract.ItemsOfMap, contract.ItemsOfTower}, v1.ItemStart(0).Descriptor())
	checkTable(t, reductionCodes, []contract.Reduction{contract.ExampleMean, contract.TokenMean, contract.BatchSum}, v1.Reduction(0).Descriptor())
	checkTable(t, scheduleCodes, []contract.ScheduleKind{contract.ScheduleConstant, contract.ScheduleCosine}, v1.ScheduleKind(0).Descriptor())
	checkTable(t, poolingCodes, contract.Poolings(), v1.Pooling(0).Descriptor())
}
