package lm

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
)

// mentions are the soft tokens that a tower's training steps have had before
// them: in a prompt, in a main text or as a target. Of the others a tower knows
// nothing but its random start (contract.Prior.MentionedOnly).
type mentions struct{ users, items []bool }

func newMentions(users, items int) mentions {
	return mentions{make([]bool, users), make([]bool, items)}
}

func (m mentions) of(z soft) *bool {
	if z.item {
		return &m.items[z.row]
	}
	return &m.users[z.row]
}

// mention notes the soft tokens of a step that was taken.
func (t *tower) mention(w *work, o contract.Objective) {
	for _, b := range w.parts {
		for _, z := range b.soft {
			*t.mentioned.of(z) = true
		}
		if o == contract.Multinomial { // whose targets are in no prompt
			for _, j := range b.targets {
				t.mentioned.items[j] = true
			}
		}
	}
}

// clearUnmentioned sets to zero how often the tokens occur that the tower has
// never been trained on.
func (t *tower) clearUnmentioned(tokens []soft, occurrences []float32) {
	for i, z := range tokens {
		if !*t.mentioned.of(z) {
			occurrences[i] = 0
		}
	}
}

// The names of the mentions of a table in a tower's file.
const (
	mentionedUsers = "mentioned.user"
	mentionedItems = "mentioned.item"
)

// tensors are the mentions as they are stored: one byte for each row, 1 or 0.
func (m mentions) tensors() []safetensors.Tensor {
	return []safetensors.Tensor{mask(mentionedUsers, m.users), mask(mentionedItems, m.items)}
}

func mask(name string, rows []bool) safetensors.Tensor {
	all := make([]byte, len(rows))
	for i, yes := range rows {
		if yes {
			all[i] = 1
		}
	}
	return safetensors.Tensor{Name: name, DType: safetensors.U8, Shape: []int{len(rows)}, Bytes: all}
}

// restore reads mentions from a tower's file.
func (m mentions) restore(file *safetensors.File) error {
	if err := unmask(file, mentionedUsers, m.users); err != nil {
		return err
	}
	return unmask(file, mentionedItems, m.items)
}

func unmask(file *safetensors.File, name string, rows []bool) error {
	view, err := file.Tensor(name)
	if err != nil {
		return err
	}
	if err := view.Expect(len(rows)); err != nil {
		return err
	}
	if view.DType != safetensors.U8 {
		return contract.Errorf(contract.ErrBadData, "%s: tensor %q has dtype %s, expected U8", view.File, name, view.DType)
	}
	for i, b := range view.Bytes {
		rows[i] = b != 0
	}
	return nil
}
