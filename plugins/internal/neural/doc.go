// Package neural is the room of the neural recommenders: an engine over libtorch
// that trains in epochs, ranks, saves and loads, so that a recommender is one file
// with the equations of its paper.
//
// # How a model is added
//
// A plugin is a folder of plugins/baselines (copy multivae). Its model file has
//
//   - Params, a struct whose tags are ranges, defaults and descriptions; batch and
//     learning rate are the model's own, under the names batch and learning_rate;
//   - New, which gives neural.New a Definition: name, summary, capabilities (fold_in
//     when a history is enough to rank) and the constructor of the model;
//   - a Model: Prepare looks at the data, Declare names the parameters, Phases says what
//     an epoch goes over, Loss computes a batch, Score ranks.
//
// Loss and Score read as the paper's equations, with shapes at the line's end. What
// they compute with is a Step: the operations of torch.Scope, P (a parameter), LookUp
// (rows of a table), Linear, Norm, Drop, Encode (a sparse row times a matrix),
// SoftmaxLoss (full softmax in chunks), BinaryCrossEntropy, Pairwise, SampledSoftmax,
// InBatch, Dots, and Pack and Blocks for sequences.
//
// # Parameters
//
// Parameters.Dense is moved as a whole by Adam in every step. Parameters.Table is an
// embedding table of which a step moves the rows that it looked up (LookUp), at a cost
// that does not depend on the size of the table. Parameters.Buffer is filled by a
// Finisher, such as vectors that were propagated through a graph.
//
// # Random numbers
//
// Order of examples, negatives, noise and dropout are functions of the seed, the epoch
// and the step: draw from Step.Draws in Loss, and from nothing else. There is no
// generator to store, and a resumed training is the uninterrupted one to the byte.
// The same streams exist in Python (neuraltest/draws.py), so that a fixture by plain
// PyTorch sees the same batches, negatives and noise.
//
// # Tests
//
// contracttest.Recommender in process and across one, neuraltest.Steps (PyTorch: first
// loss, gradients, weights and scores after ten steps and more), neuraltest.Promises
// (resume, threads, queries alone, memory, numbers that are none), neuraltest.Reaches
// for published figures.
package neural
