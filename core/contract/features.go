package contract

import "context"

// Entity says whom rows describe.
type Entity string

// The entities.
const (
	EntityUser Entity = "user"
	EntityItem Entity = "item"
)

// Entities lists every entity.
func Entities() []Entity { return []Entity{EntityUser, EntityItem} }

// FeatureChunk holds rows of a feature matrix [n, Width], dense or sparse. A row
// occurs at most once in a stream; an entity without a row has the zero vector.
// Values are finite.
type FeatureChunk struct {
	Name   string // of the matrix, as the experiment file calls it
	Entity Entity
	Width  int     // columns, > 0
	Rows   []int32 // indices of users or items

	// Dense is row-major, len(Rows)*Width; nil for a sparse chunk.
	Dense []float32

	// Of a sparse chunk, row i has Values[Offsets[i]:Offsets[i+1]] in the columns
	// Columns[...], which ascend and are below Width; len(Offsets) is len(Rows)+1.
	Offsets []int64
	Columns []int32
	Values  []float32
}

// Check finds what is wrong with a chunk over so many users and items: ErrBadData.
func (c *FeatureChunk) Check(users, items int) error {
	n := items
	if c.Entity == EntityUser {
		n = users
	}
	switch {
	case c.Entity != EntityUser && c.Entity != EntityItem:
		return Errorf(ErrBadData, "features %q describe %q, expected one of %v", c.Name, c.Entity, Entities())
	case c.Width <= 0:
		return Errorf(ErrBadData, "features %q have width %d, expected > 0", c.Name, c.Width)
	case c.Offsets == nil && len(c.Dense) != len(c.Rows)*c.Width:
		return Errorf(ErrBadData, "features %q have %d values for %d rows of width %d", c.Name, len(c.Dense), len(c.Rows), c.Width)
	}
	for _, row := range c.Rows {
		if row < 0 || int(row) >= n {
			return Errorf(ErrBadData, "features %q have a row for %s %d, outside 0..%d", c.Name, c.Entity, row, n-1)
		}
	}
	if err := c.checkSparse(); err != nil {
		return err
	}
	return c.checkFinite()
}

func (c *FeatureChunk) checkSparse() error {
	if c.Offsets == nil {
		return nil
	}
	if len(c.Offsets) != len(c.Rows)+1 || c.Offsets[0] != 0 || c.Offsets[len(c.Rows)] != int64(len(c.Values)) || len(c.Columns) != len(c.Values) || c.Dense != nil {
		return Errorf(ErrBadData, "sparse features %q have %d rows, %d offsets, %d columns and %d values", c.Name, len(c.Rows), len(c.Offsets), len(c.Columns), len(c.Values))
	}
	for i := range c.Rows {
		lo, hi := c.Offsets[i], c.Offsets[i+1]
		if lo > hi || hi > int64(len(c.Values)) {
			return Errorf(ErrBadData, "sparse features %q: row %d reaches from %d to %d", c.Name, i, lo, hi)
		}
		for k := lo; k < hi; k++ {
			if c.Columns[k] < 0 || int(c.Columns[k]) >= c.Width || k > lo && c.Columns[k] <= c.Columns[k-1] {
				return Errorf(ErrBadData, "sparse features %q: row %d has column %d, expected ascending columns below %d", c.Name, i, c.Columns[k], c.Width)
			}
		}
	}
	return nil
}

func (c *FeatureChunk) checkFinite() error {
	for _, values := range [][]float32{c.Dense, c.Values} {
		for _, v := range values {
			if v-v != 0 {
				return Errorf(ErrNonFinite, "features %q hold %v", c.Name, v)
			}
		}
	}
	return nil
}

// VectorSource is a Recommender with CapabilityVectors: it gives one vector per
// user or item, which another row of an experiment may take as features.
type VectorSource interface {
	Recommender
	// Vectors streams the vectors of an entity after training, dense, in
	// ascending order of index; yield keeps no chunk. ErrUnsupported for an entity
	// that has none, ErrOrder before training.
	Vectors(ctx context.Context, entity Entity, yield func(*FeatureChunk) error) error
}

// AttributeType says what the values of an attribute are.
type AttributeType string

// The types of attribute.
const (
	AttributeCategory AttributeType = "category" // one word of a closed list, such as a brand
	AttributeNumber   AttributeType = "number"   // such as a price; finite
	AttributeSet      AttributeType = "set"      // several words without order, such as genres
	AttributeText     AttributeType = "text"     // free text
)

// AttributeTypes lists every type.
func AttributeTypes() []AttributeType {
	return []AttributeType{AttributeCategory, AttributeNumber, AttributeSet, AttributeText}
}

// Values are the values of one attribute for n users or items; the slice of the
// attribute's type has length n and the others are nil.
type Values struct {
	Words   []string   // AttributeCategory, AttributeText
	Numbers []float64  // AttributeNumber
	Sets    [][]string // AttributeSet
}

// Len is the number of values of a type.
func (v Values) Len(t AttributeType) int {
	switch t {
	case AttributeNumber:
		return len(v.Numbers)
	case AttributeSet:
		return len(v.Sets)
	default:
		return len(v.Words)
	}
}

// AttributeChunk holds values of one typed attribute, as a dataset gives them:
// IDs are raw. An ID occurs at most once per attribute in a stream; one that
// does not occur has no value.
type AttributeChunk struct {
	Name   string
	Entity Entity
	Type   AttributeType
	IDs    []string
	Values
}

// TrainAttributes are the same with indices in place of raw ids.
type TrainAttributes struct {
	Name   string
	Entity Entity
	Type   AttributeType
	Rows   []int32
	Values
}

// AttributeSource is a Dataset with CapabilityAttributes.
type AttributeSource interface {
	Dataset
	// Attributes streams every attribute of users and items; it may be read more
	// than once and gives the same rows in the same order each time.
	Attributes(ctx context.Context, yield func(*AttributeChunk) error) error
}

// SideChunk holds side interactions: rows of pseudo-users, such as the words of
// item titles, with weights. Columns have equal length.
type SideChunk struct {
	Name    string
	Rows    []int32 // pseudo-users, counted from 0
	Items   []int32
	Weights []float32 // finite, > 0
}
