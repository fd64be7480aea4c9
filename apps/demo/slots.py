"""The particulars of one conversation: order, amounts, days, places. The same customer and matter have the same ones."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from apps.demo.customers import Customer, card_number, iban

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
}
CARRIERS = ("ParcelHop", "Nordpost", "Kurier24", "Swiftvan")
TOWNS = {
    "en": ("Leeds", "Bristol", "Galway", "Cardiff", "York", "Stirling"),
    "de": ("Hamburg", "Freiburg", "Leipzig", "Köln"),
    "es": ("Madrid", "Valencia", "Bilbao", "Granada"),
}
TRIPS = {
    "en": ("Norway", "the Dolomites", "Iceland", "the West Highland Way", "Corsica", "the Lakes", "Slovenia"),
    "de": ("Norwegen", "die Dolomiten", "Island", "Korsika", "den Harz"),
    "es": ("Noruega", "los Pirineos", "Islandia", "Picos de Europa"),
}
COUPONS = ("SUMMIT15", "FJORD10", "TRAIL20", "AUTUMN12", "CAMP15", "HELLO10")
SIZES = ("S", "M", "L", "XL")
# What the AI agents call themselves in other languages.
BOTS = {
    "de": {"Order status assistant": "Bestellassistent", "Refunds assistant": "Erstattungsassistent", "Product advisor": "Produktberater"},
    "es": {"Order status assistant": "asistente de pedidos", "Refunds assistant": "asistente de reembolsos", "Product advisor": "asesor de productos"},
}  # fmt: skip


def name_of_bot(*, name: str, language: str) -> str:
    """Return how an AI agent calls itself."""
    return BOTS.get(language, {}).get(name, name.lower())


def money(*, whole: int, cents: str | None, language: str) -> str:
    """Write an amount the way the language does."""
    if language == "en":
        return f"€{whole}.{cents}" if cents else f"€{whole}"
    return f"{whole},{cents} €" if cents else f"{whole} €"


def particulars(*, rng: Random, items: tuple[str, ...], language: str, customer: Customer, on: date) -> dict[str, str]:
    """Draw the values of all slots."""
    price = rng.choice((rng.randint(19, 89), rng.randint(90, 240), rng.randint(250, 460)))
    order_day = on - timedelta(days=rng.randint(9, 30))
    month = MONTHS[language][order_day.month - 1]
    size = rng.randrange(4)
    past, following = on - timedelta(days=rng.randint(2, 5)), on + timedelta(days=rng.randint(1, 4))
    return {
        "given": customer.given,
        "email": customer.email,
        "phone": customer.phone,
        "address": customer.address,
        "card": card_number(rng),
        "iban": iban(rng, language),
        "order": f"NW-{rng.randint(200_000, 989_999)}",
        "item": rng.choice(items),
        "size": SIZES[size],
        "other_size": SIZES[size - 1 if size else 1],
        "amount": money(whole=price, cents=rng.choice(("00", "90", "95", "50")), language=language),
        "fee": money(whole=int(rng.choice("45679")), cents=None, language=language),
        "small": str(rng.randint(2, 5)),
        "days": str(rng.randint(6, 14)),
        "carrier": rng.choice(CARRIERS),
        "town": rng.choice(TOWNS[language]),
        "trip": rng.choice(TRIPS[language]),
        "past_day": WEEKDAYS[language][past.weekday()],
        "next_day": WEEKDAYS[language][following.weekday()],
        "order_day": {"en": f"{order_day.day} {month}", "de": f"{order_day.day}. {month}", "es": f"{order_day.day} de {month}"}[language],
        "hour": {"en": "{}:00", "de": "{} Uhr", "es": "{}:00"}[language].format(rng.randint(17, 20)),
        "tracking": f"{rng.choice('KPSN')}{rng.choice('LXRT')}{rng.randint(1000, 9999)}{rng.choice('ABCDEF')}{rng.randint(10, 99)}",
        "code": f"{rng.choice('ABCDEFGH')}{rng.randint(2, 9)}{rng.choice('KLMNPQRT')}{rng.randint(10, 99)}",
        "coupon": rng.choice(COUPONS),
        "agent": "",
        "bot": "",
        "team": "",
    }  # fmt: skip
