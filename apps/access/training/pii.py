"""Learn the tagger from marked texts and from our own sentences, and write the artefact with its checksum.

The same folder and the same locked packages give the same file. Of the texts nothing but weights is kept.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from apps.access import tagger
from apps.access.cues import words_of
from apps.access.masking import detected
from apps.access.plain_text import view_of
from apps.access.tagger import Claim
from apps.access.training import sentences
from apps.access.training.labelled import MADE, PRESIDIO, Marked, booked, clean, multidogo, presidio, tags_of

LOCALES = (
    "en_US", "en_GB", "en_IN", "en_AU", "en_IE", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "fi_FI", "sv_SE", "da_DK",
    "no_NO", "tr_TR", "pt_BR", "cs_CZ", "hu_HU", "ro_RO", "hr_HR", "es_MX",
)  # fmt: skip
PARAMETERS = {
    "c1": 0.25,
    "c2": 0.01,
    "max_iterations": 80,
    "feature.minfreq": 2,
    "feature.possible_transitions": False,
}
FIRST_NAMES, LAST_NAMES = 5500, 22000
# Of a list of first names that are nothing else.
COMMON_MEN, COMMON_WOMEN, FEWEST_LETTERS = 600, 1500, 3
FILLS_A_SENTENCE, FILLS_OF_OURS = 25, 60
# A word is plain when it was seen so often outside of values, many times more often if it is a first name too, and inside of
# them in no larger share.
PLAIN_TIMES, PLAIN_TIMES_OF_A_NAME, PLAIN_SHARE = 2, 60, 0.02
# In this share of the texts the lists of names say nothing, so that names are learnt by their surroundings too.
LISTS_HIDDEN = 0.25
KINDS = tuple(tagger.KIND_OF)


@dataclass(frozen=True, slots=True)
class Example:
    """A marked text, and what the message before it asked for."""

    text: str
    spans: list[Claim]
    asked: str = ""


def write_names(path: Path) -> None:
    """Write the lists of names: the commonest of the United States' census, and of the locales' public lists."""
    import names
    from faker import Faker

    folder = Path(names.__file__).parent
    first, last = set[str](), set[str]()

    def census(name: str, most: int) -> Iterator[str]:
        for line in (folder / name).read_text().splitlines()[:most]:
            if line.strip():
                yield line.split()[0].lower()

    first |= {*census("dist.male.first", 1200), *census("dist.female.first", FIRST_NAMES - 1200)}
    last |= set(census("dist.all.last", LAST_NAMES))
    for locale in LOCALES:
        provider = next(p for p in Faker(locale).get_providers() if p.__provider__.endswith("person"))
        first |= _words(provider, ("first_names", "first_names_male", "first_names_female"))
        last |= _words(provider, ("last_names",))
    ours = tagger.COMMON | tagger.STREET
    path.write_text(
        "\n".join(" ".join(sorted(n for n in found if len(n) > 1 and n not in ours)) for found in (first, last)) + "\n",
        encoding="utf-8",
    )


def _words(provider: Any, lists: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for name in lists:
        found |= {
            part
            for one in getattr(provider, name, ())
            for part in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", one.lower())
        }
    return found


def write_plain_words(data: Path, path: Path) -> None:
    """Write the words that stand in what is learnt from at least `PLAIN_TIMES`, and as good as never in a value."""
    outside, inside = _counted(data)
    first, _ = tagger.known_names()
    common = tagger.COMMON
    kept = sorted(
        word
        for word, n in outside.items()
        if word.isalpha() and (
            word in common or (n >= (PLAIN_TIMES_OF_A_NAME if word in first else PLAIN_TIMES) and inside[word] <= PLAIN_SHARE * n)
        )
    )  # fmt: skip
    path.write_text("\n".join(sorted({*kept, *_dictionary()} - (first - set(kept)))) + "\n", encoding="utf-8")


def write_given_names(data: Path, path: Path) -> None:
    """Write the first names that are nothing else: common ones, no plain English word, no place, and hardly ever seen outside of
    values in what is learnt from.
    """
    outside, inside = _counted(data)
    others = {*_dictionary(), *_places(), *sentences.NOT_GIVEN.split(), *tagger.COMMON, *tagger.STREET}
    found = {
        name
        for name in tagger.known_names()[0] & _common_first_names()
        if len(name) >= FEWEST_LETTERS and name not in others and outside[name] <= max(2, inside[name] / 2)
    }
    path.write_text("\n".join(sorted(found)) + "\n", encoding="utf-8")


def _common_first_names() -> set[str]:
    import names
    from faker import Faker

    folder = Path(names.__file__).parent
    found = {
        line.split()[0].lower()
        for name, most in (("dist.male.first", COMMON_MEN), ("dist.female.first", COMMON_WOMEN))
        for line in (folder / name).read_text().splitlines()[:most]
        if line.strip()
    }
    for locale in LOCALES:
        provider = next(p for p in Faker(locale).get_providers() if p.__provider__.endswith("person"))
        found |= _words(provider, ("first_names", "first_names_male", "first_names_female"))
    return found


def _places() -> set[str]:
    """Words of the names of countries, of states of the United States and of towns all over the world."""
    from faker.providers.address.en import Provider as Countries
    from faker.providers.address.en_US import Provider as States
    from faker.providers.geo import Provider as Towns

    said = [*Countries.countries, *States.states]
    for _, _, town, _, zone in Towns.land_coords:
        said += (town, zone.split("/")[-1].replace("_", " "))
    return {word for one in said for word in re.findall(r"[^\W\d_]+", one.lower())}


def _counted(data: Path) -> tuple[Counter[str], Counter[str]]:
    """How often each word stands outside of values and inside of them, in what is learnt from."""
    outside, inside = Counter[str](), Counter[str]()
    for one in examples(data):
        text = view_of(one.text)
        rest = list(text)
        for start, end, _ in one.spans:
            inside.update(words_of(text[start:end], text[start:end].lower()))
            rest[start:end] = " " * (end - start)
        outside.update(words_of("".join(rest), "".join(rest).lower()))
    return outside, inside


def _dictionary() -> Iterator[str]:
    """Plain English words of two public lists."""
    from faker.providers.lorem.en_US import Provider
    from vaderSentiment import vaderSentiment

    lexicon = Path(vaderSentiment.__file__).with_name("vader_lexicon.txt").read_text(encoding="utf-8")
    for word in (
        *sentences.PLAIN_WORDS.split(),
        *Provider.word_list,
        *(line.split("\t")[0] for line in lexicon.splitlines()),
    ):
        if word.isalpha() and word.isascii():
            yield word.lower()


class Filler:
    """Fills the gaps of sentences with made values of many countries."""

    def __init__(self, rng: Random) -> None:
        from faker import Faker

        self.rng = rng
        self.makers = {locale: Faker(locale) for locale in LOCALES}
        for n, one in enumerate(self.makers.values()):
            one.seed_instance(n)

    def fill(self, sentence: str, gap: re.Pattern[str], kinds: dict[str, str]) -> tuple[str, list[Claim]]:
        """Return the sentence with its gaps filled, and where the values stand."""
        maker = self.makers[self.rng.choice(LOCALES)]
        out, place, spans = "", 0, list[Claim]()
        for found in gap.finditer(sentence):
            out += sentence[place : found.start()]
            value, place = self._value(found[1], maker), found.end()
            if found[1] in kinds:
                spans.append((len(out), len(out) + len(value), kinds[found[1]]))
            out += value
        return out + sentence[place:], spans

    def _value(self, gap: str, f: Any) -> str:
        pick = self.rng.choice
        made: dict[str, Callable[[], Any]] = {
            "PERSON": lambda: pick([lambda: f"{f.first_name()} {f.last_name()}", f.first_name, f.last_name])(), "STREET_ADDRESS": lambda: pick([f.address, f.street_address])(),
            "ZIP_CODE": f.postcode, "CREDIT_CARD": f.credit_card_number, "PHONE_NUMBER": f.phone_number, "EMAIL_ADDRESS": f.email,
            "IBAN_CODE": f.iban, "US_SSN": f.ssn, "IP_ADDRESS": f.ipv4, "GPE": f.city, "ORGANIZATION": f.company, "DATE_TIME": f.date,
            "TITLE": lambda: "Mr.", "AGE": lambda: str(self.rng.randint(18, 90)), "NRP": lambda: pick(["German", "Dutch", "Indian"]),
            "DOMAIN_NAME": f.domain_name, "US_DRIVER_LICENSE": lambda: f.bothify("?#######"), "ADDRESS": f.address, "LOCATION": f.city,
            "first": f.first_name, "last": f.last_name, "name": lambda: f"{f.first_name()} {f.last_name()}",
            "address": lambda: pick([f.address(), f.address().replace("\n", ", "), f"{f.street_address()}, {f.city()}"]),
            "street": f.street_address, "town": f.city, "company": f.company, "email": f.email,
            "phone": lambda: pick([f.phone_number(), f.numerify("0## ### ####"), f.numerify("07### ######"), f.numerify("##########")]),
            "spoken": lambda: f"{f.first_name().lower()}{pick(['.', ' dot ', '_', ''])}{f.last_name().lower()} at {pick(['gmail', 'mail', 'yahoo', 'outlook'])} dot {pick(['com', 'net', 'org'])}",
            "card": lambda: pick([f.credit_card_number(), f.numerify("#### #### #### ####"), f.numerify("############")]),
            "ssn": lambda: pick([f.numerify("###-##-####"), f.numerify("#########"), f.numerify("###-###-###"), f.numerify("####")]),
            "id": lambda: pick([f.numerify("#######"), f.numerify("##########"), f.bothify("??-######").upper(), f.bothify("??????").upper() + f.numerify("#"), f.bothify("???######"), f.numerify("#####")]),
            "password": lambda: pick([f.password(length=8), f.bothify("????##"), f.bothify("?????#"), f.word() + f.numerify("##"), f.numerify("####")]),
        }  # fmt: skip
        return str(made[gap]()) if gap in made else ""


OURS = {
    "first": "NAME", "last": "NAME", "name": "NAME", "address": "ADDRESS", "street": "ADDRESS", "phone": "PHONE", "email": "EMAIL",
    "spoken": "EMAIL", "card": "CARD", "ssn": "SSN", "id": "ID", "password": "PASSWORD",
}  # fmt: skip
_GAP_OF_THEIRS, _GAP_OF_OURS = re.compile(r"\{\{(.*?)\}\}"), re.compile(r"\{(\w+)\}")


def examples(data: Path, *, without: frozenset[str] = frozenset()) -> list[Example]:
    """Everything that is learnt from; sentences made from the templates in `without` are left out, for measuring."""
    rng = Random(7)  # noqa: S311  # the same on every run
    found: list[Example] = []
    for one in multidogo(data, "train"):
        if one.spans or rng.random() < 0.4:
            found += _asked(one, rng)
    made = [one for name in MADE for one in presidio(data, name)
            if one.template not in without]  # fmt: skip
    filler = Filler(rng)
    for one in made:
        found.append(_small(one.text, one.spans, rng, 0.2))
    for template in sorted({one.template for one in made}):
        for _ in range(FILLS_A_SENTENCE):
            found.append(_small(*filler.fill(template, _GAP_OF_THEIRS, PRESIDIO), rng, 0.35))
    for sentence in sentences.WITH_GAPS:
        for _ in range(FILLS_OF_OURS):
            text, spans = filler.fill(sentence, _GAP_OF_OURS, OURS)
            filled = _small(text, spans, rng, 0.45)
            asked = spans[0][2] if spans and len(text) < 60 and rng.random() < 0.3 else ""
            found.append(Example(filled.text, filled.spans, asked))
    for sentence in sentences.WITHOUT:
        for _ in range(4):
            found.append(_small(sentence, [], rng, 0.4, asked=rng.choice((*KINDS, "", "", ""))))
    others = [*clean(data)]
    rng.shuffle(others)
    places = [*booked(data)]
    rng.shuffle(places)
    found += [
        _small(text, [], rng, 0.1, asked=rng.choice((*KINDS, *[""] * 40))) for text in (*others[:16000], *places[:9000])
    ]
    return found


def _asked(one: Marked, rng: Random) -> Iterator[Example]:
    """A turn with the question that may have stood before it: the right one, another one, or none that is known."""
    dice = rng.random()
    right = one.spans[0][2] if one.spans else ""
    asked = right if dice < 0.45 else rng.choice(KINDS) if dice < (0.5 if right else 0.25) else ""
    text = one.text
    if rng.random() < 0.12:  # as people write who do use capitals
        parts = sorted(one.spans)
        for start, end, kind in parts:
            if kind in ("NAME", "ADDRESS"):
                text = text[:start] + text[start:end].title() + text[end:]
        text = text[:1].upper() + text[1:] + rng.choice((".", "", "!"))
        if len(text.rstrip(".!")) != len(one.text.rstrip(".!")):
            text = one.text
    yield Example(text, one.spans, asked)


def _small(text: str, spans: list[Claim], rng: Random, share: float, asked: str = "") -> Example:
    lowered = text.lower()
    return Example(lowered if rng.random() < share and len(lowered) == len(text) else text, spans, asked)


def learn(
    data: Path, *, tell: Callable[[str], None], without: frozenset[str] = frozenset(), **parameters: Any
) -> bytes:
    """Return the artefact, learnt from a folder of data."""
    import pycrfsuite

    told = examples(data, without=without)
    Random(1).shuffle(told)  # noqa: S311  # the same on every run
    tell(f"{len(told):,} texts")
    trainer = pycrfsuite.Trainer(verbose=False)
    rng = Random(2)  # noqa: S311
    for one in told:
        view = view_of(one.text)
        tokens = tagger.tokens_of(view)
        if not tokens:
            continue
        features = tagger.features_of(tokens, detected(view), one.asked)
        if rng.random() < LISTS_HIDDEN:
            features = [[f for f in word if not _of_lists(f)] for word in features]
        spans = [s for s in one.spans if s[2] in tagger.KIND_OF]
        trainer.append(features, tags_of(tokens, spans))
    trainer.set_params({**PARAMETERS, **parameters})
    tell("counted; learning takes some minutes")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pii.crf"
        trainer.train(str(path))
        return path.read_bytes()


def _of_lists(feature: str) -> bool:
    return feature.startswith("g=") or feature[1:3] == "g=" or feature[2:4] == "g="


def write(raw: bytes, path: Path) -> str:
    """Write an artefact and its checksum; return the checksum."""
    path.write_bytes(raw)
    return seal(path)


def seal(path: Path) -> str:
    """Write the checksum of a file beside it; return it."""
    told = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".sha256").write_text(f"{told}  {path.name}\n")
    return told
