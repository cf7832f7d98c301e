package conformance

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
)

// state: what was saved ranks the same bytes in another process, without training
// data; with them, an EpochTrainer goes on as if it had not been interrupted.
func (s *recommenderSuite) state(t T) {
	path, queries := filepath.Join(t.TempDir(), "state.safetensors"), QueriesOf(s.set, SuiteItems)
	if !s.info.Can(contract.CapabilityState) {
		if r, ok := s.fresh(t).(contract.Stateful); ok {
			mustBe(t, r.Save(t.Context(), path), contract.ErrUnsupported, "")
			mustBe(t, r.Load(t.Context(), path), contract.ErrUnsupported, "")
		}
		return
	}
	mustBe(t, s.fresh(t).(contract.Stateful).Save(t.Context(), path), contract.ErrOrder, "")
	r := s.trained(t)
	s.save(t, r, path)
	want := s.rank(t, r, queries)
	loaded := s.load(t, s.fresh(t), path)
	sameBytes(t, "saved and loaded", want, s.rank(t, loaded, queries))
	s.sameVectors(t, r, loaded)
	s.save(t, loaded, path) // over the first file
	sameBytes(t, "saved and loaded twice", want, s.rank(t, s.load(t, s.fresh(t), path), queries))
	other := s.fresh(t)
	s.train(t, other, contract.FitSpec{Users: SuiteUsers, Items: SuiteItems, Seed: 12}, s.set)
	sameBytes(t, "loaded over another model", want, s.rank(t, s.load(t, other, path), queries))
	if s.info.Can(contract.CapabilityEpochs) {
		s.goesOn(t, r, loaded, path)
	}
}

// sameVectors: a model that was loaded gives the vectors that it gave when it was trained.
func (s *recommenderSuite) sameVectors(t T, trained, loaded contract.Recommender) {
	t.Helper()
	if !s.info.Can(contract.CapabilityVectors) {
		return
	}
	for _, entity := range contract.Entities() {
		want, err := readVectors(t, entity, SuiteUsers, SuiteItems, vectorsOf(t, trained))
		if errors.Is(err, contract.ErrUnsupported) {
			continue
		}
		got, loadedErr := readVectors(t, entity, SuiteUsers, SuiteItems, vectorsOf(t, loaded))
		if err != nil || loadedErr != nil || !maps.EqualFunc(want, got, slices.Equal[[]float32]) {
			t.Errorf("the %s vectors of a model that was loaded are others than those when it was trained (errors %v, %v)", entity, loadedErr, err)
		}
	}
}

func (s *recommenderSuite) goesOn(t T, r, loaded contract.Recommender, path string) {
	next, queries := s.o.Epochs+1, QueriesOf(s.set, SuiteItems)
	_, err := loaded.(contract.EpochTrainer).Epoch(t.Context(), contract.EpochSpec{Number: next}, nil)
	mustBe(t, err, contract.ErrOrder, "")
	resumed := s.fresh(t)
	if err := s.take(t.Context(), resumed, s.spec(1), s.stream(s.set)); err != nil {
		t.Fatal(err)
	}
	s.load(t, resumed, path)
	_, err = resumed.(contract.EpochTrainer).Epoch(t.Context(), contract.EpochSpec{Number: 1}, nil)
	mustBe(t, err, contract.ErrOrder, "")
	for n := next; n < next+2; n++ { // the second one shows the optimiser's state
		mustEpoch(t, r, n)
		mustEpoch(t, resumed, n)
	}
	same(t, "trained on and resumed", s.rank(t, r, queries), s.rank(t, resumed, queries), s.o.Tolerance)
}

// save writes a state and checks that it is one whole safetensors file.
func (s *recommenderSuite) save(t T, r contract.Recommender, path string) {
	t.Helper()
	if err := r.(contract.Stateful).Save(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("saving left %v, error %v", entries, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkSafetensors(t, data)
}

func (s *recommenderSuite) load(t T, r contract.Recommender, path string) contract.Recommender {
	t.Helper()
	if err := r.(contract.Stateful).Load(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return r
}

// checkSafetensors looks at the frame of the format: a length of eight bytes, a JSON
// header of that length, and the data that its entries speak of.
func checkSafetensors(t T, data []byte) {
	t.Helper()
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		t.Fatalf("a state of %d bytes is no safetensors file", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+n], &header); err != nil {
		t.Fatalf("a state is no safetensors file: %v", err)
	}
	end := uint64(0)
	for name, raw := range header {
		var entry struct {
			DType   string    `json:"dtype"`
			Offsets [2]uint64 `json:"data_offsets"`
		}
		if name == "__metadata__" {
			continue
		}
		if err := json.Unmarshal(raw, &entry); err != nil || entry.DType == "" {
			t.Fatalf("the state's tensor %q is no entry of safetensors: %s, error %v", name, raw, err)
		}
		end = max(end, entry.Offsets[1])
	}
	if end != uint64(len(data))-8-n {
		t.Errorf("the state's tensors end at byte %d of %d", end, uint64(len(data))-8-n)
	}
}

func (s *recommenderSuite) badStates(t T) {
	if !s.info.Can(contract.CapabilityState) {
		return
	}
	r, dir := s.fresh(t).(contract.Stateful), t.TempDir()
	mustBe(t, r.Load(t.Context(), filepath.Join(dir, "missing.state")), contract.ErrNotFound, "missing.state")
	good := filepath.Join(dir, "good")
	if err := s.ready.(contract.Stateful).Save(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	other := foreignState()
	checkSafetensors(t, other)
	for name, content := range map[string][]byte{
		"text.state": []byte("this is no state at all, but it is long enough"), "empty.state": nil,
		"short.state": data[:len(data)-1], "header.state": data[:12], "foreign.state": other,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		mustBe(t, r.Load(t.Context(), path), contract.ErrBadData, name)
	}
	_, err = r.Rank(t.Context(), contract.RankSpec{}, QueriesOf(s.set, 3))
	mustBe(t, err, contract.ErrOrder, "")
	s.load(t, r, good)
}

// foreignState is a safetensors file of somebody else: one tensor of one number.
func foreignState() []byte {
	head := `{"__metadata__":{"of":"another"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return append(append(data, head...), 0, 0, 0x80, 0x3f)
}
