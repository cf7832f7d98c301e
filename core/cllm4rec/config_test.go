package cllm4rec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/prompt"
	"cllm4rec/core/schema"
)

func resolve(t *testing.T, text string) Settings {
	t.Helper()
	c, _, err := schema.Decode[Config](json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDefaultsAreThoseOfTheMethod(t *testing.T) {
	s := resolve(t, `{}`)
	got := []any{s.Fidelity, s.Content, s.Warmup, s.Pretrain, s.Finetune, s.Batch, s.RankBatch, s.Dropout, s.InitStd, s.Select.Rule}
	want := []any{FidelityPaper, true, WarmupSettings{10, 1e-3}, PretrainSettings{Epochs: 100, Rate: 1e-3, LambdaC: 1, LambdaL: 1e-4},
		FinetuneSettings{Epochs: 150, Rate: 1e-4, Mask: 0.2, LambdaC: 1, LambdaL: 1e-4}, 20, 256, -1.0, 0.02, Best}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFidelityPicksAColumn(t *testing.T) {
	paper, code := resolve(t, `{"fidelity": "paper"}`), resolve(t, `{"fidelity": "code"}`)
	if !paper.PredictFirst || paper.Targets != TargetsHeldOut || len(paper.Documents) != 7 || paper.MaskToken != MaskWord || paper.Pretrain.LambdaL == 0 {
		t.Errorf("paper: %+v", paper)
	}
	if code.PredictFirst || code.Targets != TargetsAll || len(code.Documents) != 1 || code.MaskToken != MaskDrop || code.Pretrain.LambdaL != 0 {
		t.Errorf("code: %+v", code)
	}
	if got := code.Templates[prompt.Finetuning]; got != "{user} has interacted with {items}, {user} will interact with" {
		t.Errorf("code asks %q", got)
	}
}

func TestEverySwitchCanBeSetAlone(t *testing.T) {
	base := resolve(t, `{"fidelity": "paper"}`)
	other := resolve(t, `{"fidelity": "code"}`)
	raw, err := json.Marshal(other)
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	switches := reflect.TypeFor[Switches]()
	for i := range switches.NumField() {
		name, _, _ := strings.Cut(switches.Field(i).Tag.Get("json"), ",")
		got := resolve(t, `{"`+name+`": `+string(values[name])+`}`)
		field := switches.Field(i).Name
		if !reflect.DeepEqual(reflect.ValueOf(got).FieldByName(field).Interface(), reflect.ValueOf(other).FieldByName(field).Interface()) {
			t.Errorf("%s was not taken over", name)
		}
		if name != "finetune_order" && reflect.DeepEqual(got, base) {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestSettingsAreAConfigThatResolvesToThemselves(t *testing.T) {
	for _, text := range []string{`{}`, `{"fidelity": "code"}`, `{"content": false, "finetune": {"epochs": 0}}`, `{"select": {"rule": "last"}, "templates": {"title": "{item}:"}}`,
		`{"train": {"mode": "lora"}, "optimiser": {"clip": 1, "schedule": "cosine"}, "pretrain": {"content_lr": 0.01}}`, `{"train": {"mode": "all", "scratch": true}}`, `{"head": "extended", "main_text": "heterogeneous"}`} {
		s := resolve(t, text)
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if again := resolve(t, string(raw)); !reflect.DeepEqual(again, s) {
			t.Errorf("%s: %+v became %+v", text, s, again)
		}
	}
}

func TestWithoutContentNothingAboutContentRemains(t *testing.T) {
	a, b := resolve(t, `{"content": false, "warmup": {"epochs": 3}}`), resolve(t, `{"content": false, "pretrain": {"lambda_c": 9}}`)
	if !reflect.DeepEqual(a, b) || a.Pretrain.LambdaL == 0 {
		t.Errorf("%+v differs from %+v", a, b)
	}
}

func TestEveryProblemIsListedWithItsPath(t *testing.T) {
	pointer := func(f float64) *float64 { return &f }
	zero := 0
	c := Config{Fidelity: "papr", Pretrain: Pretrain{Epochs: &zero, Rate: pointer(-1)}, Finetune: Finetune{Epochs: &zero, Mask: pointer(2)},
		Dropout: pointer(-0.5), Templates: map[prompt.Name]string{"titel": "x", "title": "{user}"}}
	_, err := c.Resolve()
	if !errors.Is(err, contract.ErrInvalid) {
		t.Fatalf("error %v", err)
	}
	for _, part := range []string{`fidelity: must be one of paper, code`, `pretrain.lr: must be greater than 0`, `finetune.mask: must be at most 1`,
		`finetune.epochs: must not be 0`, `dropout: must be -1`, `templates.titel: unknown template; did you mean "title"?`, `templates.title: template title "{user}"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q:\n%v", part, err)
		}
	}
}

func TestUnknownKeyIsRefused(t *testing.T) {
	for _, text := range []string{`{"fidelty": "paper"}`, `{"pretrain": {"lamdba_c": 1}}`, `{"documents": ["poem"]}`} {
		if _, _, err := schema.Decode[Config](json.RawMessage(text)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

func FuzzResolve(f *testing.F) {
	for _, seed := range []string{`{}`, `{"fidelity": "code", "select": {"rule": "last"}}`, `{"templates": {"title": "{item}"}, "dropout": 0.1}`, `{"batch": 1e9}`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, _, err := schema.Decode[Config](raw)
		if err == nil {
			_, err = c.Resolve()
		}
		if err != nil && !errors.Is(err, contract.ErrInvalid) {
			t.Fatalf("%s: error %v is not an ErrInvalid", raw, err)
		}
	})
}
