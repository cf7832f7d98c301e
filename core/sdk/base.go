// Package sdk is all that a plugin's main imports: a base that answers Info and
// Configure from one parameter struct, Serve functions that never return, and
// the logger that reaches the runner.
//
// A plugin is a struct that embeds Base and adds the methods of its kind:
//
//	type Params struct {
//		Lambda float64 `json:"lambda" jsonschema:"default=500,minimum=0,description=L2 penalty"`
//	}
//
//	type EASE struct{ sdk.Base[Params] }
//
//	func main() {
//		sdk.ServeRecommender(&EASE{Base: sdk.NewBase[Params](contract.Info{
//			Kind: contract.KindRecommender, Name: "ease", Version: "1.0.0", Summary: "...",
//		})})
//	}
package sdk

import (
	"context"
	"encoding/json"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Base implements contract.Plugin for a plugin with parameters P, a struct as
// package schema describes it. Embed it by value and use the plugin by pointer.
type Base[P any] struct {
	// Check, when set, looks for what single fields cannot tell, such as two
	// parameters that contradict each other. Its error becomes an ErrInvalid.
	Check func(P) error
	// Forget, when set, drops what was trained or loaded under the parameters that
	// Configure has replaced.
	Forget func()

	info       contract.Info
	params     P
	configured bool
}

// NewBase makes the base of a plugin from its kind, name, version, summary and
// capabilities; contract version and schema are filled in here, and semantics where
// they are still the first.
func NewBase[P any](info contract.Info) Base[P] {
	info.ContractVersion = info.Kind.Version()
	info.Semantics = max(info.Semantics, 1)
	info.Schema = schema.Of[P]()
	return Base[P]{info: info}
}

// Info says what the plugin is.
func (b *Base[P]) Info(context.Context) (contract.Info, error) {
	if _, err := schema.For[P](); err != nil {
		return contract.Info{}, contract.Errorf(contract.ErrInvalid, "plugin %s: %v", b.info.Name, err)
	}
	return b.info, nil
}

// Configure decodes the parameters strictly and returns them with every default
// filled in. After an error the plugin keeps what it had.
func (b *Base[P]) Configure(_ context.Context, raw json.RawMessage) (json.RawMessage, error) {
	params, resolved, err := schema.Decode[P](raw)
	if err != nil {
		return nil, err
	}
	if b.Check != nil {
		if err := b.Check(params); err != nil {
			return nil, invalid(err)
		}
	}
	b.params, b.configured = params, true
	if b.Forget != nil {
		b.Forget()
	}
	return resolved, nil
}

// Close has nothing to release; a plugin that holds something has its own.
func (b *Base[P]) Close(context.Context) error { return nil }

// Params are the parameters of the last Configure.
func (b *Base[P]) Params() P { return b.params }

// Configured is an ErrOrder until Configure succeeded. call names the call that
// needs it, such as "Fit".
func (b *Base[P]) Configured(call string) error {
	if b.configured {
		return nil
	}
	return ErrOrder(call, "Configure")
}

// Name is the plugin's name.
func (b *Base[P]) Name() string { return b.info.Name }

// ErrOrder is the error of a call that came before the call it needs.
func ErrOrder(call, needs string) error {
	return contract.Errorf(contract.ErrOrder, "%s was called before %s", call, needs)
}

// Decode decodes any other JSON that a plugin is given, such as the shape of a
// model to pretrain, as strictly as Configure does; see schema.Decode.
func Decode[T any](raw json.RawMessage) (value T, resolved json.RawMessage, err error) {
	return schema.Decode[T](raw)
}
