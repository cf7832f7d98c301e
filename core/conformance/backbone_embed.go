package conformance

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
)

// embeds: one vector of the model's width per text, whatever stands beside it; the
// vector of no text is zero, and what lies behind MaxLength tokens does not count.
func (s *backboneSuite) embeds(t T) {
	e, ok := s.b.(contract.Embedder)
	if !s.info.Can(contract.CapabilityEmbed) {
		if ok {
			_, err := e.Embed(t.Context(), contract.EmbedSpec{Pooling: contract.PoolMean}, []string{"a"})
			mustBe(t, err, contract.ErrUnsupported, "")
		}
		return
	}
	if !ok {
		t.Fatalf("%T has the capability %q without its method", s.b, contract.CapabilityEmbed)
	}
	_, err := e.Embed(t.Context(), contract.EmbedSpec{Pooling: "median"}, []string{"a"})
	mustBe(t, err, contract.ErrInvalid, "median")
	texts := []string{"a good thing of its kind", "", "odd", "another one, longer than the first thing of its kind", "odd"}
	vectors := map[contract.Pooling][][]float32{}
	for _, pooling := range contract.Poolings() {
		together := s.embed(t, e, pooling, texts)
		for i, text := range texts {
			s.closeVectors(t, fmt.Sprintf("%s of %q, alone and together", pooling, text), together[i], s.embed(t, e, pooling, []string{text})[0])
		}
		s.closeVectors(t, "nothing", together[1], make([]float32, s.model.Hidden))
		s.closeVectors(t, "one text twice", together[2], together[4])
		if distance(together[0], together[3]) == 0 || distance(together[0], together[1]) == 0 {
			t.Errorf("%s: different texts have one vector", pooling)
		}
		vectors[pooling] = together
	}
	if distance(vectors[contract.PoolMean][3], vectors[contract.PoolLast][3]) == 0 {
		t.Error("both poolings give one vector")
	}
	s.longTexts(t, e)
	if none := s.embed(t, e, contract.PoolMean, nil); len(none) != 0 {
		t.Errorf("no texts have %d vectors", len(none))
	}
}

// longTexts: two texts that differ behind MaxLength tokens alone have one vector.
func (s *backboneSuite) longTexts(t T, e contract.Embedder) {
	t.Helper()
	long := strings.Repeat("good thing ", s.model.MaxLength)
	vectors := s.embed(t, e, contract.PoolMean, []string{long, long + "and something else"})
	s.closeVectors(t, "two long texts", vectors[0], vectors[1])
}

func (s *backboneSuite) embed(t T, e contract.Embedder, p contract.Pooling, texts []string) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), contract.EmbedSpec{Pooling: p}, texts)
	if err != nil || len(vectors) != len(texts) {
		t.Fatalf("%d texts have %d vectors, error %v", len(texts), len(vectors), err)
	}
	for i, v := range vectors {
		if len(v) != s.model.Hidden {
			t.Fatalf("the vector of %q has %d values, want %d", texts[i], len(v), s.model.Hidden)
		}
	}
	return vectors
}

func distance(a, b []float32) (most float64) {
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		if math.IsNaN(d) {
			return math.NaN()
		}
		most = max(most, d)
	}
	return most
}

func (s *backboneSuite) closeVectors(t T, what string, a, b []float32) {
	t.Helper()
	size := 1.0
	for _, v := range a {
		size = max(size, math.Abs(float64(v)))
	}
	if d := distance(a, b); !(d <= s.o.Tolerance*size) {
		t.Errorf("%s: the vectors differ by %v", what, d)
	}
}

// towerVectors: the soft tokens of users and items, one row for each, drawn with the
// spread that was asked for; training moves them, saving keeps them.
func (s *backboneSuite) towerVectors(t T) {
	r, ok := s.b.(contract.TowerReader)
	from := func(tower string) source {
		return func(e contract.Entity, yield func(*contract.FeatureChunk) error) error {
			return r.TowerVectors(t.Context(), tower, e, yield)
		}
	}
	s.open(t, "a")
	if !s.info.Can(contract.CapabilityVectors) {
		if ok {
			mustBe(t, from("a")(contract.EntityItem, func(*contract.FeatureChunk) error { return nil }), contract.ErrUnsupported, "")
		}
		return
	}
	if !ok {
		t.Fatalf("%T has the capability %q without its method", s.b, contract.CapabilityVectors)
	}
	mustBe(t, from("nobody")(contract.EntityItem, func(*contract.FeatureChunk) error { return nil }), contract.ErrNotFound, "nobody")
	before := s.softTokens(t, towerUsers, from("a"))
	s.train(t, s.spec("a", contract.NextItem), s.documents(t, contract.NextItem))
	after := s.softTokens(t, towerUsers, from("a"))
	path := filepath.Join(t.TempDir(), "a.tower")
	if err := s.b.SaveTower(t.Context(), "a", path); err != nil {
		t.Fatal(err)
	}
	s.open(t, "b")
	if err := s.b.LoadTower(t.Context(), "b", path); err != nil {
		t.Fatal(err)
	}
	for i, loaded := range s.softTokens(t, towerUsers, from("b")) {
		if distance(after[i], loaded) != 0 {
			t.Errorf("row %d of a loaded tower is not that of the saved one", i)
		}
		if distance(before[i], after[i]) == 0 {
			t.Errorf("training left row %d where it was", i)
		}
	}
	stops(t, from("a"))
}

// softTokens are the rows of so many users and then of the items of a tower.
func (s *backboneSuite) softTokens(t T, users int, from source) [][]float32 {
	t.Helper()
	var rows [][]float32
	for _, e := range []struct {
		entity contract.Entity
		n      int
	}{{contract.EntityUser, users}, {contract.EntityItem, towerItems}} {
		got, err := readVectors(t, e.entity, users, towerItems, from)
		if err != nil || len(got) != e.n {
			t.Fatalf("a tower has %d vectors of %ss, want %d, error %v", len(got), e.entity, e.n, err)
		}
		for i := range int32(e.n) {
			if len(got[i]) != s.model.Hidden {
				t.Fatalf("%s %d has a vector of %d values, want %d", e.entity, i, len(got[i]), s.model.Hidden)
			}
			rows = append(rows, got[i])
		}
	}
	return rows
}

// otherProcess: a tower that was saved ranks the same bytes where it is loaded by
// another process.
func (s *backboneSuite) otherProcess(t T) {
	s.open(t, "a")
	s.train(t, s.spec("a", contract.NextItem), s.documents(t, contract.NextItem))
	path := filepath.Join(t.TempDir(), "a.tower")
	if err := s.b.SaveTower(t.Context(), "a", path); err != nil {
		t.Fatal(err)
	}
	other := &backboneSuite{o: s.o, b: s.another(t), info: s.info, model: s.model}
	if err := other.b.LoadTower(t.Context(), "a", path); err != nil {
		t.Fatal(err)
	}
	sameBytes(t, "saved and loaded", s.rank(t, "a", towerItems), other.rank(t, "a", towerItems))
}
