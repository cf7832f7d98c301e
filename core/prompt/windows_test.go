package prompt

import (
	"reflect"
	"testing"

	"cllm4rec/core/contract"
)

func TestWindowsPredictEveryWordButTheFirstOnce(t *testing.T) {
	words := []int32{0, 1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		length  int
		encoder bool
		want    []contract.Example
	}{
		{3, false, []contract.Example{{Prompt: words[0:1], Main: words[1:3]}, {Prompt: words[2:3], Main: words[3:5]}, {Prompt: words[4:5], Main: words[5:7]}}},
		{5, false, []contract.Example{{Prompt: words[0:1], Main: words[1:5]}, {Prompt: words[4:5], Main: words[5:7]}}},
		{3, true, []contract.Example{{Prompt: words[0:1], Main: words[1:3]}, {Prompt: words[0:3], Main: words[3:5]}, {Prompt: words[2:5], Main: words[5:7]}}},
		{100, true, []contract.Example{{Prompt: words[0:1], Main: words[1:7]}}},
	} {
		if got := Windows(words, c.length, c.encoder); !reflect.DeepEqual(got, c.want) {
			t.Errorf("length %d, encoder %v: got %v, want %v", c.length, c.encoder, got, c.want)
		}
	}
	if got := Windows(words[:1], 8, false); got != nil {
		t.Errorf("one word gives %v", got)
	}
}
