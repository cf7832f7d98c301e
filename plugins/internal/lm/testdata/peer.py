"""The released code's training step in plain PyTorch and transformers: the peer of this project's benchmarks.

It follows github.com/yaochenzhu/LLM4Rec (src/libs/model.py, src/training.py) step by step, in its own words: word, user and item
lookups of every position, masked and summed; the prompt through the model first and the main text over its cached keys and
values; logits at every position of the padded main text; mean cross-entropy where the mask is one, shifted inside the main text; the
sum of squared distances to the other tower; Adam over both whole tables. LLaMA runs the same way; T5 reads the prompt with its encoder
and the shifted main text with its decoder, and predicts the first main token too.
"""

from dataclasses import dataclass

import torch
import transformers
from torch.nn.functional import cross_entropy, log_softmax, mse_loss

USERS_ITEMS = {"tiny": (2000, 1000), "small": (10553, 6086)}  # small: the paper's Beauty
WORDS = {"gpt2": 50257, "llama": 32000, "t5": 32128}
LAMBDA, RATE = 1.0, 1e-3


def config(backbone, size, words, dropout, attention):
    """A model of the size of GPT-2 small, or a tiny one, of about equal cost for every backbone."""
    layers, width, heads, inner, positions = (4, 128, 4, 512, 256) if size == "tiny" else (12, 768, 12, 3072, 1024)
    own = dict(vocab_size=words, use_cache=True, attn_implementation=attention)
    if backbone == "gpt2":
        return transformers.GPT2Config(n_layer=layers, n_embd=width, n_head=heads, n_inner=inner, n_positions=positions,
                                       embd_pdrop=dropout, attn_pdrop=dropout, resid_pdrop=dropout, **own)
    if backbone == "llama":  # three matrices instead of two, so two thirds of the inner width
        return transformers.LlamaConfig(num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads,
                                        intermediate_size=344 if size == "tiny" else 2048, max_position_embeddings=positions,
                                        tie_word_embeddings=True, **own)
    return transformers.T5Config(num_layers=layers // 2, num_decoder_layers=layers // 2, d_model=width, num_heads=heads,
                                 d_kv=width // heads, d_ff=inner, dropout_rate=dropout, decoder_start_token_id=0, **own)


@dataclass
class Batch:
    """Right-padded ids and masks [B,T]; targets [B,J] multi-hot."""
    prompt: torch.Tensor
    prompt_mask: torch.Tensor
    main: torch.Tensor = None
    main_mask: torch.Tensor = None
    targets: torch.Tensor = None

    def tokens(self):
        return int(self.prompt_mask.sum()) + (0 if self.main is None else int(self.main_mask.sum()))

    def padded(self):
        return self.prompt.numel() + (0 if self.main is None else self.main.numel())

    def to(self, device):
        return Batch(*(None if x is None else x.to(device) for x in vars(self).values()))


class Tower(torch.nn.Module):
    """User and item token embeddings beside the frozen words."""

    def __init__(self, words, users, items):
        super().__init__()
        self.words, self.users, self.items = words, users, items
        self.user, self.item = (torch.nn.Embedding(n, words.embedding_dim) for n in (users, items))
        for table in (self.user, self.item):
            torch.nn.init.normal_(table.weight, std=0.02)

    def forward(self, ids):
        first_user = self.words.num_embeddings
        first_item = first_user + self.users
        is_word, is_item = (ids < first_user).long(), (ids >= first_item).long()
        is_user = 1 - is_word - is_item
        z = self.words((ids * is_word).clamp(0, first_user - 1)) * is_word.unsqueeze(-1)
        u = self.user(((ids - first_user) * is_user).clamp(0, self.users - 1)) * is_user.unsqueeze(-1)
        v = self.item(((ids - first_item) * is_item).clamp(0, self.items - 1)) * is_item.unsqueeze(-1)
        return z + u + v


class Peer:
    """A frozen model in training mode, the tower that trains, and the tower that it is drawn to."""

    def __init__(self, settings, users, items, device="cpu", dtype=torch.float32):
        self.separate = settings.model_type == "t5"
        kind = transformers.T5ForConditionalGeneration if self.separate else transformers.AutoModel.from_config
        self.model = kind(settings).to(device, dtype).requires_grad_(False).train()
        words = self.model.get_input_embeddings()
        self.tower, self.other = (Tower(words, users, items).to(device) for _ in range(2))
        self.other.requires_grad_(False)
        self.scale = settings.hidden_size ** -0.5 if self.separate else 1.0
        self.dtype, self.first_item = dtype, settings.vocab_size + users
        self.adam = torch.optim.Adam([self.tower.user.weight, self.tower.item.weight], lr=RATE)

    def enter(self, ids):
        return self.tower(ids).to(self.dtype)

    def main_states(self, batch):
        """(h before each predicted main token, their labels, which of them are real)."""
        if self.separate:
            h = self.decoded(batch, torch.cat([torch.zeros_like(batch.main[:, :1]), batch.main[:, :-1]], 1))
            return h, batch.main, batch.main_mask
        cache = self.model(inputs_embeds=self.enter(batch.prompt), use_cache=True).past_key_values
        h = self.model(inputs_embeds=self.enter(batch.main), past_key_values=cache,
                       attention_mask=torch.cat([batch.prompt_mask, batch.main_mask], 1)).last_hidden_state
        return h, batch.main, batch.main_mask

    def decoded(self, batch, read):
        source = self.model.encoder(inputs_embeds=self.enter(batch.prompt), attention_mask=batch.prompt_mask).last_hidden_state
        return self.model.decoder(inputs_embeds=self.enter(read), encoder_hidden_states=source,
                                  encoder_attention_mask=batch.prompt_mask).last_hidden_state * self.scale

    def language(self, batch, table, first):
        h, labels, mask = self.main_states(batch)
        logits = (h.to(table.dtype) @ table.T).float()
        if not self.separate:  # the state after token k predicts token k+1
            logits, labels, mask = logits[:, :-1], labels[:, 1:], mask[:, 1:]
        active = mask.reshape(-1) == 1
        loss = cross_entropy(logits.reshape(-1, logits.shape[-1])[active], labels.reshape(-1)[active] - first)
        return loss + self.prior(torch.cat([batch.prompt, batch.main], 1))

    def prior(self, ids):
        with torch.no_grad():
            held = self.other(ids)
        return LAMBDA * mse_loss(self.tower(ids), held, reduction="sum")

    def collaborative(self, batch):
        return self.language(batch, self.tower.item.weight, self.first_item)

    def content(self, batch):
        return self.language(batch, self.tower.words.weight, 0)

    def finetuning(self, batch):
        if self.separate:
            h = self.decoded(batch, torch.zeros_like(batch.prompt[:, :1]))[:, -1]
        else:
            states = self.model(inputs_embeds=self.enter(batch.prompt), attention_mask=batch.prompt_mask).last_hidden_state
            h = torch.stack([states[i, n] for i, n in enumerate(batch.prompt_mask.sum(1) - 1)])
        scores = log_softmax(h.float() @ self.tower.item.weight.T, -1)
        return -(scores * batch.targets).sum(-1).mean() + self.prior(batch.prompt)

    def step(self, name, batch):
        """One whole training step; the loss as a number, as the released loop reads it."""
        self.adam.zero_grad()
        loss = getattr(self, name)(batch)
        loss.backward()
        self.adam.step()
        return loss.item()
