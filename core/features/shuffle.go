package features

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
)

// Shuffle gives every item what describes another one: a control, which shows what a
// method gains from descriptions beyond having them.
type Shuffle struct {
	Shuffled    bool   `json:"shuffled,omitempty" jsonschema_description:"a control: every item gets what describes another one"`
	Seed        uint64 `json:"shuffle_seed,omitempty" jsonschema:"minimum=0" jsonschema_description:"of the order that is drawn (default 0)"`
	Permutation string `json:"permutation,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"file with the order instead: one number for each item, from 0; item j gets what describes item p[j] (places as in items.parquet)"`
}

// Check finds settings that have no effect: ErrInvalid.
func (s Shuffle) Check() error {
	switch {
	case !s.Shuffled && (s.Seed != 0 || s.Permutation != ""):
		return contract.Errorf(contract.ErrInvalid, "shuffle_seed and permutation have no effect without shuffled: true")
	case s.Seed != 0 && s.Permutation != "":
		return contract.Errorf(contract.ErrInvalid, "shuffle_seed and permutation are both given; expected one of them")
	}
	return nil
}

// Order is what Matrix.Permuted takes for n items; nil when nothing is shuffled.
func (s Shuffle) Order(n int) ([]int32, error) {
	switch {
	case !s.Shuffled:
		return nil, nil
	case s.Permutation != "":
		return readPermutation(s.Permutation, n)
	}
	p := make([]int32, n)
	for i := range p {
		p[i] = int32(i)
	}
	for i := n - 1; i > 0; i-- { // Fisher and Yates; the remainder's bias is below n / 2^64
		j := contract.SplitMix64(s.Seed, uint64(i)) % uint64(i+1)
		p[i], p[j] = p[j], p[i]
	}
	return p, nil
}

// readPermutation reads n numbers, one on each line, in which each of 0..n-1 stands once.
func readPermutation(path string, n int) ([]int32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, contract.Errorf(contract.ErrNotFound, "%v", err)
	}
	defer func() { _ = f.Close() }()
	var p []int32
	seen := make([]bool, n)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		i, err := strconv.Atoi(text)
		switch {
		case err != nil || i < 0 || i >= n:
			err = fmt.Errorf("%q is not a number in 0..%d", text, n-1)
		case seen[i]:
			err = fmt.Errorf("%d stands there a second time", i)
		}
		if err != nil {
			return nil, contract.Errorf(contract.ErrBadData, "%s, line %d: %v", path, len(p)+1, err)
		}
		seen[i] = true
		p = append(p, int32(i))
	}
	if err := lines.Err(); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s: %v", path, err)
	}
	if len(p) != n {
		return nil, contract.Errorf(contract.ErrBadData, "%s has %d numbers for %d items", path, len(p), n)
	}
	return p, nil
}
