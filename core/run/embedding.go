package run

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/experiment"
	"cllm4rec/core/features"
	"cllm4rec/core/record"
	"cllm4rec/core/stage"
)

// embedBatch is how many texts a language model is asked about at a time.
const embedBatch = 64

// embedding is what a language model gave of texts.
type embedding struct {
	*features.Matrix
	seconds float64 // that it took to make, in all processes
}

// embed asks a language model for a vector of each item's document; an item without one
// has the zero vector. Rows of one data set share the answer, however they whiten it; with a
// store of stages all runs do.
func (x *execution) embed(ctx context.Context, f experiment.FeaturePlan) (*features.Matrix, error) {
	asked, place := time.Now(), len(x.rec.Plugins)-1 // before the method's own
	x.rec.Plugins = slices.Insert(x.rec.Plugins, place, recordPlugin(*f.Embedder))
	x.embedding.Lock()
	defer x.embedding.Unlock()
	documents, err := features.Documents(x.split.Training.Texts, f.Embed.Fields, x.split.Items.Len())
	if err != nil {
		return nil, err
	}
	result, err := x.plan.Embedding(x.plan.Datasets[x.event.Trial.Dataset], f, documents)
	if err != nil {
		return nil, err
	}
	if e := x.embedded[result.Key]; e != nil {
		x.spares(e.seconds, asked)
		return e.Matrix, nil
	}
	r := &reading{x: x, feature: f, documents: documents, seen: &x.rec.Plugins[place], asked: asked}
	e, err := r.vectors(ctx, x.sharedResult(result))
	if err != nil {
		return nil, err
	}
	x.embedded[result.Key] = e
	return e.Matrix, nil
}

// spares counts what another made as if this trial had, in place of the time that it has
// waited.
func (x *execution) spares(seconds float64, asked time.Time) {
	x.spared += seconds - time.Since(asked).Seconds()
}

// reading is a language model's way through documents.
type reading struct {
	x         *execution
	feature   experiment.FeaturePlan
	documents []string
	seen      *record.Plugin // the plugin in the record, which gets what it took
	state     readingState
	rows      []float32 // [state.Rows, state.Width]
	asked     time.Time // for the vectors
}

// readingState is how far a reading is, as its folder keeps it. Each file has the rows
// behind those of the file before, as little-endian float32.
type readingState struct {
	Rows    int      `json:"rows"`
	Width   int      `json:"width"`
	Files   []string `json:"files"`
	Seconds float64  `json:"seconds"`
}

// vectors takes the vectors from the store of stages, where there is one, or has the
// language model make them.
func (r *reading) vectors(ctx context.Context, shared *cllm4rec.Shared) (*embedding, error) {
	if r.x.Stages == nil {
		err := r.read(ctx, func() error { return nil })
		r.state.Seconds = time.Since(r.asked).Seconds()
		return r.embedding(), err
	}
	err := r.x.Stages.Do(ctx, stage.Job{
		Key: shared.Key, About: shared.About, Note: r.x.note,
		Make: func(ctx context.Context, work stage.Folder) error { return r.make(ctx, work) },
		Use: func(result stage.Folder, made bool) error {
			if made {
				return nil
			}
			if err := result.State(&r.state); err != nil {
				return err
			}
			r.x.spares(r.state.Seconds, r.asked)
			return r.load(result)
		},
		Lost: func() { r.state, r.rows = readingState{}, nil },
	})
	return r.embedding(), err
}

func (r *reading) embedding() *embedding {
	m := &features.Matrix{Rows: r.state.Rows, Width: r.state.Width, Dense: r.rows}
	return &embedding{m, r.state.Seconds}
}

// make reads the documents into a folder, from where an earlier process left off.
func (r *reading) make(ctx context.Context, work stage.Folder) error {
	found, err := work.Resume(&r.state, func() error { return r.load(work) }, r.x.note)
	if err != nil {
		return err
	}
	if !found {
		r.state, r.rows = readingState{}, nil
	}
	before, kept := r.state.Seconds, r.state.Rows
	r.x.spared += before
	began, pace := time.Now(), stage.NewPace(r.x.Checkpoint)
	save := func() error {
		r.state.Seconds = before + time.Since(began).Seconds()
		return r.save(work, &kept)
	}
	err = r.read(ctx, func() error {
		if !pace.Due() {
			return nil
		}
		return pace.Write(save)
	})
	if err != nil {
		return err
	}
	return save()
}

// save writes the rows behind the kept ones into a file of their own.
func (r *reading) save(work stage.Folder, kept *int) error {
	if r.state.Rows > *kept {
		name := fmt.Sprintf("rows-%d.f32", *kept)
		if err := disk.Replace(work.Path(name), bytesOf(r.rows[*kept*r.state.Width:])); err != nil {
			return err
		}
		r.state.Files = append(r.state.Files, name)
		*kept = r.state.Rows
	}
	return work.Commit(r.state, r.state.Files...)
}

// load reads the rows that the state names.
func (r *reading) load(from stage.Folder) error {
	r.rows = make([]float32, 0, r.state.Rows*r.state.Width)
	for _, name := range r.state.Files {
		raw, err := os.ReadFile(from.Path(name))
		if err != nil {
			return err
		}
		for i := 0; i+4 <= len(raw); i += 4 {
			r.rows = append(r.rows, math.Float32frombits(binary.LittleEndian.Uint32(raw[i:])))
		}
	}
	if len(r.rows) != r.state.Rows*r.state.Width || r.state.Rows > len(r.documents) {
		return contract.Errorf(contract.ErrBadData, "%s holds %d numbers, expected %d vectors of width %d of %d texts", from.Dir, len(r.rows), r.state.Rows, r.state.Width, len(r.documents))
	}
	return nil
}

func bytesOf(values []float32) []byte {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return raw
}

// read starts the language model's plugin, has it read the documents behind those that
// have vectors, and stops it. after is called behind each batch.
func (r *reading) read(ctx context.Context, after func() error) error {
	x, plan := r.x, *r.feature.Embedder
	if err := planned(plan); err != nil {
		return err
	}
	p, err := x.Plugins.Backbone(ctx, plan.Name, plan.Params)
	if err != nil {
		return err
	}
	defer func() {
		took(r.seen, p.Usage())
		stop(ctx, p)
	}()
	if err := sameBinary(plan, p.Checksum); err != nil {
		return err
	}
	embedder, ok := p.Plugin.(contract.Embedder)
	if !ok || !p.Info.Can(contract.CapabilityEmbed) {
		return contract.Errorf(contract.ErrUnsupported, "backbone plugin %s gives no vectors of texts", plan.Name)
	}
	info, err := p.Plugin.Load(ctx, contract.Resources{Threads: x.Threads, Device: x.deviceOf(plan)}, x.progress)
	if err != nil {
		return err
	}
	r.state.Width = info.Hidden
	for r.state.Rows < len(r.documents) {
		if err := r.batch(ctx, embedder); err != nil {
			return err
		}
		x.progress.Report(contract.Progress{Stage: "embed", Done: int64(r.state.Rows), Total: int64(len(r.documents)), Unit: "text"})
		if err := after(); err != nil {
			return err
		}
	}
	return nil
}

// batch has the next documents read.
func (r *reading) batch(ctx context.Context, e contract.Embedder) error {
	lo, width := r.state.Rows, r.state.Width
	texts := r.documents[lo:min(lo+embedBatch, len(r.documents))]
	vectors, err := e.Embed(ctx, contract.EmbedSpec{Pooling: r.feature.Embed.Pooling}, texts)
	if err != nil {
		return err
	}
	for i, v := range vectors {
		if len(v) != width || len(vectors) != len(texts) {
			return contract.Errorf(contract.ErrBadData, "the backbone gave %d vectors for %d texts, that of text %d of width %d, expected %d", len(vectors), len(texts), lo+i, len(v), width)
		}
		if slices.ContainsFunc(v, func(f float32) bool { return f-f != 0 }) {
			return contract.Errorf(contract.ErrNonFinite, "the backbone gave a vector of text %d that holds NaN or infinite values", lo+i)
		}
		r.rows = append(r.rows, v...)
	}
	r.state.Rows += len(vectors)
	return nil
}
