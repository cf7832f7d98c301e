package sdk

import "cllm4rec/core/contract"

// ServeDataset serves a dataset until the runner ends; it does not return.
func ServeDataset(d contract.Dataset) { serve(contract.KindDataset, d) }

// ServeRecommender serves a recommender until the runner ends; it does not return.
func ServeRecommender(r contract.Recommender) { serve(contract.KindRecommender, r) }

// ServeBackbone serves a backbone until the runner ends; it does not return. A
// contract.Pretrainer is served with its Pretrain.
func ServeBackbone(b contract.Backbone) { serve(contract.KindBackbone, b) }
