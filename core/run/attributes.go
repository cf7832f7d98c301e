package run

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// training is what of the training data a plugin may ask for by its capabilities.
func training(t data.Training, info contract.Info) data.Training {
	if !info.Can(contract.CapabilityTexts) {
		t.Texts = nil
	}
	if !info.Can(contract.CapabilityAttributes) {
		t.Attributes = nil
	}
	return t
}

// streamAttributes cuts attributes into chunks of at most chunkRows values and
// about chunkBytes.
func streamAttributes(attributes []contract.TrainAttributes, yield func(*contract.TrainChunk, error) bool) bool {
	for _, a := range attributes {
		for lo, hi := 0, 0; lo < len(a.Rows); lo = hi {
			for size := 0; hi < len(a.Rows) && hi-lo < chunkRows && size < chunkBytes; hi++ {
				size += valueSize(&a, hi)
			}
			if !yield(&contract.TrainChunk{Attributes: part(&a, lo, hi)}, nil) {
				return false
			}
		}
	}
	return true
}

// valueSize is about what value i takes on the wire.
func valueSize(a *contract.TrainAttributes, i int) int {
	const own = 16
	switch a.Type {
	case contract.AttributeNumber:
		return own
	case contract.AttributeSet:
		size := own
		for _, word := range a.Sets[i] {
			size += own + len(word)
		}
		return size
	default:
		return own + len(a.Words[i])
	}
}

// part is values lo to hi of an attribute.
func part(a *contract.TrainAttributes, lo, hi int) *contract.TrainAttributes {
	p := contract.TrainAttributes{Name: a.Name, Entity: a.Entity, Type: a.Type, Rows: a.Rows[lo:hi]}
	switch a.Type {
	case contract.AttributeNumber:
		p.Numbers = a.Numbers[lo:hi]
	case contract.AttributeSet:
		p.Sets = a.Sets[lo:hi]
	default:
		p.Words = a.Words[lo:hi]
	}
	return &p
}
