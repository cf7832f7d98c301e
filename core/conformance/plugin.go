package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// pluginSuite holds for every kind. params configure a working plugin.
func pluginSuite[P contract.Plugin](t T, kind contract.Kind, params json.RawMessage, fresh func(TB) P) {
	t.Run("Info works before Configure", func(t T) { checkInfo(t, kind, info(t, fresh(t))) })
	t.Run("Configure refuses unknown keys and names the nearest", func(t T) { checkUnknownKeys(t, params, fresh(t)) })
	t.Run("Configure refuses a wrong type and names the key", func(t T) { checkWrongType(t, fresh(t)) })
	t.Run("Configure returns every default and accepts its own answer", func(t T) { checkDefaults(t, params, fresh(t)) })
	t.Run("Info is the same before and after Configure", func(t T) { checkInfoStays(t, params, fresh(t)) })
	t.Run("Configure writes nothing", func(t T) { checkConfigureWritesNothing(t, params, fresh(t)) })
	t.Run("Close works before any work", func(t T) {
		p := fresh(t)
		configure(t, p, params)
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func info(t TB, p contract.Plugin) contract.Info {
	t.Helper()
	i, err := p.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func configure(t TB, p contract.Plugin, params json.RawMessage) json.RawMessage {
	t.Helper()
	resolved, err := p.Configure(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// Configured is a plugin with these parameters.
func Configured[P contract.Plugin](t TB, p P, params map[string]any) P {
	t.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	configure(t, p, raw)
	return p
}

func checkInfo(t T, kind contract.Kind, i contract.Info) {
	switch {
	case i.Kind != kind:
		t.Errorf("kind %q, want %q", i.Kind, kind)
	case i.Name == "" || i.Name != strings.ToLower(i.Name) || strings.ContainsAny(i.Name, "/ "):
		t.Errorf("name %q is no name of a folder in lower case", i.Name)
	case i.Semantics < 1:
		t.Errorf("semantics %d, want >= 1", i.Semantics)
	case i.Version == "" || i.ContractVersion != kind.Version():
		t.Errorf("version %q, contract version %d, want %d", i.Version, i.ContractVersion, kind.Version())
	case i.Summary == "" || strings.Contains(i.Summary, "\n"):
		t.Errorf("summary %q is not one line", i.Summary)
	}
	if problems := schema.Check(i.Schema, map[string]any{}); slices.ContainsFunc(problems, func(p schema.Problem) bool { return len(p.Path) == 0 }) {
		t.Errorf("schema: %v", problems)
	}
}

// parameterSchema is the part of a schema that the suite looks at.
type parameterSchema struct {
	Properties map[string]struct {
		Type    any             `json:"type"` // a name or, where null is allowed, a list of names
		Default json.RawMessage `json:"default"`
	} `json:"properties"`
}

func parameters(t TB, p contract.Plugin) parameterSchema {
	t.Helper()
	var s parameterSchema
	if err := json.Unmarshal(info(t, p).Schema, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// with is params and one more key.
func with(t TB, params json.RawMessage, key string, value any) json.RawMessage {
	t.Helper()
	all := map[string]any{}
	if len(params) > 0 {
		if err := json.Unmarshal(params, &all); err != nil {
			t.Fatal(err)
		}
	}
	all[key] = value
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func checkUnknownKeys(t T, params json.RawMessage, p contract.Plugin) {
	raw := with(t, with(t, params, "zz_unknown_zz", 1), "qq_unknown_qq", 1)
	_, err := p.Configure(t.Context(), raw)
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(fmt.Sprint(err), "zz_unknown_zz") || !strings.Contains(fmt.Sprint(err), "qq_unknown_qq") {
		t.Errorf("two unknown keys: error %v, want an ErrInvalid that names both", err)
	}
	known := parameters(t, p).Properties
	for name := range known {
		if _, taken := known[name+"x"]; taken || len(name) < 3 { // nothing is near a short name
			continue
		}
		_, err := p.Configure(t.Context(), with(t, params, name+"x", 1))
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(fmt.Sprint(err), "did you mean") {
			t.Errorf("unknown key %sx: error %v, want an ErrInvalid that suggests %q", name, err, name)
		}
	}
}

func checkWrongType(t T, p contract.Plugin) {
	for name, property := range parameters(t, p).Properties {
		if names := fmt.Sprint(property.Type); property.Type == nil || strings.Contains(names, "object") {
			continue
		}
		_, err := p.Configure(t.Context(), with(t, nil, name, map[string]any{"x": 1}))
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(fmt.Sprint(err), name) {
			t.Errorf("%s as an object: error %v, want an ErrInvalid that names it", name, err)
		}
	}
}

func checkDefaults(t T, params json.RawMessage, p contract.Plugin) {
	resolved := configure(t, p, params)
	var all map[string]json.RawMessage
	if err := json.Unmarshal(resolved, &all); err != nil {
		t.Fatalf("resolved parameters %s: %v", resolved, err)
	}
	for name, property := range parameters(t, p).Properties {
		if _, ok := all[name]; property.Default != nil && !ok {
			t.Errorf("parameter %s has a default, which %s lacks", name, resolved)
		}
	}
	if again := configure(t, p, resolved); string(again) != string(resolved) {
		t.Errorf("resolved parameters %s resolve to %s", resolved, again)
	}
}

// errStop is an error of the caller's own, under no sentinel.
var errStop = errors.New("the test stops the stream")

// mustBe checks the sentinel of an error and that its message names something.
func mustBe(t TB, err, sentinel error, names string) {
	t.Helper()
	if !errors.Is(err, sentinel) || !strings.Contains(fmt.Sprint(err), names) {
		t.Errorf("error %v, want %q that names %q", err, sentinel, names)
	}
}
