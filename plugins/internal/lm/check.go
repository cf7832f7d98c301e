package lm

import (
	"fmt"
	"slices"

	"cllm4rec/core/contract"
)

// check finds the first thing in an example that the objective cannot use.
func (l layout) check(doc contract.Example) error {
	if err := l.checkLength(doc); err != nil {
		return err
	}
	for i, token := range doc.Prompt {
		if err := l.checkToken(token, i, "prompt"); err != nil {
			return err
		}
	}
	for i, token := range doc.Main {
		if err := l.checkMain(token, i); err != nil {
			return err
		}
	}
	return l.checkTargets(doc)
}

func (l layout) checkLength(doc contract.Example) error {
	if l.ranking {
		return contract.RankPrompt{Prompt: doc.Prompt, Main: doc.Main}.Check(l.model)
	}
	if err := l.model.CheckLength(len(doc.Prompt), len(doc.Main)); err != nil {
		return err
	}
	switch {
	case len(doc.Prompt) == 0 && (l.model.EncoderDecoder || l.objective == contract.Multinomial || l.predictFirst):
		return fmt.Errorf("it has no prompt from which to predict")
	case l.objective == contract.Multinomial && len(doc.Main) > 0:
		return fmt.Errorf("it has a main text of %d tokens, which the multinomial objective does not read", len(doc.Main))
	}
	return nil
}

func (l layout) checkToken(token int32, i int, part string) error {
	if total := l.words + l.users + l.items; token < 0 || int(token) >= total {
		return fmt.Errorf("token %d of the %s is %d, expected 0..%d (%d words, %d users, %d items)", i, part, token, total-1, l.words, l.users, l.items)
	}
	return nil
}

// checkMain holds main tokens to the head that predicts them.
func (l layout) checkMain(token int32, i int) error {
	if err := l.checkToken(token, i, "main text"); err != nil {
		return err
	}
	if l.ranking || l.extended {
		return nil
	}
	if item := l.words + l.users; l.objective == contract.NextItem && int(token) < item {
		return fmt.Errorf("token %d of the main text is %d, not an item (%d..%d), as next_item needs", i, token, item, item+l.items-1)
	}
	if l.objective == contract.NextWord && int(token) >= l.words {
		return fmt.Errorf("token %d of the main text is %d, not a word (0..%d), as next_word needs", i, token, l.words-1)
	}
	return nil
}

func (l layout) checkTargets(doc contract.Example) error {
	if l.objective != contract.Multinomial {
		if n := len(doc.Targets) + len(doc.Excluded) + len(doc.Offsets.Items); n > 0 {
			return fmt.Errorf("it has %d targets, excluded items and offsets, which %s does not read", n, l.objective)
		}
		return nil
	}
	if err := l.checkOffsets(doc.Offsets); err != nil {
		return err
	}
	for _, j := range doc.Excluded {
		if j < 0 || int(j) >= l.items || slices.Contains(doc.Targets, j) {
			return fmt.Errorf("excluded item %d is a target or not an item index (0..%d)", j, l.items-1)
		}
	}
	sorted := slices.Sorted(slices.Values(doc.Targets))
	for i, j := range sorted {
		if j < 0 || int(j) >= l.items {
			return fmt.Errorf("target %d is not an item index (0..%d)", j, l.items-1)
		}
		if i > 0 && sorted[i-1] == j {
			return fmt.Errorf("target %d stands twice", j)
		}
	}
	return nil
}

// checkOffsets refuses offsets that are not one finite number for an item.
func (l layout) checkOffsets(o contract.Offsets) error {
	if len(o.Items) != len(o.Values) {
		return fmt.Errorf("it has offsets of %d items and %d values", len(o.Items), len(o.Values))
	}
	seen := make(map[int32]bool, len(o.Items))
	for i, j := range o.Items {
		if j < 0 || int(j) >= l.items || seen[j] {
			return fmt.Errorf("the offset of item %d stands twice or is of no item index (0..%d)", j, l.items-1)
		}
		seen[j] = true
		if v := o.Values[i]; v-v != 0 {
			return fmt.Errorf("the offset of item %d is %v", j, v)
		}
	}
	if o.Else-o.Else != 0 {
		return fmt.Errorf("the offset of all other items is %v", o.Else)
	}
	return nil
}
