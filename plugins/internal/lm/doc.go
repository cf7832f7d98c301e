// Package lm is the engine behind every backbone plugin: towers of soft tokens
// over a frozen language model, their training, scoring, ranking and storage.
// A plugin brings an Architecture; everything else of contract.Backbone is here.
//
// Examples lie packed, one after another, without padding. Logits exist only
// where a token is predicted, and only a chunk of them at a time. Gradients are
// taken for soft tokens alone; each occurring token is looked up once per step.
package lm
