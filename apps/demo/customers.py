"""Customers of the shop: names, addresses and numbers that are made up but look right, so that masking has work to do.

Telephone numbers come from ranges that the numbering authorities keep for fiction, e-mail addresses from reserved
domains, card numbers from the card schemes' test ranges with a right check digit, IBANs with right check digits over
bank codes nobody has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

GIVEN = {
    "en": "Jess Oliver Amara Callum Ruth Declan Naomi Harvey Imogen Kwame Sian Patrick Leila Rob Grace Dev Hannah Theo "
    "Maeve Isaac Zoe Connor Alisha Neil Freya Marcus Joanna Ravi Tessa Liam Bronwyn Gareth Yusuf Carla Stuart Ellen Mina "
    "Victor Paula Ross Keira Simon Anjali Frank Molly Owen Delia Hugo Sadie Ahmed Wendy Colin Ingrid Terry Nadia",
    "de": "Anke Thorsten Miriam Jürgen Svenja Lukas Heike Matthias Franziska Uwe Carolin Sebastian Birgit Nico Leonie "
    "Holger Maren Tobias Steffi Philipp Gisela Rainer",
    "es": "Marta Javier Lucía Andrés Pilar Sergio Carmen Raúl Elena Álvaro Nuria Ignacio Beatriz Rubén Silvia Manuel",
}
FAMILY = {
    "en": "Hartley Okonkwo Pritchard Doyle Whitfield Sandhu Barlow Kershaw Mercer Adeola Lockwood Farrell Chaudhry Denby "
    "Ellison Mbeki Garside Hollis Ingram Jarvis Kirkham Loxley Munro Nolan Orchard Penrose Quigley Rowntree Stapleton "
    "Thackeray Underhill Vance Winslow Yardley Ashcroft Birch Copeland Drummond",
    "de": "Kessler Brinkmann Vogt Ostermann Hauser Lindner Pohl Siebert Riedel Falk Wegener Thiele Jansen Arndt Böhm",
    "es": "Carrasco Molina Herrero Vidal Pascual Ibáñez Roldán Crespo Navarro Soler Benítez Lozano Prieto",
}
STREETS = {
    "en": (
        "Mill Lane",
        "Chapel Street",
        "Harbour Road",
        "Beech Avenue",
        "Station Parade",
        "Quarry Hill",
        "Orchard Close",
    ),
    "de": ("Lindenweg", "Hafenstraße", "Am Mühlbach", "Rosenallee", "Bergstraße", "Kirchgasse"),
    "es": ("Calle del Olmo", "Avenida del Puerto", "Calle Mayor", "Paseo de la Ribera", "Calle Nueva"),
}
PLACES = {
    "en": ("Leeds LS6 {0}QT", "Cardiff CF11 {0}HB", "Galway H91 K{0}3V", "Bristol BS3 {0}LD", "Stirling FK8 {0}EA"),
    "de": ("2{0}459 Hamburg", "80{0}31 München", "506{0}7 Köln", "04{0}09 Leipzig", "791{0}4 Freiburg"),
    "es": ("280{0}4 Madrid", "0800{0} Barcelona", "4600{0} Valencia", "4101{0} Sevilla"),
}
# Ranges kept for fiction, with how many digits are free.
PHONES = {
    "en": (
        ("+44 20 7946 0", 3),
        ("+44 113 496 0", 3),
        ("+44 117 496 0", 3),
        ("+1 202 555 01", 2),
        ("+353 85 000 1", 3),
    ),
    "de": (("+49 30 23125 ", 3), ("+49 176 0406 90", 2), ("+49 171 39200 ", 2)),
    "es": (("+34 919 999 ", 3), ("+34 600 000 ", 3)),
}
CARD_STARTS = ("41111111", "42424242", "55555555", "51051051", "40128888", "22230031")
MAILS = ("example.com", "example.net", "example.org", "mail.example.com", "post.example.net")
SEGMENTS = ("guest", "member", "member", "member", "summit club", "business")
STYLES = ("neat", "neat", "plain", "plain", "lower", "lower", "typos", "abbreviated", "chatty")


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer, the same for ever for the same seed and number."""

    external_id: str
    given: str
    family: str
    language: str
    email: str
    phone: str
    address: str
    segment: str
    # How this person types.
    style: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


@lru_cache(maxsize=20_000)
def customer(*, seed: int, number: int, language: str = "en") -> Customer:
    """Return the customer with this number among those who write this language."""
    rng = Random(f"{seed}:customer:{language}:{number}")
    given = rng.choice(GIVEN[language].split())
    family = rng.choice(FAMILY[language].split())
    plain = _ascii(f"{given}.{family}").lower()
    mail = rng.choice(
        (
            plain,
            plain.replace(".", "_"),
            plain.replace(".", "") + str(rng.randint(60, 99)),
            plain[0] + plain.split(".")[1],
        )
    )
    start, free = rng.choice(PHONES[language])
    return Customer(
        external_id=f"cust-{language}-{number:05d}",
        given=given,
        family=family,
        language=language,
        email=f"{mail}@{rng.choice(MAILS)}",
        phone=start + "".join(str(rng.randint(0, 9)) for _ in range(free)),
        address=_address(rng, language),
        segment=rng.choice(SEGMENTS),
        style=rng.choice(STYLES),
    )


def _address(rng: Random, language: str) -> str:
    street, house = rng.choice(STREETS[language]), rng.randint(2, 148)
    place = rng.choice(PLACES[language]).format(rng.randint(1, 9))
    return f"{house} {street}, {place}" if language == "en" else f"{street} {house}, {place}"


def _ascii(text: str) -> str:
    return text.translate(str.maketrans("áéíóúüöäñÁÉÍÓÚÖÄÜ", "aeiouuoanAEIOUOAU")).replace("ß", "ss")


def luhn_digit(digits: str) -> str:
    """Return the digit that makes the number pass the card schemes' check."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card_number(rng: Random) -> str:
    """Return a sixteen-digit card number of a test range, written as people write it."""
    digits = rng.choice(CARD_STARTS) + "".join(str(rng.randint(0, 9)) for _ in range(7))
    digits += luhn_digit(digits)
    gap = rng.choice((" ", " ", "-", ""))
    return gap.join(digits[at : at + 4] for at in range(0, 16, 4))


def iban(rng: Random, language: str) -> str:
    """Return an IBAN with right check digits, in groups of four or in one piece."""
    if language == "es":
        bank, account = f"{rng.randint(9000, 9999)}{rng.randint(1000, 9999)}", f"{rng.randint(0, 10**10 - 1):010d}"
        country, body = "ES", bank + _spanish_control("00" + bank) + _spanish_control(account) + account
    elif rng.random() < 0.3:
        country, body = "AT", f"{rng.randint(90000, 99999)}{rng.randint(0, 10**11 - 1):011d}"
    else:
        country, body = "DE", f"{rng.randint(90000000, 99999999)}{rng.randint(0, 10**10 - 1):010d}"
    number = int("".join(str(int(sign, 36)) for sign in body + country + "00"))
    whole = f"{country}{98 - number % 97:02d}{body}"
    return whole if rng.random() < 0.3 else " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _spanish_control(ten_digits: str) -> str:
    rest = 11 - sum(int(digit) * 2**place % 11 for place, digit in enumerate(ten_digits)) % 11
    return {10: "1", 11: "0"}.get(rest, str(rest))
