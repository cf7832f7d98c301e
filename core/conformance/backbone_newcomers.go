package conformance

import (
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
)

// further is how many users the suite's towers for newcomers have beside the others.
const further = 2

// newcomers: a tower for newcomers ranks as the one that it is made of for those whom
// that one knows, has the mean of known users for others, and items as asked for.
func (s *backboneSuite) newcomers(t T) {
	_, ok := s.b.(contract.Newcomers)
	if !s.info.Can(contract.CapabilityNewcomers) {
		if ok {
			s.open(t, "a")
			mustBe(t, s.welcome(t, contract.NewcomerSpec{Name: "new", Of: "a"}), contract.ErrUnsupported, "")
		}
		return
	}
	if !ok {
		t.Fatalf("%T has the capability %q without its method", s.b, contract.CapabilityNewcomers)
	}
	t.Run("what is wrong is named", s.wrongNewcomers)
	t.Run("those whom the tower knows are ranked for as before", s.knownThere)
	if s.info.Can(contract.CapabilityVectors) {
		t.Run("tokens are those that were asked for", s.newTokens)
		t.Run("fitting moves the tokens of its users alone, each by itself", s.fitsUsers)
	}
}

func (s *backboneSuite) welcome(t T, spec contract.NewcomerSpec) error {
	t.Helper()
	return s.b.(contract.Newcomers).OpenNewcomers(t.Context(), spec)
}

func (s *backboneSuite) wrongNewcomers(t T) {
	s.open(t, "a")
	other := TowerSpec("other", contract.Trainable{})
	other.Items++
	if err := s.b.OpenTower(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for names, spec := range map[string]contract.NewcomerSpec{
		"no name": {Of: "a"}, "the name of its tower": {Name: "a", Of: "a"}, "too few users": {Name: "new", Of: "a", Users: -1},
		"an unknown start": {Name: "new", Of: "a", Items: "some"}, "no other tower": {Name: "new", Of: "a", Items: contract.ItemsOfTower},
		"another tower for nothing": {Name: "new", Of: "a", From: "other"}, "other items": {Name: "new", Of: "a", Items: contract.ItemsOfTower, From: "other"},
		"no map": {Name: "new", Of: "a", Items: contract.ItemsOfMap},
	} {
		if err := s.welcome(t, spec); !contract.IsBadInput(err) {
			t.Errorf("%s: error %v, want one about the input", names, err)
		}
	}
	mustBe(t, s.welcome(t, contract.NewcomerSpec{Name: "new", Of: "nobody"}), contract.ErrNotFound, "nobody")
	mustBe(t, s.welcome(t, contract.NewcomerSpec{Name: "new", Of: "a", Items: contract.ItemsOfTower, From: "nobody"}), contract.ErrNotFound, "nobody")
	if err := s.welcome(t, contract.NewcomerSpec{Name: "new", Of: "a", Users: further}); err != nil {
		t.Fatal(err)
	}
	mustBe(t, s.b.SaveTower(t.Context(), "new", filepath.Join(t.TempDir(), "new.tower")), contract.ErrUnsupported, "new")
	mustBe(t, s.welcome(t, contract.NewcomerSpec{Name: "newer", Of: "new"}), contract.ErrInvalid, "new")
}

// knownThere trains in each mode, and asks both towers for users whom training knows.
func (s *backboneSuite) knownThere(t T) {
	lora := contract.Trainable{Mode: contract.TrainLoRA, LoRA: contract.LoRA{Rank: 2, Alpha: 2, Dropout: 0.1}}
	for _, train := range []contract.Trainable{{}, {Mode: contract.TrainAll}, lora} {
		if s.info.Supports(train) != nil {
			continue
		}
		s.openAs(t, "a", train)
		s.train(t, s.spec("a", contract.Multinomial), s.documents(t, contract.Multinomial))
		if err := s.welcome(t, contract.NewcomerSpec{Name: "new", Of: "a", Users: further}); err != nil {
			t.Fatal(err)
		}
		prompts, queries := s.prompts(t, towerItems)
		for i := range prompts {
			prompts[i].Prompt = s.amongNewcomers(prompts[i].Prompt)
		}
		rankings, err := s.b.Rank(t.Context(), "new", contract.RankSpec{Ties: contract.Ties{Seed: 1}}, prompts)
		if err != nil {
			t.Fatal(err)
		}
		checkRankings(t, rankings, queries, towerItems)
		same(t, "for newcomers "+string(train.Mode), s.rank(t, "a", towerItems), rankings, s.o.Tolerance)
	}
}

// amongNewcomers has the tokens of items behind those of the further users.
func (s *backboneSuite) amongNewcomers(tokens []int32) []int32 {
	tokens = slices.Clone(tokens)
	for i, token := range tokens {
		if token >= s.item(0) {
			tokens[i] += further
		}
	}
	return tokens
}

// met trains tower a on users 0 and 1 and items 0 to 3, and the content tower b on item 5.
func (s *backboneSuite) met(t T, mapped bool) {
	t.Helper()
	s.open(t, "a")
	s.open(t, "b")
	if mapped {
		if err := s.mapItems(t, "a"); err != nil {
			t.Fatal(err)
		}
	}
	docs := s.documents(t, contract.NextItem)[:2]
	for range 3 {
		s.train(t, s.spec("a", contract.NextItem), docs)
	}
	d := s.documents(t, contract.NextWord)[0]
	d.Prompt = append([]int32{s.item(5)}, d.Prompt[1:]...)
	s.train(t, s.spec("b", contract.NextWord), []contract.Example{d})
}

func (s *backboneSuite) newTokens(t T) {
	starts := map[contract.ItemStart]string{contract.ItemsAsTheyAre: "", contract.ItemsOfTower: "b"}
	if s.info.Can(contract.CapabilityItemMap) {
		starts[contract.ItemsOfMap] = ""
	}
	for start, from := range starts {
		s.met(t, start == contract.ItemsOfMap)
		if err := s.welcome(t, contract.NewcomerSpec{Name: "new", Of: "a", Users: further, Items: start, From: from}); err != nil {
			t.Fatal(err)
		}
		of, other, got := s.tokensOf(t, "a"), s.tokensOf(t, "b"), s.tokensAmong(t, "new", towerUsers+further)
		if len(got) != towerUsers+further+towerItems {
			t.Fatalf("%q: %d tokens, expected %d", start, len(got), towerUsers+further+towerItems)
		}
		for u := range towerUsers {
			if distance(got[u], of[u]) > 0 {
				t.Errorf("%q: user %d has another token", start, u)
			}
		}
		mean := make([]float32, s.model.Hidden)
		for k := range mean {
			mean[k] = (of[0][k] + of[1][k]) / 2
		}
		for u := towerUsers; u < towerUsers+further; u++ {
			if d := distance(got[u], mean); d > s.o.Tolerance {
				t.Errorf("%q: further user %d is %v from the mean of the known users", start, u, d)
			}
		}
		for j, z := range got[towerUsers+further:] {
			s.newItem(t, start, j, z, of[towerUsers+j], other[towerUsers+j])
		}
	}
}

// newItem: items 0 to 3 are known; of the others b knows item 5, and the map gives items 0
// and 1 the same features and the last item none.
func (s *backboneSuite) newItem(t T, start contract.ItemStart, j int, got, own, other []float32) {
	t.Helper()
	want := own
	switch {
	case j <= 3:
	case start == contract.ItemsOfTower && j == 5:
		want = other
	case start == contract.ItemsOfMap && j == towerItems-1:
		want = make([]float32, len(own))
	case start == contract.ItemsOfMap:
		if distance(got, own) == 0 {
			t.Errorf("item %d kept the residual of its training", j)
		}
		return
	}
	if d := distance(got, want); d > s.o.Tolerance {
		t.Errorf("%q: the token of item %d is %v from the one that it should have", start, j, d)
	}
}

// fitsUsers fits two newcomers together, and the first one alone.
func (s *backboneSuite) fitsUsers(t T) {
	s.met(t, false)
	docs := s.documents(t, contract.Multinomial)[:further]
	for i := range docs {
		docs[i].Prompt = append([]int32{s.user(towerUsers + i)}, docs[i].Prompt[1:]...)
	}
	fit := func(docs []contract.Example) [][]float32 {
		if err := s.welcome(t, contract.NewcomerSpec{Name: "new", Of: "a", Users: further}); err != nil {
			t.Fatal(err)
		}
		spec := s.spec("new", contract.Multinomial)
		spec.Reduction = contract.BatchSum
		first := s.train(t, spec, docs)
		last := first
		for range 10 {
			last = s.train(t, spec, docs)
		}
		if !(last.Loss < first.Loss) {
			t.Errorf("the loss went from %v to %v", first.Loss, last.Loss)
		}
		return s.tokensAmong(t, "new", towerUsers+further)
	}
	before := s.tokensOf(t, "a")
	both, alone := fit(docs), fit(docs[:1])
	for at, z := range before {
		row := at
		if at >= towerUsers {
			row += further
		}
		if distance(both[row], z) > 0 {
			t.Errorf("token %d moved, which is not of a newcomer", at)
		}
	}
	if d := distance(both[towerUsers], alone[towerUsers]); d > 10*s.o.Tolerance {
		t.Errorf("a newcomer's token is %v away when another one is fitted beside it", d)
	}
	if distance(alone[towerUsers], alone[towerUsers+1]) == 0 {
		t.Error("the token of a newcomer did not move")
	}
	for at, z := range s.tokensOf(t, "a") {
		if distance(z, before[at]) > 0 {
			t.Errorf("token %d of the tower that newcomers came to moved", at)
		}
	}
}
