package pluginrpc

import (
	"context"
	"net"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/printable"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
)

// hostile is a plugin that answers every call with the same bytes: two messages, and
// a status if they make one.
type hostile struct {
	mu       sync.Mutex
	messages [][]byte
	end      error
}

func (h *hostile) set(data []byte, at int, fails bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at %= len(data) + 1
	h.messages, h.end = [][]byte{data[:at], data[at:]}, nil
	var s spb.Status
	if fails && proto.Unmarshal(data, &s) == nil {
		h.end = status.ErrorProto(&s)
	}
}

func (h *hostile) serve(_ any, stream grpc.ServerStream) error {
	h.mu.Lock()
	messages, end := h.messages, h.end
	h.mu.Unlock()
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	for _, m := range messages {
		if err := stream.SendMsg(m); err != nil {
			return err
		}
	}
	return end
}

// rawCodec lets bytes through.
type rawCodec struct{}

func (rawCodec) Name() string                       { return "proto" }
func (rawCodec) Marshal(v any) ([]byte, error)      { return v.([]byte), nil }
func (rawCodec) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }

// connect serves the hostile plugin to clients of every kind.
func (h *hostile) connect(f *testing.F) map[contract.Kind]any {
	f.Helper()
	pipe := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.UnknownServiceHandler(h.serve), grpc.ForceServerCodec(rawCodec{}))
	go func() { _ = server.Serve(pipe) }() // until Stop
	f.Cleanup(server.Stop)
	dial := grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return pipe.Dial() })
	conn, err := grpc.NewClient("passthrough:hostile", append(DialOptions(), dial, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = conn.Close() })
	clients := map[contract.Kind]any{}
	for _, kind := range contract.Kinds() {
		if clients[kind], err = (&served{kind: kind}).GRPCClient(context.Background(), nil, conn); err != nil {
			f.Fatal(err)
		}
	}
	return clients
}

// arguments are what a method of a client is called with: two empty elements in every
// slice, and functions that do nothing.
func arguments(ctx context.Context, method reflect.Type) []reflect.Value {
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < method.NumIn(); i++ {
		switch t := method.In(i); t.Kind() {
		case reflect.Slice:
			in = append(in, reflect.MakeSlice(t, 2, 2))
		case reflect.Func:
			in = append(in, reflect.MakeFunc(t, func([]reflect.Value) []reflect.Value {
				var out []reflect.Value
				for j := range t.NumOut() {
					out = append(out, reflect.Zero(t.Out(j)))
				}
				return out
			}))
		default:
			in = append(in, reflect.Zero(t))
		}
	}
	return in
}

// FuzzReplies answers every call of every client with foreign bytes: the host neither
// panics nor waits, nor takes fewer answers than it asked for, nor shows raw what it was
// told.
func FuzzReplies(f *testing.F) {
	h := &hostile{}
	clients := h.connect(f)
	f.Add([]byte{}, uint8(0), false)
	f.Add([]byte("\x0a\x04\x0a\x02\x00\x01\x12\x08\x00\x00\x80\x3f"), uint8(3), false)
	f.Add([]byte("\x08\x02\x12\x05\x1b[31m\x1a\x03abc"), uint8(0), true)
	f.Add([]byte("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), uint8(11), false)
	f.Fuzz(func(t *testing.T, data []byte, at uint8, fails bool) {
		h.set(data, int(at), fails)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for kind, client := range clients {
			value := reflect.ValueOf(client)
			for i := range value.NumMethod() {
				name, method := string(kind)+"."+value.Type().Method(i).Name, value.Method(i)
				out := method.Call(arguments(ctx, method.Type()))
				if ctx.Err() != nil {
					t.Fatalf("%s waits", name)
				}
				checkAnswer(t, name, out)
			}
		}
	})
}

func checkAnswer(t *testing.T, name string, out []reflect.Value) {
	t.Helper()
	if err, _ := out[len(out)-1].Interface().(error); err != nil {
		if text := err.Error(); strings.ContainsAny(text, "\x1b\a\u202e") {
			t.Errorf("%s: the error is shown raw: %q (%q)", name, text, printable.Text(text))
		}
		return
	}
	if first := out[0]; len(out) == 2 && first.Kind() == reflect.Slice && first.Type().Elem().Kind() != reflect.Uint8 && first.Len() != 2 {
		t.Errorf("%s gives %d answers to 2 questions", name, first.Len())
	}
}
