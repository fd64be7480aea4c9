"""How much is found in sentences of a kind that nothing was learnt from."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

from apps.access import persons, tagger
from apps.access.masking import searched
from apps.access.training import labelled, pii
from apps.access.training.measuring import MUST_GO, Found, measure

THIRDS = 3


def measured(data: Path, *, tell: Callable[[str], None]) -> Iterator[str]:
    """Yield a line for all thirds of the templates together, each third read by what is learnt without it; one more with the
    second reader of names, where it is there.
    """
    told = [labelled.presidio(data, name) for name in labelled.MADE]
    templates = {one.template for some in told for one in some}
    alone, both = Found(), Found()
    for third in range(THIRDS):
        left_out = frozenset(one for one in templates if crc32(one.encode()) % THIRDS == third)
        mine = [one for one in told[0] if one.template in left_out]
        raw = pii.learn(data, tell=tell, without=left_out)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "third.crf"
            path.write_bytes(raw)
            with tagger.reading_by(path):
                _add(alone, measure(mine, searched))
                if not persons.HERE.why_not():
                    _add(both, measure(mine, lambda text: searched(text, persons=persons.HERE.found_in)))
        tell(f"third {third + 1}: {len(left_out)} templates, {len(mine)} sentences")
    for name, found in (("the first reader", alone), ("both readers of names", both)):
        if found.there.total():
            yield (
                f"{name}: P {found.precision:.3f}, R {found.recall:.3f}, F2 {found.f2:.3f} of {found.there.total()} values; "
                f"{found.leaked(*MUST_GO)} cards, SSNs, e-mails, IBANs and phones stay"
            )


def _add(whole: Found, part: Found) -> None:
    whole.there += part.there
    whole.whole += part.whole
    whole.right += part.right
    whole.wrong += part.wrong
