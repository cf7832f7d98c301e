package rows

// IDs gives equal identifiers one string, so that a long stream of rows takes memory
// for each user and item once. It is made with IDs{}.
type IDs map[string]string

// Of is the identifier as a string.
func (n IDs) Of(id []byte) string {
	if known, ok := n[string(id)]; ok {
		return known
	}
	fresh := string(id)
	n[fresh] = fresh
	return fresh
}
