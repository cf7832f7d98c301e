package locate

import (
	"debug/elf"
	"fmt"
	"strings"
)

// cxx11ABI reads from libc10's own symbols which std::string it was compiled with: its
// failure function takes one, which shows in the mangled name.
func cxx11ABI(libc10 string) (bool, error) {
	file, err := elf.Open(libc10)
	if err != nil {
		return false, fmt.Errorf("%s: %w", libc10, err)
	}
	defer func() { _ = file.Close() }()
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return false, fmt.Errorf("%s: %w", libc10, err)
	}
	for _, s := range symbols {
		if s.Section != elf.SHN_UNDEF && strings.Contains(s.Name, "torchCheckFail") && strings.Contains(s.Name, "__cxx1112basic_string") {
			return true, nil
		}
	}
	return false, nil
}
