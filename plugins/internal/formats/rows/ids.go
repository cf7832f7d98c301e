package rows

// IDs gives equal identifiers one string, so that a long stream of rows takes memory
// for each user or item once. The zero value knows none.
type IDs struct {
	known map[string]string
	last  string // rows of a user often stand together
}

// Of is the identifier as a string.
func (n *IDs) Of(id []byte) string {
	if string(id) == n.last {
		return n.last
	}
	known, ok := n.known[string(id)]
	if !ok {
		if n.known == nil {
			n.known = map[string]string{}
		}
		known = string(id)
		n.known[known] = known
	}
	n.last = known
	return known
}
