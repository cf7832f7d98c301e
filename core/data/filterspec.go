package data

// What becomes of repeated pairs of user and item.
const (
	DuplicatesLast  = "last"
	DuplicatesFirst = "first"
	DuplicatesCount = "count"
)

// Filter says which interactions stay. The order is fixed: UsersFile, ItemsFile, From
// and Until, SampleUsers, (sessions, where the split makes them: what follows takes a
// session for a user,) repeated (user, item) pairs, values, k-core. Without Duplicates
// the latest of a pair by time stays, of several at that time the one of the largest
// value; without times the first of the stream.
type Filter struct {
	// UsersFile and ItemsFile name files of raw ids, one a line; what they do not list
	// is dropped.
	UsersFile string `json:"users_file,omitempty" jsonschema:"format=path,description=keep the users that this file lists; one raw id a line"`
	ItemsFile string `json:"items_file,omitempty" jsonschema:"format=path,description=keep the items that this file lists; one raw id a line"`
	// From and Until keep interactions of From <= time < Until.
	From  Moment `json:"from,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"keep interactions from this time on; a date such as 2014-07-01, a time or Unix seconds (UTC)"`
	Until Moment `json:"until,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"keep interactions before this time"`
	// SampleUsers keeps some users: a share of them below 1, else a number of them, drawn
	// by a hash of SampleSeed and their raw id.
	SampleUsers float64 `json:"sample_users,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"keep this many users drawn at random, or below 1 this share of them"`
	SampleSeed  uint64  `json:"sample_seed,omitempty" jsonschema:"minimum=0,description=seed of sample_users (0 = 98765)"`
	// Duplicates says which row of a repeated pair stays: DuplicatesLast (the latest by
	// time, without times the last of the stream), DuplicatesFirst, or DuplicatesCount,
	// the latest with the number of repeats as its value. Of several at that time the one
	// of the largest value stays.
	Duplicates string `json:"duplicates,omitempty" jsonschema:"enum=last,enum=first,enum=count" jsonschema_description:"which of the repeats of a pair of user and item stays; count: the last, with the number of repeats as its value (default: last by time; without times the first)"`
	// MinValue drops interactions with a smaller value.
	MinValue *float64 `json:"min_value,omitempty" jsonschema:"description=drop interactions whose value is smaller"`
	// MaxValue drops interactions with a larger value.
	MaxValue *float64 `json:"max_value,omitempty" jsonschema:"description=drop interactions whose value is larger"`
	// KCore keeps the largest set of interactions in which every user and every
	// item has at least KCore of them; 0 and 1 keep everything.
	KCore int `json:"k_core,omitempty" jsonschema:"description=keep users and items with at least this many interactions (repeated until stable),minimum=0,maximum=1000000000"`
	// KCoreUsers and KCoreItems are KCore with a number of their own for users and items.
	KCoreUsers int `json:"k_core_users,omitempty" jsonschema:"minimum=0,maximum=1000000000" jsonschema_description:"k_core with a number of its own for users; beside k_core_items and in place of k_core"`
	KCoreItems int `json:"k_core_items,omitempty" jsonschema:"minimum=0,maximum=1000000000" jsonschema_description:"k_core with a number of its own for items"`
}

// resolve fills in the defaults and reports every mistake.
func (f Filter) resolve(p *problems) Filter {
	for _, k := range []struct {
		key string
		n   int
	}{{"k_core", f.KCore}, {"k_core_users", f.KCoreUsers}, {"k_core_items", f.KCoreItems}} {
		if k.n < 0 {
			p.add("filter.%s: %d is negative", k.key, k.n)
		}
	}
	if f.KCore > 0 && (f.KCoreUsers > 0 || f.KCoreItems > 0) {
		p.add("filter.k_core: it is for users and items alike, and k_core_users or k_core_items is given as well; remove it")
	}
	if f.MinValue != nil && f.MaxValue != nil && *f.MinValue > *f.MaxValue {
		p.add("filter: min_value %v is above max_value %v", *f.MinValue, *f.MaxValue)
	}
	from, hasFrom := p.moment("filter.from", &f.From)
	until, hasUntil := p.moment("filter.until", &f.Until)
	if hasFrom && hasUntil && from >= until {
		p.add("filter.until: it is not after from")
	}
	if f.Duplicates != "" {
		p.oneOf("filter.duplicates", f.Duplicates, DuplicatesLast, DuplicatesFirst, DuplicatesCount)
	}
	return f.resolveSample(p)
}

func (f Filter) resolveSample(p *problems) Filter {
	switch n := f.SampleUsers; {
	case n == 0 && f.SampleSeed != 0:
		p.add("filter.sample_seed: there is no sample_users, whose seed it is; remove it")
	case n != 0 && !(n > 0 && n < 1e9) || n >= 1 && n != float64(int(n)):
		p.add("filter.sample_users: %v is neither a share below 1 nor a number of users", n)
	case n != 0 && f.SampleSeed == 0:
		f.SampleSeed = DefaultSplitSeed
	}
	return f
}

// cores are the least interactions of a user and of an item.
func (f Filter) cores() (users, items int) {
	return max(f.KCore, f.KCoreUsers), max(f.KCore, f.KCoreItems)
}
