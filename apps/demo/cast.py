"""Nordwind Shop: who works there, in which teams, and which queues and sources it has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One queue of the shop, with its promise: `level` of conversations answered within `target` seconds."""

    key: str
    name: str
    channel: str
    source: str
    target: int
    level: float
    per_hour: float  # arrivals at the busiest hour
    skill: str


@dataclass(frozen=True, slots=True)
class Person:
    key: str
    name: str
    team: str
    skills: tuple[str, ...]
    starts: float  # shop hour
    hours: float = 8.0
    capacity: int = 3
    pace: float = 1.0  # above 1 = slower


@dataclass(frozen=True, slots=True)
class Assistant:
    key: str
    name: str
    topics: tuple[str, ...]
    model: str
    prompt_version: str


SOURCES = {
    "shop-chat": "Shop chat (website and WhatsApp)",
    "helpdesk": "Help desk (e-mail and social)",
    "phone": "Phone system",
}

LINES = (
    Line("billing", "Billing chat", "webchat", "shop-chat", 60, 0.85, 34, "billing"),
    Line("tech", "Tech chat", "webchat", "shop-chat", 90, 0.85, 24, "tech"),
    Line("sales", "Sales chat", "webchat", "shop-chat", 45, 0.85, 22, "sales"),
    Line("whatsapp", "WhatsApp orders", "messaging", "shop-chat", 90, 0.85, 30, "orders"),
    Line("email", "E-mail general", "email", "helpdesk", 14_400, 0.90, 16, "email"),
    Line("social", "Social", "social", "helpdesk", 900, 0.90, 7, "orders"),
    Line("voice", "Voice priority", "voice", "phone", 20, 0.80, 11, "voice"),
)

PEOPLE = (
    Person("asha", "Asha Rao", "Billing", ("billing", "orders"), 8),
    Person("tomas", "Tomás Reyes", "Billing", ("billing", "email"), 8, pace=1.5),
    Person("priya", "Priya Nair", "Billing", ("billing", "sales"), 9),
    Person("ben", "Ben Adeyemi", "Billing", ("billing", "orders"), 11),
    Person("chloe", "Chloé Martin", "Billing", ("billing", "voice"), 12),
    Person("goran", "Goran Ilić", "Tech", ("tech", "email"), 8),
    Person("hana", "Hana Sato", "Tech", ("tech", "sales"), 9),
    Person("farah", "Farah Haddad", "Tech", ("tech", "orders"), 10),
    Person("jonas", "Jonas Weber", "Tech", ("tech", "voice"), 12),
    Person("ines", "Ines Rocha", "Sales", ("sales", "orders"), 8),
    Person("mateo", "Mateo Silva", "Sales", ("sales", "billing"), 10),
    Person("yuki", "Yuki Tanaka", "Sales", ("sales", "tech"), 12),
    Person("esi", "Esi Mensah", "Care", ("email", "billing"), 8, capacity=4),
    Person("noor", "Noor Aziz", "Care", ("email", "orders"), 9, capacity=4),
    Person("liam", "Liam Byrne", "Care", ("voice",), 8),
    Person("sofia", "Sofia Conti", "Care", ("voice", "orders"), 10),
    Person("oskar", "Oskar Lund", "Care", ("orders", "email"), 12),
    Person("dana", "Dana Popescu", "Care", ("voice", "billing"), 12),
    Person("kwame", "Kwame Boateng", "Care", ("orders", "tech"), 11),
)

ASSISTANTS = (
    Assistant("bo", "Bo, order assistant", ("late_parcel", "click_collect", "cancel_order"), "atlas-3", "orders-14"),
    Assistant("remi", "Remi, refunds assistant", ("refund", "double_charge", "gift_card"), "atlas-3", "refunds-9"),
    Assistant("vega", "Vega, product advisor", ("boot_fit", "stove_fuel", "aurora"), "atlas-4", "products-21"),
)

# Sign-ins of the demo: role, user name, display name, teams led or worked in, own place in the cast.
LOGINS = (
    ("lead", "lena", "Lena Fischer", ("Billing", "Tech", "Sales", "Care"), ""),
    ("lead", "nils", "Nils Dahl", ("Sales",), ""),
    ("qa", "quentin", "Quentin Moss", (), ""),
    ("qa_manager", "mona", "Mona Adler", (), ""),
    ("ops", "olu", "Olu Bankole", (), ""),
    ("agent", "asha", "Asha Rao", (), "asha"),
    ("admin", "adam", "Adam Novak", (), ""),
)
