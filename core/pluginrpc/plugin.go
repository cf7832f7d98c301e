package pluginrpc

import (
	"context"
	"encoding/json"
	"fmt"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
	"cllm4rec/core/printable"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Serving is the plugin set of a process that serves p, which implements the
// contract of kind.
func Serving(kind contract.Kind, p contract.Plugin) plugin.PluginSet {
	return plugin.PluginSet{Name: &served{kind: kind, impl: p}}
}

// Using is the plugin set of a runner that dispenses a plugin of kind; what
// Dispense returns is a contract.Dataset, Recommender or Pretrainer.
func Using(kind contract.Kind, d Diagnose) plugin.PluginSet {
	return plugin.PluginSet{Name: &served{kind: kind, diagnose: d}}
}

// served is go-plugin's view of a plugin; impl is set in the plugin, diagnose
// in the runner.
type served struct {
	plugin.NetRPCUnsupportedPlugin
	kind     contract.Kind
	impl     contract.Plugin
	diagnose Diagnose
}

// GRPCServer registers the services of the kind.
func (p *served) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	v1.RegisterPluginServer(s, &pluginServer{impl: p.impl})
	switch impl := p.impl.(type) {
	case contract.Dataset:
		v1.RegisterDatasetServer(s, &datasetServer{impl: impl})
	case contract.Recommender:
		v1.RegisterRecommenderServer(s, &recommenderServer{impl: impl})
	case contract.Backbone:
		v1.RegisterBackboneServer(s, &backboneServer{impl: impl})
	default:
		return fmt.Errorf("%T is no plugin of kind %s", p.impl, p.kind)
	}
	return nil
}

// GRPCClient makes the client of the kind.
func (p *served) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	base := pluginClient{rpc: v1.NewPluginClient(conn), diagnose: p.diagnose}
	switch p.kind {
	case contract.KindDataset:
		return &datasetClient{base, v1.NewDatasetClient(conn)}, nil
	case contract.KindRecommender:
		return &recommenderClient{base, v1.NewRecommenderClient(conn)}, nil
	case contract.KindBackbone:
		return &backboneClient{base, v1.NewBackboneClient(conn)}, nil
	}
	return nil, fmt.Errorf("there is no plugin kind %q", p.kind)
}

type pluginServer struct {
	v1.UnimplementedPluginServer
	impl contract.Plugin
}

func (s *pluginServer) Info(ctx context.Context, _ *v1.InfoRequest) (*v1.InfoReply, error) {
	i, err := s.impl.Info(ctx)
	if err != nil {
		return nil, err
	}
	reply := &v1.InfoReply{
		Kind: kindCodes.wire(i.Kind), Name: i.Name, Version: i.Version, ContractVersion: int32(i.ContractVersion),
		Summary: i.Summary, Schema: i.Schema, Semantics: int32(i.Semantics), Check: checkToWire(i.Check),
	}
	for _, a := range i.Capabilities {
		reply.Capabilities = append(reply.Capabilities, string(a))
	}
	return reply, nil
}

func (s *pluginServer) Configure(ctx context.Context, req *v1.ConfigureRequest) (*v1.ConfigureReply, error) {
	resolved, err := s.impl.Configure(ctx, json.RawMessage(req.Params))
	return &v1.ConfigureReply{Resolved: resolved}, err
}

func (s *pluginServer) Close(ctx context.Context, _ *v1.CloseRequest) (*v1.CloseReply, error) {
	return &v1.CloseReply{}, s.impl.Close(ctx)
}

// pluginClient is what the clients of all kinds have in common.
type pluginClient struct {
	rpc      v1.PluginClient
	diagnose Diagnose
}

// Info asks the plugin what it is.
func (c *pluginClient) Info(ctx context.Context) (contract.Info, error) {
	r, err := c.rpc.Info(ctx, &v1.InfoRequest{})
	if err != nil {
		return contract.Info{}, c.diagnose.fail(ctx, err)
	}
	i := contract.Info{
		Kind: kindCodes.word(r.Kind), Name: r.Name, Version: printable.Line(r.Version), ContractVersion: int(r.ContractVersion),
		Summary: printable.Line(r.Summary), Schema: r.Schema, Semantics: int(r.Semantics), Check: checkFromWire(r.Check),
	}
	for _, a := range r.Capabilities {
		i.Capabilities = append(i.Capabilities, contract.Capability(a))
	}
	return i, nil
}

// Configure hands the parameters over and returns them with their defaults.
func (c *pluginClient) Configure(ctx context.Context, params json.RawMessage) (json.RawMessage, error) {
	r, err := c.rpc.Configure(ctx, &v1.ConfigureRequest{Params: params})
	if err != nil {
		return nil, c.diagnose.fail(ctx, err)
	}
	return r.Resolved, nil
}

// Close cancels the call in hand and closes the plugin; closing twice is no error.
func (c *pluginClient) Close(ctx context.Context) error {
	_, err := c.rpc.Close(ctx, &v1.CloseRequest{})
	return c.diagnose.fail(ctx, err)
}
