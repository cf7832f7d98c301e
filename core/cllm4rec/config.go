package cllm4rec

import (
	"cllm4rec/core/contract"
	"cllm4rec/core/prompt"
	"cllm4rec/core/train"
)

// Config is the `cllm4rec:` block of an experiment file, without the backbone.
// What is left out (nil or "") follows from Fidelity; Resolve fills it in.
type Config struct {
	Fidelity Fidelity `json:"fidelity,omitempty" jsonschema:"enum=paper,enum=code" jsonschema_description:"follow the paper (default) or the released code wherever they differ; every switch can also be set alone"`
	Content  *bool    `json:"content,omitempty" jsonschema_description:"train a content tower on texts (default true); false is the paper's LLM-CF"`

	Warmup   Warmup       `json:"warmup,omitzero" jsonschema_description:"content tower alone, without prior"`
	Pretrain Pretrain     `json:"pretrain,omitzero" jsonschema_description:"mutually regularised pretraining"`
	Finetune Finetune     `json:"finetune,omitzero" jsonschema_description:"recommendation-oriented finetuning; 0 epochs is the paper's LLM-PreRec"`
	Select   train.Select `json:"select,omitzero" jsonschema_description:"which epoch's tower ranks"`

	Tokens   Tokens   `json:"tokens,omitzero" jsonschema_description:"what the item tokens of the collaborative tower are made of"`
	ItemBias *bool    `json:"item_bias,omitempty" jsonschema_description:"the item head of the collaborative tower has a trained bias per item (default false)"`
	Prompts  *int     `json:"prompts,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"a ranking is by the mean of the logits over so many prompts, whose histories are shuffled apart (default 1)"`
	Cold     Cold     `json:"cold,omitzero" jsonschema_description:"how users and items without a training interaction are served"`
	Rank     Rank     `json:"rank,omitzero" jsonschema_description:"how items are ranked once the towers are trained"`
	Head     Head     `json:"head,omitempty" jsonschema:"enum=own,enum=extended" jsonschema_description:"main tokens are predicted, in warm-up, pretraining and the content passes of finetuning, items among items and words among words (own: paper, default) or all among words, users and items together, by one softmax over the extended vocabulary (extended)"`
	MainText MainText `json:"main_text,omitempty" jsonschema:"enum=homogeneous,enum=heterogeneous" jsonschema_description:"those passes predict what stands behind a document's prompt, which is of one kind (homogeneous: paper, default), or all behind the document's first token, prompt included (heterogeneous; needs head: extended); predict_first holds for the first of that"`
	Linear   *Linear  `json:"linear,omitempty" jsonschema_description:"adds the scores of another method (CLLM4Rec+R)"`
	Joint    *Joint   `json:"joint,omitempty" jsonschema_description:"trains on with the scores of another method added to the logits; as if it did not know the user"`

	Train     Train     `json:"train,omitzero" jsonschema_description:"which parts of the language model train beside the soft tokens (default none)"`
	Optimiser Optimiser `json:"optimiser,omitzero" jsonschema_description:"clipping; weight decay and schedule of the learning rate (default none of them)"`

	Batch     *int     `json:"batch,omitempty" jsonschema:"minimum=1,maximum=1000000000" jsonschema_description:"documents per training step (default 20)"`
	RankBatch *int     `json:"rank_batch,omitempty" jsonschema:"minimum=1,maximum=1000000000" jsonschema_description:"prompts per ranking call (default 256); it changes no result"`
	MaxLength *int     `json:"max_length,omitempty" jsonschema:"minimum=0,maximum=1000000000" jsonschema_description:"tokens per sequence; 0 (default) is the language model's own limit"`
	Dropout   *float64 `json:"dropout,omitempty" jsonschema:"minimum=-1,exclusiveMaximum=1" jsonschema_description:"dropout rate in training; -1 (default) takes the language model's own rates"`
	InitStd   *float64 `json:"init_std,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"standard deviation of new soft tokens (default 0.02)"`

	Switches

	Templates map[prompt.Name]string `json:"templates,omitempty" jsonschema_description:"templates by name (collaborative; a document kind; finetuning) that replace those of the wording; placeholders are {user} {item} {items}"`
	MaskText  string                 `json:"mask_text,omitempty" jsonschema_description:"the word for a masked item when mask_token is word (default [mask])"`
}

// Switches are the points on which paper and released code differ.
type Switches struct {
	Targets            Targets             `json:"targets,omitempty" jsonschema:"enum=held_out,enum=all" jsonschema_description:"finetuning predicts the held-out items only (paper) or all training items of the user (code)"`
	ItemOrder          Order               `json:"item_order,omitempty" jsonschema:"enum=shuffled,enum=index,enum=history" jsonschema_description:"order of a user's items in pretraining: shuffled each epoch (paper), ascending index (code) or as in the data"`
	FinetuneOrder      Order               `json:"finetune_order,omitempty" jsonschema:"enum=shuffled,enum=index,enum=history" jsonschema_description:"order of a user's items in finetuning and ranking prompts: shuffled (both); LLM-FixOrd sets index here and in item_order"`
	PredictFirst       *bool               `json:"predict_first,omitempty" jsonschema_description:"the first main token is predicted from the prompt (paper: true; code: false)"`
	Loss               Loss                `json:"loss,omitempty" jsonschema:"enum=document_sum,enum=token_mean" jsonschema_description:"language-model loss: sum over a document's tokens, mean over documents (paper) or mean over the batch's tokens (code)"`
	PriorScale         PriorScale          `json:"prior_scale,omitempty" jsonschema:"enum=document,enum=batch" jsonschema_description:"prior: lambda/2 times the squared norm, mean over documents (paper) or lambda times the sum over the batch (code)"`
	PriorOnTargets     *bool               `json:"prior_on_targets,omitempty" jsonschema_description:"finetuning targets are regularised too (paper: true; code: false)"`
	PriorOnUnmentioned *bool               `json:"prior_on_unmentioned,omitempty" jsonschema_description:"tokens that the other tower's examples never mention (users without texts, items without text) are pulled toward that tower's random start too (paper: false, since z^c is then free; code: true)"`
	ZeroPrior          *bool               `json:"zero_prior,omitempty" jsonschema_description:"lambda_l is in effect: collaborative tokens are pulled toward zero (paper: true; code: false)"`
	DocumentOrder      DocumentOrder       `json:"document_order,omitempty" jsonschema:"enum=shuffled,enum=fixed" jsonschema_description:"order of documents across batches: shuffled each epoch (paper) or fixed (code)"`
	CollaborativeStart Start               `json:"collaborative_start,omitempty" jsonschema:"enum=last,enum=best" jsonschema_description:"collaborative tower that enters finetuning: of the last epoch (paper) or of the least training loss (code)"`
	ContentStart       Start               `json:"content_start,omitempty" jsonschema:"enum=last,enum=best" jsonschema_description:"content tower that enters finetuning: of the last epoch (paper) or of the least training loss with prior, warm-up epochs without prior included (code)"`
	ContentDropout     *bool               `json:"content_dropout,omitempty" jsonschema_description:"dropout is active in the content passes of finetuning (paper: true; code: false, since validation leaves the shared language model in evaluation mode)"`
	Documents          []contract.TextKind `json:"documents,omitempty" jsonschema:"minItems=1,uniqueItems=true,enum=review,enum=biography,enum=title,enum=description,enum=tags,enum=categories,enum=brand" jsonschema_description:"kinds of text to train on (paper: all; code: reviews)"`
	Wording            prompt.Wording      `json:"wording,omitempty" jsonschema:"enum=paper,enum=code" jsonschema_description:"wording of the prompts"`
	MaskToken          MaskToken           `json:"mask_token,omitempty" jsonschema:"enum=word,enum=drop" jsonschema_description:"a masked item is a word in the prompt (paper: [mask]) or leaves no trace (code)"`
}

// Warmup is stage 1.
type Warmup struct {
	Epochs *int     `json:"epochs,omitempty" jsonschema:"minimum=0,maximum=1000000000" jsonschema_description:"passes over the texts (default 10)"`
	Rate   *float64 `json:"lr,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Adam's learning rate (default 0.001)"`
}

// Pretrain is stage 2.
type Pretrain struct {
	Epochs      *int     `json:"epochs,omitempty" jsonschema:"minimum=0,maximum=1000000000" jsonschema_description:"alternations of one collaborative and one content pass (default 100)"`
	Rate        *float64 `json:"lr,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Adam's learning rate (default 0.001)"`
	ContentRate *float64 `json:"content_lr,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"learning rate of the content tower (default: lr)"`
	LambdaC     *float64 `json:"lambda_c,omitempty" jsonschema:"minimum=0" jsonschema_description:"precision of the prior between the towers (default 1)"`
	LambdaL     *float64 `json:"lambda_l,omitempty" jsonschema:"minimum=0" jsonschema_description:"precision of the collaborative tokens' prior at zero (default 0.0001); see zero_prior"`
	// Select ends pretraining by validation; nil: the last epoch's towers go on.
	Select *train.Select `json:"select,omitempty" jsonschema_description:"validates while pretraining, by the next item after a history, and goes on with the best epoch's collaborative tower; patience ends pretraining early (default: every epoch is trained and the last one goes on)"`
}

// Finetune is stage 3.
type Finetune struct {
	Epochs      *int     `json:"epochs,omitempty" jsonschema:"minimum=0,maximum=1000000000" jsonschema_description:"alternations of one finetuning and one content pass (default 150)"`
	Rate        *float64 `json:"lr,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Adam's learning rate (default 0.0001)"`
	ContentRate *float64 `json:"content_lr,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"learning rate of the content tower (default: lr)"`
	Mask        *float64 `json:"mask,omitempty" jsonschema:"minimum=0,maximum=1" jsonschema_description:"share of a history that is held out (default 0.2); at least one item is and, of several, at least one is not"`
	MaskTo      *float64 `json:"mask_to,omitempty" jsonschema:"minimum=0,maximum=1" jsonschema_description:"the share is drawn anew for each document, evenly from mask to this (default: it is mask)"`
	Exclude     *bool    `json:"exclude_history,omitempty" jsonschema_description:"the items of the prompt have no part in the softmax over items (default false)"`
	LambdaC     *float64 `json:"lambda_c,omitempty" jsonschema:"minimum=0" jsonschema_description:"as in pretrain (default: the same)"`
	LambdaL     *float64 `json:"lambda_l,omitempty" jsonschema:"minimum=0" jsonschema_description:"as in pretrain (default: the same)"`
}

// Fidelity picks a column of the table of switches.
type Fidelity string

// Targets are what finetuning predicts.
type Targets string

// Order is an order of a user's items.
type Order string

// Loss is how token losses become one number.
type Loss string

// PriorScale is how squared distances become one number.
type PriorScale string

// DocumentOrder is the order of documents across batches.
type DocumentOrder string

// Start names one of the towers that a stage produced.
type Start = train.Rule

// MaskToken is what stands for a masked item.
type MaskToken string

// The values of the switches; Config says what each means.
const (
	FidelityPaper Fidelity = "paper"
	FidelityCode  Fidelity = "code"

	TargetsHeldOut Targets = "held_out"
	TargetsAll     Targets = "all"

	OrderShuffled Order = "shuffled"
	OrderIndex    Order = "index"
	OrderHistory  Order = "history"

	LossDocumentSum Loss = "document_sum"
	LossTokenMean   Loss = "token_mean"

	PriorPerDocument PriorScale = "document"
	PriorPerBatch    PriorScale = "batch"

	DocumentsShuffled DocumentOrder = "shuffled"
	DocumentsFixed    DocumentOrder = "fixed"

	Last = train.Last
	Best = train.Best

	MaskWord MaskToken = "word"
	MaskDrop MaskToken = "drop"
)
