package sdk

import (
	"context"
	"fmt"
	"os"

	"cllm4rec/core/contract"
	"cllm4rec/core/pluginrpc"

	"github.com/hashicorp/go-plugin"
)

// ServeDataset serves a dataset until the runner ends; it does not return.
func ServeDataset(d contract.Dataset) { serve(contract.KindDataset, d) }

// ServeRecommender serves a recommender until the runner ends; it does not return.
func ServeRecommender(r contract.Recommender) { serve(contract.KindRecommender, r) }

// ServeBackbone serves a backbone until the runner ends; it does not return. A
// contract.Pretrainer is served with its Pretrain.
func ServeBackbone(b contract.Backbone) { serve(contract.KindBackbone, b) }

func serve(kind contract.Kind, p contract.Plugin) {
	if err := prepare(kind, p); err != nil {
		_, _ = fmt.Fprintln(stdio.log, err)
		os.Exit(pluginrpc.ExitRefused)
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: pluginrpc.Handshake(kind),
		Plugins:         pluginrpc.Serving(kind, p),
		GRPCServer:      pluginrpc.NewServer(Logger(), stdio.restore),
		Logger:          libraryLogger(),
	})
	askGroup()
	os.Exit(0)
}

// prepare checks that the runner started this process and wants this kind, and
// ties the process to the runner's life.
func prepare(kind contract.Kind, p contract.Plugin) error {
	info, err := p.Info(context.Background())
	if err != nil {
		return err
	}
	if err := pluginrpc.CheckHandshake(kind, info.Name, os.Getenv); err != nil {
		return err
	}
	if err := watchParent(); err != nil {
		return err
	}
	return stdio.filterStdout()
}
