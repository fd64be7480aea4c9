"""MiniLM in torch, so that it can be taught: the model as it came, and beside each linear layer a delta of low rank that learns.

Torch is needed offline alone and is in no lock file: whoever has none is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from apps.analysis import minilm
from apps.analysis.minilm_graph import DELTA_SCALE, HEADS, LAYERS, WIDTH

RANK = 16
LABELS = 3
_LINEAR = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense",
    "output.dense",
)  # fmt: skip
TAUGHT = tuple(f"encoder.layer.{n}.{name}" for n in range(LAYERS) for name in _LINEAR)
Array = np.ndarray[Any, Any]


class NoTorch(Exception):
    """Torch cannot be imported; the message says what to do."""


def torch_here() -> Any:
    """Import torch.

    :raises NoTorch: it cannot be imported.
    """
    try:
        import torch
    except ImportError as missing:
        raise NoTorch(
            f"Saw no torch ({missing}). Expected torch 2, which teaching MiniLM needs and nothing else does: it is in no lock file. "
            "Make an environment of its own with `pip install -r requirements.lock`, `pip install --no-deps -r "
            "requirements-nlp.lock` and `pip install torch`, the build for processors, and run this command there."
        ) from missing
    return torch


@dataclass(frozen=True, slots=True)
class Taught:
    """The fixed weights and those that learn, by the names of the artefact."""

    torch: Any
    fixed: dict[str, Any]
    learnt: dict[str, Any]

    def pooled(self, ids: Any, mask: Any, *, dropped: float = 0.0) -> Any:
        """The mean vector of each text: `ids` and `mask` are texts × words. `dropped` is the share of numbers left out while learning."""
        functional = self.torch.nn.functional
        texts, words = ids.shape

        def normal(x: Any, name: str) -> Any:
            weight, bias = self.fixed[f"{name}.weight"], self.fixed[f"{name}.bias"]
            return functional.layer_norm(x, (WIDTH,), weight, bias, 1e-12)

        def linear(x: Any, name: str) -> Any:
            plain = functional.linear(x, self.fixed[f"{name}.weight"], self.fixed[f"{name}.bias"])
            less = x @ self.learnt[f"{name}.A"].T
            return self.torch.addmm(plain, less, self.learnt[f"{name}.B"].T, alpha=DELTA_SCALE)

        def thinned(x: Any) -> Any:
            return functional.dropout(x, dropped, training=dropped > 0)

        def by_head(x: Any) -> Any:
            return x.view(texts, words, HEADS, WIDTH // HEADS).transpose(1, 2)

        places = self.fixed["embeddings.position_embeddings.weight"][:words]
        x = self.fixed["embeddings.word_embeddings.weight"][ids] + places
        x = x + self.fixed["embeddings.token_type_embeddings.weight"][0]
        # One row a word: words of one text see each other in the middle of a layer only.
        x = thinned(normal(x, "embeddings.LayerNorm")).view(-1, WIDTH)
        seen_by = mask.bool()[:, None, None, :]
        for n in range(LAYERS):
            layer = f"encoder.layer.{n}"
            query, key, value = (
                by_head(linear(x, f"{layer}.attention.self.{name}")) for name in ("query", "key", "value")
            )
            seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen_by)
            seen = seen.transpose(1, 2).reshape(-1, WIDTH)
            seen = thinned(linear(seen, f"{layer}.attention.output.dense"))
            x = normal(x + seen, f"{layer}.attention.output.LayerNorm")
            wide = functional.gelu(linear(x, f"{layer}.intermediate.dense"))
            x = normal(x + thinned(linear(wide, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")
        share = mask[:, :, None].to(x.dtype)
        return (x.view(texts, words, WIDTH) * share).sum(1) / share.sum(1)

    def logits(self, ids: Any, mask: Any, *, dropped: float = 0.0) -> Any:
        """What the head says of each text's labels, before it is turned into shares."""
        vectors = self.pooled(ids, mask, dropped=dropped)
        return vectors @ self.learnt["head.w"].T + self.learnt["head.b"]


def fresh(torch: Any, *, seed: int) -> Taught:
    """MiniLM as it came, with a delta that says nothing yet.

    :raises NotThere: a package is missing, or its weights are others than the known ones.
    """
    if why := minilm.why_not():
        raise minilm.NotThere(why)
    from safetensors.numpy import load_file

    weights = load_file(minilm.checked("model.safetensors"))
    fixed = {name: torch.from_numpy(np.array(one, np.float32)) for name, one in weights.items() if one.ndim > 0}
    chance = torch.Generator().manual_seed(seed)
    learnt = {}
    for name in TAUGHT:
        out, within = weights[f"{name}.weight"].shape
        learnt[f"{name}.A"] = torch.randn(RANK, within, generator=chance) / sqrt(within)
        learnt[f"{name}.B"] = torch.zeros(out, RANK)
    learnt["head.w"] = (torch.rand(LABELS, WIDTH, generator=chance) * 2 - 1) / sqrt(WIDTH)
    learnt["head.b"] = torch.zeros(LABELS)
    for one in learnt.values():
        one.requires_grad_()
    return Taught(torch, fixed, learnt)


def cutter(most: int) -> Any:
    """What cuts texts into pieces of words, at most so many of each."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(minilm.checked("tokenizer.json")))
    found.enable_truncation(most)
    found.no_padding()
    return found


def together(torch: Any, pieces: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """Texts as one table of pieces, shorter ones filled up, and where something stands in it."""
    ids = np.zeros((len(pieces), max(map(len, pieces))), np.int64)
    mask = np.zeros_like(ids)
    for row, one in enumerate(pieces):
        ids[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def kept(learnt: dict[str, Any]) -> dict[str, Array]:
    """What was learnt, as the artefact holds it."""
    return {name: one.detach().numpy().astype(np.float16) for name, one in learnt.items()}
