package pluginrpc

import (
	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
)

// table maps the contract's words to the numbers that travel. A word that is not
// in the table travels as 0 and comes out as "", which the contract's own checks
// refuse; the client refuses it before, where the message can name it.
type table[W ~string, E ~int32] map[W]E

func (c table[W, E]) wire(word W) E { return c[word] }

func (c table[W, E]) word(code E) W {
	for word, other := range c {
		if other == code {
			return word
		}
	}
	var none W
	return none
}

var (
	kindCodes = table[contract.Kind, v1.Kind]{
		contract.KindDataset: v1.Kind_KIND_DATASET, contract.KindRecommender: v1.Kind_KIND_RECOMMENDER, contract.KindBackbone: v1.Kind_KIND_BACKBONE,
	}
	partCodes = table[contract.Part, v1.Part]{
		contract.PartTrain: v1.Part_PART_TRAIN, contract.PartValidation: v1.Part_PART_VALIDATION, contract.PartTest: v1.Part_PART_TEST,
	}
	textKindCodes = table[contract.TextKind, v1.TextKind]{
		contract.TextReview: v1.TextKind_TEXT_KIND_REVIEW, contract.TextBiography: v1.TextKind_TEXT_KIND_BIOGRAPHY,
		contract.TextTitle: v1.TextKind_TEXT_KIND_TITLE, contract.TextDescription: v1.TextKind_TEXT_KIND_DESCRIPTION,
		contract.TextTags: v1.TextKind_TEXT_KIND_TAGS, contract.TextCategories: v1.TextKind_TEXT_KIND_CATEGORIES,
		contract.TextBrand: v1.TextKind_TEXT_KIND_BRAND,
	}
	entityCodes = table[contract.Entity, v1.Entity]{
		contract.EntityUser: v1.Entity_ENTITY_USER, contract.EntityItem: v1.Entity_ENTITY_ITEM,
	}
	attributeCodes = table[contract.AttributeType, v1.AttributeType]{
		contract.AttributeCategory: v1.AttributeType_ATTRIBUTE_TYPE_CATEGORY, contract.AttributeNumber: v1.AttributeType_ATTRIBUTE_TYPE_NUMBER,
		contract.AttributeSet: v1.AttributeType_ATTRIBUTE_TYPE_SET, contract.AttributeText: v1.AttributeType_ATTRIBUTE_TYPE_TEXT,
	}
	confidenceCodes = table[contract.Confidence, v1.Confidence]{
		contract.ConfidenceCertain: v1.Confidence_CONFIDENCE_CERTAIN, contract.ConfidenceLikely: v1.Confidence_CONFIDENCE_LIKELY,
		contract.ConfidencePossible: v1.Confidence_CONFIDENCE_POSSIBLE,
	}
	tieCodes = table[contract.TieRule, v1.TieRule]{
		contract.TiesHashed: v1.TieRule_TIE_RULE_HASHED, contract.TiesIndex: v1.TieRule_TIE_RULE_INDEX,
	}
	modeCodes = table[contract.TrainMode, v1.TrainMode]{
		contract.TrainTokens: v1.TrainMode_TRAIN_MODE_TOKENS, contract.TrainAll: v1.TrainMode_TRAIN_MODE_ALL, contract.TrainLoRA: v1.TrainMode_TRAIN_MODE_LORA,
	}
	objectiveCodes = table[contract.Objective, v1.Objective]{
		contract.NextItem: v1.Objective_OBJECTIVE_NEXT_ITEM, contract.NextWord: v1.Objective_OBJECTIVE_NEXT_WORD,
		contract.Multinomial: v1.Objective_OBJECTIVE_MULTINOMIAL,
	}
	reductionCodes = table[contract.Reduction, v1.Reduction]{
		contract.ExampleMean: v1.Reduction_REDUCTION_EXAMPLE_MEAN, contract.TokenMean: v1.Reduction_REDUCTION_TOKEN_MEAN,
		contract.BatchSum: v1.Reduction_REDUCTION_BATCH_SUM,
	}
	scheduleCodes = table[contract.ScheduleKind, v1.ScheduleKind]{
		contract.ScheduleConstant: v1.ScheduleKind_SCHEDULE_KIND_CONSTANT, contract.ScheduleCosine: v1.ScheduleKind_SCHEDULE_KIND_COSINE,
	}
	itemStartCodes = table[contract.ItemStart, v1.ItemStart]{
		contract.ItemsOfMap: v1.ItemStart_ITEM_START_MAP, contract.ItemsOfTower: v1.ItemStart_ITEM_START_TOWER,
	}
	poolingCodes = table[contract.Pooling, v1.Pooling]{
		contract.PoolMean: v1.Pooling_POOLING_MEAN, contract.PoolLast: v1.Pooling_POOLING_LAST,
	}
)

// wireAll and wordAll map columns.
func wireAll[W ~string, E ~int32](c table[W, E], words []W) []E {
	out := make([]E, len(words))
	for i, w := range words {
		out[i] = c.wire(w)
	}
	return out
}

func wordAll[W ~string, E ~int32](c table[W, E], all []E) []W {
	out := make([]W, len(all))
	for i, e := range all {
		out[i] = c.word(e)
	}
	return out
}
