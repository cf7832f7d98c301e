package prompt

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// gpt2 knows how GPT-2's tokenizer encodes the literal parts below. The numbers
// are those of the demos in the authors' README (yaochenzhu/LLM4Rec); " [mask]",
// " writes the review for", " the user will interact with:" come from
// transformers 4.57.1's GPT2Tokenizer.
var gpt2 = map[string][]int32{
	"Hello,":                          {15496, 11},
	"! Have you seen":                 {0, 8192, 345, 1775},
	"?":                               {30},
	" has interacted with":            {468, 49236, 351},
	" wrote the following review for": {2630, 262, 1708, 2423, 329},
	":":                               {25},
	",":                               {11},
	" will interact with":             {481, 9427, 351},
	" the user will interact with:":   {262, 2836, 481, 9427, 351, 25},
	" writes the review for":          {6797, 262, 2423, 329},
	" [mask]":                         {685, 27932, 60},
	"The title of":                    {464, 3670, 286},
	" is:":                            {318, 25},
}

type fakeEncoder struct{ calls int }

func (e *fakeEncoder) Encode(_ context.Context, texts []string) ([][]int32, error) {
	e.calls++
	ids := make([][]int32, len(texts))
	for i, text := range texts {
		known, ok := gpt2[text]
		if !ok {
			known = make([]int32, len(strings.Fields(text)))
		}
		ids[i] = known
	}
	return ids, nil
}

var space = Space{VocabSize: 50257, Users: 10, Items: 20}

func user(i int32) int32 { return 50257 + i }
func item(j int32) int32 { return 50267 + j }

func newBuilder(t *testing.T, w Wording, custom map[Name]string, o Options) *Builder {
	t.Helper()
	set, err := NewSet(w, custom, "")
	if err != nil {
		t.Fatal(err)
	}
	if o.MaxLength == 0 {
		o.MaxLength = 1024
	}
	b, err := NewBuilder(context.Background(), &fakeEncoder{}, space, set, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func want(t *testing.T, got []int32, ids ...int32) {
	t.Helper()
	if !slices.Equal(got, ids) {
		t.Errorf("got %v, want %v", got, ids)
	}
}

func TestOfAHeterogeneousDocumentAllBehindItsFirstTokenIsMainText(t *testing.T) {
	o := Options{Heterogeneous: true, PredictFirst: true}
	custom := map[Name]string{"review": "Hello, {user}! Have you seen {item}?"}
	words := []int32{7, 8}
	d := newBuilder(t, Code, custom, o).Text(contract.TextReview, 1, 2, words)
	want(t, d.Prompt, 15496)
	want(t, d.Main, 11, user(1), 0, 8192, 345, 1775, item(2), 30, 7, 8)
	if again := newBuilder(t, Code, custom, o).Text(contract.TextReview, 1, 2, words); !slices.Equal(again.Main, d.Main) || !slices.Equal(words, []int32{7, 8}) {
		t.Errorf("a second document of the same words: %v; the words are %v now", again.Main, words)
	}
	if d := newBuilder(t, Code, custom, o).Text(contract.TextReview, 1, 2, nil); !d.Empty {
		t.Errorf("a document without a text of its own is trained on: %+v", d)
	}
	o.EncoderDecoder, o.MaxLength = true, 10
	d = newBuilder(t, Code, custom, o).Text(contract.TextReview, 1, 2, words)
	want(t, d.Prompt, 15496)
	want(t, d.Main, 11, user(1), 0, 8192, 345, 1775, item(2), 30, 7)
	prompt, main, cut := newBuilder(t, Code, custom, o).NextItem(1, []int32{4, 5, 6})
	want(t, prompt, user(1))
	want(t, main, 468, 49236, 351, item(4), item(5), item(6))
	if c := newBuilder(t, Code, custom, o).Collaborative(1, []int32{4, 5, 6}); cut != 0 || !slices.Equal(c.Prompt, prompt) || !slices.Equal(c.Main, main) {
		t.Errorf("a question of %v | %v (%d cut), trained on %v | %v", prompt, main, cut, c.Prompt, c.Main)
	}
	if d.Cut != 1 {
		t.Errorf("%d tokens cut, 1 is wanted", d.Cut)
	}
}

func TestSpacesAroundSoftTokensAreThoseOfTheAuthorsTokenizer(t *testing.T) {
	b := newBuilder(t, Code, map[Name]string{"review": "Hello, {user}! Have you seen {item}?"}, Options{})
	d := b.Text(contract.TextReview, 1, 2, []int32{7, 8})
	want(t, d.Prompt, 15496, 11, user(1), 0, 8192, 345, 1775, item(2), 30)
	want(t, d.Main, 7, 8)
}

func TestCodeWordingEqualsTheDemosOfTheAuthorsREADME(t *testing.T) {
	b := newBuilder(t, Code, nil, Options{})
	d := b.Collaborative(0, []int32{3, 1})
	want(t, d.Prompt, user(0), 468, 49236, 351)
	want(t, d.Main, item(3), item(1))
	want(t, b.Text(contract.TextReview, 1, 2, nil).Prompt, user(1), 2630, 262, 1708, 2423, 329, item(2), 25)
	want(t, b.Text(contract.TextTitle, -1, 2, nil).Prompt, 464, 3670, 286, item(2), 318, 25)
	asked, _ := b.Ranking(4, []int32{9, 8})
	want(t, asked, user(4), 468, 49236, 351, item(9), item(8), 11, user(4), 481, 9427, 351)
}

func TestMaskedItemsLeaveNothingOrTheMaskWord(t *testing.T) {
	history, targets := []int32{9, Masked, 8}, []int32{5}
	dropped := newBuilder(t, Code, nil, Options{}).Finetuning(4, history, targets)
	want(t, dropped.Prompt, user(4), 468, 49236, 351, item(9), item(8), 11, user(4), 481, 9427, 351)
	want(t, dropped.Targets, 5)
	spoken := newBuilder(t, Paper, nil, Options{MaskWord: true}).Finetuning(4, history, targets)
	want(t, spoken.Prompt, user(4), 468, 49236, 351, item(9), 685, 27932, 60, item(8), 262, 2836, 481, 9427, 351, 25)
}

func TestUserWithoutHistoryIsStillAsked(t *testing.T) {
	asked, cut := newBuilder(t, Code, nil, Options{}).Ranking(4, nil)
	want(t, asked, user(4), 468, 49236, 351, 11, user(4), 481, 9427, 351)
	if cut != 0 {
		t.Errorf("cut %d tokens of nothing", cut)
	}
}

func TestLongHistoryKeepsItsLastItemsAndTheQuestion(t *testing.T) {
	b := newBuilder(t, Code, nil, Options{MaxLength: 11})
	asked, cut := b.Ranking(4, []int32{1, 2, 3, 4})
	want(t, asked, user(4), 468, 49236, 351, item(3), item(4), 11, user(4), 481, 9427, 351)
	if cut != 2 {
		t.Errorf("cut %d, want 2", cut)
	}
	d := newBuilder(t, Code, nil, Options{MaxLength: 11}).Collaborative(4, []int32{0, 1, 2, 3, 4, 5, 6, 7, 8})
	want(t, d.Main, item(2), item(3), item(4), item(5), item(6), item(7), item(8))
	next, main, _ := b.NextItem(4, []int32{0, 1, 2, 3, 4, 5, 6, 7, 8})
	want(t, next, append(slices.Clone(d.Prompt), d.Main...)...)
	if main != nil {
		t.Errorf("main text %v without a decoder of its own", main)
	}
}

func TestDecoderOfItsOwnReadsTheHistoryBehindItsStartToken(t *testing.T) {
	b := newBuilder(t, Code, nil, Options{MaxLength: 11, EncoderDecoder: true})
	items := []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	prompt, main, cut := b.NextItem(4, items)
	d := b.Collaborative(4, items)
	want(t, prompt, d.Prompt...)
	want(t, main, d.Main...)
	if len(main) != 10 || cut != 2 || main[9] != item(11) {
		t.Errorf("main text %v, cut %d", main, cut)
	}
	if prompt, main, _ = b.NextItem(4, nil); len(prompt) == 0 || len(main) != 0 {
		t.Errorf("without history: %v, %v", prompt, main)
	}
	set, _ := NewSet(Code, nil, "")
	if _, err := NewBuilder(context.Background(), &fakeEncoder{}, space, set, Options{MaxLength: 1, EncoderDecoder: true}); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("no room for a main text: error %v", err)
	}
}

func TestMaskWordIsNeverCutInTwo(t *testing.T) {
	b := newBuilder(t, Paper, nil, Options{MaxLength: 15, MaskWord: true})
	d := b.Finetuning(4, []int32{1, Masked, 2, 3, 5}, []int32{4})
	want(t, d.Prompt, user(4), 468, 49236, 351, item(2), item(3), item(5), 262, 2836, 481, 9427, 351, 25)
	if d.Cut != 4 {
		t.Errorf("cut %d, want 4", d.Cut)
	}
}

func TestLongTextIsCutAtItsEnd(t *testing.T) {
	words := []int32{1, 2, 3, 4, 5}
	d := newBuilder(t, Code, nil, Options{MaxLength: 11}).Text(contract.TextReview, 1, 2, words)
	want(t, d.Main, 1, 2, 3)
	if d.Cut != 2 {
		t.Errorf("cut %d, want 2", d.Cut)
	}
	separate := newBuilder(t, Code, nil, Options{MaxLength: 11, EncoderDecoder: true}).Text(contract.TextReview, 1, 2, words)
	want(t, separate.Main, words...)
}

func TestDocumentsWithNothingToPredictAreEmpty(t *testing.T) {
	for _, c := range []struct {
		first bool
		items int
		empty bool
	}{{true, 0, true}, {true, 1, false}, {false, 1, true}, {false, 2, false}} {
		b := newBuilder(t, Code, nil, Options{PredictFirst: c.first})
		if d := b.Collaborative(1, make([]int32, c.items)); d.Empty != c.empty {
			t.Errorf("%+v: collaborative document empty = %v", c, d.Empty)
		}
		if d := b.Text(contract.TextTitle, -1, 0, make([]int32, c.items)); d.Empty != c.empty {
			t.Errorf("%+v: text empty = %v", c, d.Empty)
		}
	}
	if !newBuilder(t, Code, nil, Options{}).Finetuning(1, []int32{2}, nil).Empty {
		t.Error("a question without targets is not empty")
	}
}

func TestTemplateWithoutRoomIsNamed(t *testing.T) {
	set, err := NewSet(Code, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewBuilder(context.Background(), &fakeEncoder{}, space, set, Options{MaxLength: 9})
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "template review has 8 tokens") {
		t.Errorf("error %v", err)
	}
}

func TestLiteralPartsAreEncodedInOneCall(t *testing.T) {
	e := &fakeEncoder{}
	set, _ := NewSet(Paper, nil, "")
	if _, err := NewBuilder(context.Background(), e, space, set, Options{MaxLength: 99}); err != nil || e.calls != 1 {
		t.Errorf("%d calls, error %v", e.calls, err)
	}
}

type brokenEncoder [][]int32

func (e brokenEncoder) Encode(context.Context, []string) ([][]int32, error) { return e, nil }

func TestEncoderThatBreaksItsPromiseIsBadData(t *testing.T) {
	set, _ := NewSet(Paper, nil, "")
	for _, answer := range []brokenEncoder{nil, make(brokenEncoder, 99), slices.Repeat(brokenEncoder{{50257}}, len(set.literals()))} {
		if _, err := NewBuilder(context.Background(), answer, space, set, Options{MaxLength: 99}); !errors.Is(err, contract.ErrBadData) {
			t.Errorf("%d answers: error %v", len(answer), err)
		}
	}
}

func TestMainTextHasOneSpaceBeforeIt(t *testing.T) {
	for text, main := range map[string]string{"": "", " \n": "", "Good": " Good", "  Good. \n": " Good."} {
		if got := MainText(text); got != main {
			t.Errorf("%q: %q, want %q", text, got, main)
		}
	}
}

func TestEveryTemplateAtFaultIsListed(t *testing.T) {
	_, err := NewSet(Paper, map[Name]string{
		"review": "{user} on {itme}:", "finetuning": "{user} will like", "title": "A title:", "tags": "The tags of {item", "poem": "{user}",
		"brand": "oh}", "collaborative": "", "categories": "{user}",
	}, "")
	for _, part := range []string{`{itme}: expected {user}, {item}`, `{items} 0 times`, `teaches no token`, `{ without a }`,
		`unknown template "poem"`, `} without a {`, `template collaborative "" is empty`, `template categories "{user}" has the placeholder {user}: expected {item}`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
	if !errors.Is(err, contract.ErrInvalid) {
		t.Error("not an ErrInvalid")
	}
	if _, err := NewSet("essay", nil, ""); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("unknown wording: %v", err)
	}
}

func TestTextsAreTheTemplatesAsWritten(t *testing.T) {
	set, err := NewSet(Paper, map[Name]string{"title": "{item}, titled"}, "")
	if err != nil {
		t.Fatal(err)
	}
	texts := set.Texts()
	if len(texts) != len(Names()) || texts["title"] != "{item}, titled" || texts[Finetuning] != "{user} has interacted with {items} the user will interact with:" {
		t.Errorf("texts %v", texts)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"{user} has interacted with {items}, {user} will interact with", "{", "}{", "{user}}", "", "{item}", " {user} \x00é{items}"} {
		for n := range Names() {
			f.Add(n, seed)
		}
	}
	f.Fuzz(func(t *testing.T, n int, text string) {
		name := Names()[((n%len(Names()))+len(Names()))%len(Names())]
		template, err := Parse(name, text)
		if err != nil {
			if !errors.Is(err, contract.ErrInvalid) {
				t.Fatalf("error %v is not an ErrInvalid", err)
			}
			return
		}
		if template.String() != text || len(template.pieces) == 0 {
			t.Fatalf("%q parsed to %+v", text, template)
		}
		for _, p := range template.pieces {
			if p.slot == literal && (p.text == "" || p.text != trimRight(p.text)) {
				t.Fatalf("literal %q of %q", p.text, text)
			}
		}
	})
}

func FuzzHistory(f *testing.F) {
	f.Add([]byte{1, 2, 0, 3}, uint8(12), true)
	f.Add([]byte{}, uint8(14), false)
	f.Fuzz(func(t *testing.T, raw []byte, length uint8, word bool) {
		set, _ := NewSet(Paper, nil, "")
		limit := int(length)
		b, err := NewBuilder(context.Background(), &fakeEncoder{}, space, set, Options{MaxLength: limit, MaskWord: word, PredictFirst: true})
		if err != nil {
			t.Skip()
		}
		history := make([]int32, len(raw))
		for i, c := range raw {
			history[i] = int32(c%21) - 1
		}
		asked, cut := b.Ranking(3, history)
		whole, _ := newBuilder(t, Paper, nil, Options{MaxLength: 1 << 20, MaskWord: word}).Ranking(3, history)
		if len(asked) > limit || len(asked)+cut != len(whole) || !slices.Equal(asked[len(asked)-6:], whole[len(whole)-6:]) {
			t.Fatalf("history %v in %d: %v, cut %d of %v", history, limit, asked, cut, whole)
		}
	})
}
