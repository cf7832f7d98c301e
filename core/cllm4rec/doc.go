// Package cllm4rec is the training pipeline of CLLM4Rec (Zhu, Wu, Guo, Hong,
// Li, "Collaborative Large Language Model for Recommender Systems", WWW 2024,
// arXiv 2311.01343) over any contract.Backbone: warm-up, mutually regularised
// pretraining, recommendation-oriented finetuning, ranking.
//
// Two towers of soft tokens share one frozen language model: the collaborative
// tower reads interactions, the content tower reads texts, and a Gaussian prior
// pulls each toward the other, which is held fixed meanwhile:
//
//	warm-up     content tower alone, no prior                       warmup.go
//	pretraining per epoch one full L pass (next item, collaborative
//	            tower), then one full C pass (next word, content)   pretrain.go
//	finetuning  per epoch one pass of masked histories (multinomial,
//	            collaborative tower), a validation, one C pass      finetune.go
//	joint       masked histories once more, with another method's
//	            scores added to the logits, where asked for         joint.go
//	ranking     the collaborative tower's item head at the last
//	            token of the question                               rank.go
//	newcomers   users and items that it was not trained on,
//	            where the settings say how they are served          newcomers.go
//
// With lambda_c, lambda_l the precisions of the priors and ^ for what is held
// fixed, an example of the L pass costs
//
//	sum_k -ln p_l(x_k | x_<k, prompt) + lambda_c/2 sum_t m^c_t |z^l_t - ^z^c_t|^2
//	                                  + lambda_l/2 sum_t |z^l_t|^2
//
// and one of the C pass
//
//	sum_k -ln p_c(x_k | x_<k, prompt) + lambda_c/2 sum_t m^l_t |z^c_t - ^z^l_t|^2
//
// where t runs over the user and item tokens of the example, as often as they
// stand there, and m is 1 for a token that some training step of the other tower
// had in a prompt, in a main text or as a target, else 0. With item texts alone no
// text mentions a user: z^c of a user has no likelihood, so its optimum is z^c =
// z^l, which pulls nowhere. Pulling toward its random start instead would be a
// zero-mean prior of strength lambda_c in disguise; that is what
// prior_on_unmentioned (m = 1 throughout), and so fidelity code, does.
//
// More than the soft tokens may train (train.go: the paper's LLM-FtAll and
// LLM-Scratch, and LoRA); each tower then has its own copy of what does. Adam may
// be given clipping, weight decay and a schedule, which runs over each stage anew
// (schedule.go). All of that is off unless asked for, as in the paper.
//
// Where the released code (github.com/yaochenzhu/LLM4Rec) departs from the
// paper there is a switch; `fidelity` sets them all (settings.go). The order of
// the passes is that of src/training.py and src/finetuning.py, with these
// departures:
//   - Adam keeps its moments from warm-up to pretraining, as in training.py,
//     and starts afresh for finetuning; nothing is restarted within a stage.
//   - Patience may end finetuning early; the last content pass is then left out.
//   - A history is reordered by a generator seeded per (seed, stage, epoch,
//     user); data.py uses Python's global one and is not deterministic.
//   - Users without training items are skipped and counted; data.py fails on them.
//   - Documents with nothing to predict (one main token, predict_first false)
//     are skipped and counted; in the code their tokens still meet the prior.
//   - The question is asked in the same words in training and prediction, but
//     only training prompts have masked items. The paper writes them "[mask]":
//     mask_token word spells that with the frozen words of the language model,
//     since only user and item tokens train. The code drops them.
//   - A history that is too long loses items, not the question (core/prompt).
//   - Batches are those of one process; the authors ran eight of 20 documents.
package cllm4rec
