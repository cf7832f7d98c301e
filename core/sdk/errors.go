package sdk

import (
	"errors"

	"cllm4rec/core/contract"
)

// invalid makes err an ErrInvalid unless it is under a sentinel already.
func invalid(err error) error {
	for _, sentinel := range contract.Sentinels() {
		if errors.Is(err, sentinel) {
			return err
		}
	}
	return contract.Errorf(contract.ErrInvalid, "%s", err)
}
