package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/features"
	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// Feature says where a feature matrix of a method comes from: exactly one of Of,
// TFIDF, File and Embed.
type Feature struct {
	Of     string          `json:"of,omitempty" jsonschema:"minLength=1,description=name of the method whose vectors are taken"`
	Entity string          `json:"entity" jsonschema:"enum=item,enum=user,default=item,description=whom the features describe; users only of and file"`
	TFIDF  *features.TFIDF `json:"tfidf,omitempty" jsonschema:"description=the words of the items' texts"`
	File   *features.File  `json:"file,omitempty" jsonschema:"description=vectors from a file"`
	Embed  *Embed          `json:"embed,omitempty" jsonschema:"description=vectors that a language model gives of the items' texts"`
	features.SVD
	features.Whitening
	features.Shuffle
}

// Embed has a language model read the texts of items.
type Embed struct {
	Backbone Use                 `json:"backbone" jsonschema:"required,description=the language model"`
	Fields   []contract.TextKind `json:"fields,omitempty" jsonschema:"minItems=1,uniqueItems=true,enum=title,enum=brand,enum=categories,enum=tags,enum=description,enum=review" jsonschema_description:"kinds of text, joined in this order (default: title, brand, categories, tags, description); of reviews those of training"`
	Pooling  contract.Pooling    `json:"pooling" jsonschema:"enum=mean,enum=last,default=mean" jsonschema_description:"a text's vector: the mean of its tokens' last hidden states, or the last of them"`
}

// TextRow makes each word of item texts a further user who has the items with it.
type TextRow struct {
	features.TFIDF
	Weight float64 `json:"weight" jsonschema:"default=1,exclusiveMinimum=0" jsonschema_description:"of the rows; it counts squared in a Gram matrix (ease, slim ...) and as a factor of confidence in iALS"`
	features.Shuffle
}

// FeaturePlan is a Feature with absolute paths. What another method gives as it is has no
// Portable: the trial that it needs says what it is.
type FeaturePlan struct {
	Feature
	Portable json.RawMessage `json:"portable,omitempty"` // without plugin, with a digest of the content in place of each path
	Embedder *PluginPlan     `json:"embedder,omitempty"` // the plugin of Embed
}

// TextRowPlan is a TextRow with absolute paths.
type TextRowPlan struct {
	TextRow
	Portable json.RawMessage `json:"portable"` // with a digest of the content in place of each path
}

// FeatureContent is what decides a feature matrix that no other method gives as it is.
type FeatureContent struct {
	Source   json.RawMessage `json:"source"`
	Embedder *PluginContent  `json:"embedder,omitempty"`
	Device   string          `json:"device,omitempty"` // the embedder's numeric class where it is not cpu
}

// kinds are the sources of a feature.
func featureKinds() []string { return []string{"of", "tfidf", "file", "embed"} }

// checkFeatures checks the features of a method. at leads to its section.
func (c *checker) checkFeatures(ctx context.Context, n *yamltree.Node, at []string) {
	for i, f := range n.Get("features").Elements() {
		path := yamltree.Extend(yamltree.Extend(at, "features"), strconv.Itoa(i))
		var given []string
		for _, kind := range featureKinds() {
			if f.Get(kind) != nil {
				given = append(given, kind)
			}
		}
		var feature Feature
		if err := json.Unmarshal(f.Marshal(), &feature); err != nil {
			c.at(err.Error(), path...)
		} else if len(given) != 1 {
			c.at(fmt.Sprintf("a feature has exactly one of %s, not %d", strings.Join(featureKinds(), ", "), len(given)), path...)
		} else {
			c.checkFeature(ctx, feature, path)
		}
	}
}

func (c *checker) checkFeature(ctx context.Context, f Feature, path []string) {
	c.checked(f.Whitening.Check(), path)
	c.checked(f.Shuffle.Check(), path)
	c.checkPaths(schema.Of[Feature](), path)
	switch {
	case f.TFIDF != nil && f.SVD.Dims == 0 && f.Whiten != "" && f.Whiten != features.WhitenNone:
		c.at("whiten is for dense vectors, and tfidf makes sparse ones: say svd too", yamltree.Extend(path, "whiten")...)
	case f.Entity == string(contract.EntityUser) && (f.TFIDF != nil || f.Embed != nil):
		c.at("texts describe items; features of users come from of or file", yamltree.Extend(path, "entity")...)
	case f.File != nil:
		c.checked(f.File.Check(), yamltree.Extend(path, "file"))
	case f.TFIDF != nil:
		c.checkTexts(yamltree.Extend(path, "tfidf"))
	case f.Embed != nil:
		c.checkTexts(yamltree.Extend(path, "embed"))
		at := yamltree.Extend(yamltree.Extend(path, "embed"), "backbone")
		c.checkUse(ctx, contract.KindBackbone, at)
		if u, ok := c.uses[strings.Join(at, ".")]; ok && !u.plugin.Can(contract.CapabilityEmbed) {
			c.at(fmt.Sprintf("backbone plugin %s gives no vectors of texts: it lacks the capability %q", u.plugin.Name, contract.CapabilityEmbed), yamltree.Extend(at, "plugin")...)
		}
	}
}

// checkTextRows checks the text rows of a recommender. at leads to its section.
func (c *checker) checkTextRows(ctx context.Context, n *yamltree.Node, p Plugin, at []string) {
	rows := n.Get("text_rows")
	if rows == nil {
		return
	}
	path := yamltree.Extend(at, "text_rows")
	if !p.Can(contract.CapabilitySide) {
		c.at(lacks(p, "takes no text rows", contract.CapabilitySide)+c.haveIt(ctx, contract.CapabilitySide), path...)
		return
	}
	c.checkTexts(path)
	for i, row := range rows.Elements() {
		var r TextRow
		if err := json.Unmarshal(row.Marshal(), &r); err != nil {
			c.at(err.Error(), yamltree.Extend(path, strconv.Itoa(i))...)
			continue
		}
		c.checked(r.Shuffle.Check(), yamltree.Extend(path, strconv.Itoa(i)))
		c.checkPaths(schema.Of[TextRow](), yamltree.Extend(path, strconv.Itoa(i)))
	}
}

// haveIt names the recommender plugins with a capability.
func (c *checker) haveIt(ctx context.Context, capability contract.Capability) string {
	var names []string
	for _, name := range c.plugins.Names(contract.KindRecommender) {
		if p, err := c.plugins.Describe(ctx, contract.KindRecommender, name); err == nil && p.Can(capability) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ", as all that were found do"
	}
	return "; these have it: " + strings.Join(names, ", ")
}

// checked reports an error at a path.
func (c *checker) checked(err error, path []string) {
	if err != nil {
		c.at(err.Error(), path...)
	}
}

// checkTexts refuses a use of texts at a path when a data set has none.
func (c *checker) checkTexts(path []string) {
	for i, d := range c.root.Get("datasets").Elements() {
		if u, ok := c.uses["datasets."+strconv.Itoa(i)]; ok && !u.plugin.Can(contract.CapabilityTexts) {
			c.at(fmt.Sprintf("it needs texts of items, and data set %q has none (plugin %s)", d.Get("name").Text(), u.plugin.Name), path...)
		}
	}
}

// checkPaths looks for the files that a section names.
func (c *checker) checkPaths(of json.RawMessage, path []string) {
	section, _, _ := c.root.Find(path)
	pathsOf(of, section.Value(), func(steps []string, p string) {
		n, _, _ := section.Find(steps)
		c.checked(checkPath(c.absolute(p), n.Written), append(slices.Clip(path), steps...))
	})
}

// absolute is a path as the file means it.
func (c *checker) absolute(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.dir, path)
}

// featurePlans resolve the features of a method, whose section is at a path.
func (c *checker) featurePlans(all []Feature, at string) ([]FeaturePlan, error) {
	var plans []FeaturePlan
	for i, f := range all {
		p := FeaturePlan{Feature: f}
		p.Permutation = c.absolute(p.Permutation)
		if f.File != nil {
			file := *f.File
			file.Path, file.IDs = c.absolute(file.Path), c.absolute(file.IDs)
			p.File = &file
		}
		if f.Embed != nil {
			embedder := c.pluginPlan(fmt.Sprintf("%s.features.%d.embed.backbone", at, i))
			p.Embedder = &embedder
			if p.Whiten == "" {
				p.Whiten = features.WhitenHalf // raw vectors of language models rank poorly
			}
		}
		if p.Whiten == features.WhitenNone {
			p.Whiten = ""
		}
		var err error
		if p.Portable, err = c.files.portableFeature(p.Feature); err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// portableFeature is what decides a feature but for plugins and other methods; nil when
// another method gives it as it is.
func (d digester) portableFeature(f Feature) (json.RawMessage, error) {
	if f.Of != "" && f.SVD == (features.SVD{}) && f.Whitening == (features.Whitening{}) && !f.Shuffled {
		return nil, nil
	}
	f.Of = ""
	if f.Embed != nil {
		embed := *f.Embed
		embed.Backbone = Use{}
		f.Embed = &embed
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return d.portable(schema.Of[Feature](), raw)
}

// textRowPlans resolve text rows.
func (c *checker) textRowPlans(all []TextRow) ([]TextRowPlan, error) {
	var plans []TextRowPlan
	for _, row := range all {
		p := TextRowPlan{TextRow: row}
		p.Permutation = c.absolute(p.Permutation)
		var err error
		if p.Portable, err = c.files.portableRow(p.TextRow); err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// portableRow is what decides text rows.
func (d digester) portableRow(row TextRow) (json.RawMessage, error) {
	raw, err := json.Marshal(row)
	if err != nil {
		return nil, err
	}
	return d.portable(schema.Of[TextRow](), raw)
}

// Taken are the features that other methods give, one for each of Needs.
func (m MethodPlan) Taken() []FeaturePlan {
	return slices.DeleteFunc(slices.Clone(m.Features), func(f FeaturePlan) bool { return f.Of == "" })
}

// featureContents are what decides features beyond what other methods are; nil when
// there is nothing.
func (p *Plan) featureContents(m MethodPlan) []FeatureContent {
	var contents []FeatureContent
	made := false
	for _, f := range m.Features {
		content := FeatureContent{Source: f.Portable}
		if f.Portable == nil {
			content.Source = json.RawMessage(`"as it is"`)
		} else {
			made = true
		}
		if f.Embedder != nil {
			embedder := p.pluginContent(*f.Embedder)
			content.Embedder = &embedder
			if f.Embedder.Device != classCPU {
				content.Device = f.Embedder.Device
			}
		}
		contents = append(contents, content)
	}
	if !made {
		return nil
	}
	return contents
}
