"""Learnt weights as they are kept beside the code: one .npz with its checksum, refused when it is another file."""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "artefacts"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a fixed date, so that the same weights are the same file
Arrays = dict[str, np.ndarray[Any, Any]]


class Damaged(Exception):
    """The artefact is not the one its checksum was written for."""


@cache
def loaded(path: Path) -> Arrays | None:
    """Load what was learnt, numbers in single precision; None where there is none.

    :raises Damaged: the file is another one than was released.
    """
    if not path.is_file():
        return None
    raw = path.read_bytes()
    told = path.with_suffix(".sha256").read_text().split()[0]
    if hashlib.sha256(raw).hexdigest() != told:
        raise Damaged(f"{path.name} is not the file that was released. Take it from the release again.")
    with np.load(io.BytesIO(raw)) as kept:
        return {
            name: kept[name].astype(np.float32) if kept[name].dtype == np.float16 else kept[name] for name in kept.files
        }


def packed(**arrays: np.ndarray[Any, Any]) -> bytes:
    """Pack arrays as an .npz that is the same file for the same values on every run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as kept:
        for name in sorted(arrays):
            one = io.BytesIO()
            np.save(one, arrays[name], allow_pickle=False)
            kept.writestr(zipfile.ZipInfo(f"{name}.npy", EARLIEST), one.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def write(raw: bytes, path: Path) -> str:
    """Write an artefact and its checksum; return the checksum."""
    told = hashlib.sha256(raw).hexdigest()
    path.write_bytes(raw)
    path.with_suffix(".sha256").write_text(f"{told}  {path.name}\n")
    return told
