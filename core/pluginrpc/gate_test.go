package pluginrpc

import (
	"context"
	"errors"
	"testing"
)

// A call that its caller gave up on before it began must not run behind one that came
// later, such as a Begin that would forget the next one's data.
func TestACancelledCallDoesNotBegin(t *testing.T) {
	g := &gate{slot: make(chan struct{}, 1), ready: func() {}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // select chooses by chance
		err := g.pass(ctx, "/x/Begin", func(context.Context) error {
			t.Fatal("a cancelled call runs")
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
	}
}
