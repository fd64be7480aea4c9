"""What a reader of English takes for a name and is none: days of the week, and words of other languages.

The tagger has learnt from English. To it, each sentence of another language begins with a name ("Danke, ...", "Necesito ..."). What
it sees there is believed where a list knows such a name, or a capital stands where only a name or a noun has one.
"""

from __future__ import annotations

import re

from apps.access import language, tagger
from apps.access.plain_text import WORD

# Days of the week, and what people say to be polite, to agree and to greet; some are surnames too, and far more often this.
SMALL = frozenset(
    str.split(
        "monday tuesday wednesday thursday friday saturday sunday "
        "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
        "lunes martes miércoles jueves viernes sábado "
        "lundi mardi mercredi jeudi vendredi samedi dimanche "
        "lunedì martedì mercoledì giovedì venerdì segunda terça quarta quinta sexta "
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag "
        "danke bitte nein ja doch hallo moin servus guten guter gute tag morgen abend nacht viele vielen dank liebe grüße prima genau "
        "gern gerne klar stimmt dann mal sie ihnen ihr ihre ihren tschüss auf wiedersehen "
        "gracias hola buenas buenos días tardes noches bueno vale nada de adiós igualmente claro perfecto un saludo saludos sí "
        "estimado estimada estimados señor señora señores esta lo qué por favor "
        "merci bonjour bonsoir oui non salut cordialement voilà ça va très bien "
        "grazie prego ciao buongiorno buonasera sì va bene certo perfetto saluti cordiali "
        "obrigado obrigada olá bom boa tarde noite sim não tudo bem "
        "dank je bedankt nee hoi goedemorgen goedemiddag groeten alvast"
    )
)
# What the last sign before the first word of a sentence is.
_BEGINS = re.compile(r"(?:\A|[.!?:;\n¿¡\"»“„(–-])[ ]{0,3}\Z")
# So many signs before a word are looked at.
_BEFORE = 4
# How sure it must be that the text around a guess is in another language; and that the guess is, where there is little around it.
SURE, SURER = 0.8, 0.9


def is_slip(view: str, start: int, end: int) -> bool:
    """Say whether what was taken for a name is none.

    It is none where all its words are small ones. In a text that is surely in another language it is none either where no list
    knows one of its words as a name, and none has a capital but at the beginning of a sentence.
    """
    words = [found for found in WORD.finditer(view, start, end) if found[0].lower() not in SMALL]
    if not words:
        return WORD.search(view, start, end) is not None
    if any(found[0].lower() in names for names in tagger.known_names() for found in words):
        return False
    if any(found[0][0].isupper() and not _begins(view, found.start()) for found in words):
        return False
    return language.is_other(f"{view[:start]} {view[end:]}", SURE) or (
        any(found[0].islower() for found in words) and language.is_other(view, SURER)
    )


def _begins(view: str, place: int) -> bool:
    """Say whether a word is the first of a sentence."""
    return _BEGINS.search(view[max(0, place - _BEFORE) : place]) is not None
