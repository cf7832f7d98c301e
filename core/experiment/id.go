package experiment

// idDigits is how much of a plan's hash stands in its ID.
const idDigits = 12

// idContent is what a plan's ID is made of: all that decides its trials and its tables,
// but nothing of where or how fast they are made.
type idContent struct {
	Seeds    []uint64    `json:"seeds"`
	Datasets []idDataset `json:"datasets"`
	Evaluate Evaluate    `json:"evaluate"`
	Methods  []idMethod  `json:"methods"`
	Table    Table       `json:"table"`
}

type idDataset struct {
	Label     string        `json:"label"`
	Plugin    PluginContent `json:"plugin"`
	Selection Selection     `json:"selection"`
}

type idMethod struct {
	Name   string        `json:"name"`
	Method MethodContent `json:"method"`
	Device string        `json:"device"`
	Search *SearchPlan   `json:"search,omitempty"`
	Needs  []int         `json:"needs,omitempty"`
}

// ID names a plan among those of a folder of records: the experiment's name, and a hash of
// what it asks for. Places of files, builds of plugins (but with ExactBinaries), limits and
// what searches chose are not in it.
func (p *Plan) ID() (string, error) {
	c := idContent{Seeds: p.Seeds, Evaluate: p.Evaluate, Table: p.Table}
	for _, d := range p.Datasets {
		c.Datasets = append(c.Datasets, idDataset{d.Label(), p.pluginContent(d.Plugin), d.content()})
	}
	for _, m := range p.Methods {
		c.Methods = append(c.Methods, idMethod{m.Name, p.methodContent(m), m.device(), m.Search, m.Needs})
	}
	key, err := keyOf(c)
	if err != nil {
		return "", err
	}
	return p.Name + "-" + key[:idDigits], nil
}
