"""Who works at Nordwind Shop: teams, people, AI agents, queues, sources and portal logins. Data only, no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Channel = Literal["webchat", "messaging", "email", "voice", "social"]

SHOP_NAME = "Nordwind Shop"
# What it is called, what it sells and of what, who brings it, and how one of its people signs: words that are nobody's name.
OWN_WORDS = (
    "Aurora", "Brann", "Brann Duo", "Bre", "Dvale", "Fjell", "Hald", "Hytte", "Kettu", "Kupol", "Kurier24", "Lofot", "Luva", "Merino",
    "Nordpost", "Nordwind", "ParcelHop", "Sildre", "Skarv", "Stav", "Sunny greetings", "Swiftvan", "Tind", "Trail Box", "Varg",
)  # fmt: skip
# A shift has a code, its local start and its end in hours. All three overlap from half past twelve to three.
SHIFTS: dict[str, tuple[float, float]] = {"early": (7.0, 15.0), "day": (9.5, 18.0), "late": (12.5, 21.0)}


@dataclass(frozen=True, slots=True)
class Source:
    """A system that sends events. The slug is its name for ever."""

    slug: str
    name: str
    channels: tuple[Channel, ...]

    @property
    def uri(self) -> str:
        """The CloudEvents source of its events."""
        return f"/connections/{self.slug}"


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """A queue with its promises to the customer."""

    slug: str
    name: str
    channel: Channel
    team: str
    # First reply promised within so many seconds, to so large a share of the contacts.
    first_reply_seconds: int
    service_level_percent: int
    # Arrivals in the busiest hour of a weekday.
    arrivals_per_hour: float
    # Which AI agent greets, and how large a share of the arrivals it greets.
    ai_agent: str | None = None
    ai_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Person:
    """A human agent."""

    slug: str
    name: str
    team: str
    shift: str
    # Queues the person serves, best first.
    queues: tuple[str, ...]
    voice: str
    languages: tuple[str, ...] = ("en",)
    # Contacts at once, by channel.
    capacity: tuple[tuple[Channel, int], ...] = (
        ("webchat", 4),
        ("messaging", 5),
        ("email", 5),
        ("voice", 1),
        ("social", 5),
    )
    # 1 is usual; larger writes slower. Satisfaction is the share of content customers on an ordinary day.
    pace: float = 1.0
    satisfaction: float = 0.82
    # Contacts at once over all channels.
    slots: int = 6
    can_be_struggling: bool = False

    @property
    def email(self) -> str:
        return f"{self.slug.replace('-', '.')}@nordwind.example"


@dataclass(frozen=True, slots=True)
class AIAgent:
    """An automated agent. It never has a shift and is never counted with people."""

    slug: str
    name: str
    model: str
    prompt_version: str
    # Mean confidence of its understood turns, and the share of turns it does not understand.
    confidence: float
    fallback: float
    # Share of the conversations it ends by itself on an ordinary day.
    contains: float
    intents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Login:
    """A portal account of the demo."""

    username: str
    name: str
    role: str
    sentence: str
    # A lead leads these teams; a lead and a reviewer see their queues.
    teams: tuple[str, ...] = ()
    # The agent this person is on the floor, if any.
    agent: str | None = None


TEAMS: dict[str, str] = {"billing": "Billing", "tech": "Tech", "sales": "Sales", "care": "Care"}

SOURCES = (
    Source("shop-chat", "Shop chat", ("webchat", "messaging")),
    Source("helpdesk", "Helpdesk", ("email", "social")),
    Source("phone", "Phone", ("voice",)),
)

QUEUES = (
    QueuePlan("billing-chat", "Billing chat", "webchat", "billing", 60, 85, 37, "refunds-assistant", 0.55),
    QueuePlan("tech-chat", "Tech chat", "webchat", "tech", 90, 85, 34, "product-advisor", 0.50),
    QueuePlan("sales-chat", "Sales chat", "webchat", "sales", 45, 90, 29, "product-advisor", 0.55),
    QueuePlan("whatsapp", "WhatsApp", "messaging", "care", 90, 80, 60, "order-status-assistant", 0.75),
    QueuePlan("email-general", "Email general", "email", "care", 14_400, 90, 44),
    QueuePlan("voice-priority", "Voice priority", "voice", "care", 20, 80, 22),
    QueuePlan("social", "Social", "social", "care", 900, 90, 14),
)

AI_AGENTS = (
    AIAgent("order-status-assistant", "Order status assistant", "harbour-mini-2", "orders-14", 0.86, 0.05, 0.74,
            ("order_status", "change_delivery", "cancel_order", "click_and_collect", "return_label")),
    AIAgent("refunds-assistant", "Refunds assistant", "harbour-mini-2", "refunds-9", 0.79, 0.08, 0.58,
            ("refund_status", "double_charge", "invoice_copy", "coupon_problem", "gift_card_balance", "cancel_order")),
    AIAgent("product-advisor", "Product advisor", "harbour-large-1", "advisor-21", 0.82, 0.07, 0.66,
            ("fit_advice", "stove_fuel", "product_question", "spare_part", "firmware_help", "account_access")),
)  # fmt: skip

BILLING = ("billing-chat", "whatsapp")
TECH = ("tech-chat", "sales-chat")
SALES = ("sales-chat", "social", "whatsapp")
CARE = ("whatsapp", "email-general")
PHONE = ("voice-priority", "email-general")

PEOPLE = (
    Person("tomas-reyes", "Tomás Reyes", "billing", "late", BILLING, "brisk", ("en", "es"), can_be_struggling=True),
    Person("priya-nair", "Priya Nair", "billing", "day", BILLING, "warm", pace=1.05, satisfaction=0.88),
    Person("ben-adeyemi", "Ben Adeyemi", "billing", "early", BILLING, "easy"),
    Person("asha-verma", "Asha Verma", "billing", "day", BILLING, "careful", satisfaction=0.86),
    Person("chloe-martin", "Chloé Martin", "billing", "early", BILLING, "formal", pace=1.1),
    Person("marek-nowak", "Marek Nowak", "billing", "early", BILLING, "plain", ("en", "de"), pace=0.9),
    Person("dunja-hoffmann", "Dunja Hoffmann", "billing", "late", BILLING, "careful", ("en", "de")),
    Person("goran-ilic", "Goran Ilić", "tech", "day", TECH, "expert", pace=1.1, satisfaction=0.84),
    Person("hana-sato", "Hana Sato", "tech", "early", TECH, "careful", satisfaction=0.9),
    Person("jonas-weber", "Jonas Weber", "tech", "late", TECH, "plain", ("en", "de"), pace=0.95),
    Person("farah-haddad", "Farah Haddad", "tech", "early", TECH, "warm"),
    Person("lindiwe-dube", "Lindiwe Dube", "tech", "late", TECH, "cheerful", satisfaction=0.87),
    Person("pablo-ferrer", "Pablo Ferrer", "tech", "early", TECH, "expert", ("en", "es")),
    Person("ines-rocha", "Ines Rocha", "sales", "day", SALES, "cheerful", ("en", "es"), satisfaction=0.9),
    Person("emil-sand", "Emil Sand", "sales", "late", SALES, "easy", ("en", "de")),
    Person("sofia-conti", "Sofia Conti", "sales", "early", SALES, "formal"),
    Person("nadia-karim", "Nadia Karim", "sales", "late", SALES, "warm"),
    Person("tariq-mansour", "Tariq Mansour", "sales", "day", ("sales-chat", "tech-chat"), "expert", pace=0.95),
    Person("esi-mensah", "Esi Mensah", "care", "day", ("whatsapp", "email-general", "billing-chat"), "warm",
           satisfaction=0.89),
    Person("noor-aziz", "Noor Aziz", "care", "late", ("whatsapp", "email-general", "billing-chat"), "brisk", pace=0.9),
    Person("jamal-carter", "Jamal Carter", "care", "day", PHONE, "easy"),
    Person("katja-brandt", "Katja Brandt", "care", "early", PHONE, "formal", ("en", "de")),
    Person("luis-ortega", "Luis Ortega", "care", "late", PHONE, "cheerful", ("en", "es")),
    Person("owen-clarke", "Owen Clarke", "care", "late", PHONE, "plain"),
    Person("grete-solberg", "Grete Solberg", "care", "day", PHONE, "careful", ("en", "de")),
    Person("mei-tan", "Mei Tan", "care", "day", ("email-general", "whatsapp", "social"), "plain", pace=0.9),
    Person("aoife-byrne", "Aoife Byrne", "care", "late", ("whatsapp", "social", "email-general"), "cheerful"),
    Person("daniel-kim", "Daniel Kim", "care", "early", ("whatsapp", "email-general"), "careful"),
    Person("rosa-lindqvist", "Rosa Lindqvist", "care", "day", PHONE, "warm", satisfaction=0.88),
)  # fmt: skip

# Whispers to the people now and then; holds no conversations.
LEAD = "lena-marsh"
LEAD_NAME = "Lena Marsh"

ALL_TEAMS = ("billing", "tech", "sales", "care")
# One sign-in a role, and Nils, who leads another team and must not see the rest.
LOGINS = (
    Login("lena", LEAD_NAME, "lead", "leads all four teams", ALL_TEAMS, agent=LEAD),
    Login("nils", "Nils Dahl", "lead", "leads Sales only", ("sales",)),
    Login("quentin", "Quentin Oke", "qa", "reviews conversations", ALL_TEAMS),
    Login("mona", "Mona Ferrand", "qa_manager", "owns the quality forms"),
    Login("olu", "Olu Bakare", "ops", "runs operations"),
    Login("asha", "Asha Verma", "agent", "answers billing chats", agent="asha-verma"),
    Login("adam", "Adam Holt", "admin", "sets the portal up"),
)

QUEUE_BY_SLUG = {queue.slug: queue for queue in QUEUES}
PERSON_BY_SLUG = {person.slug: person for person in PEOPLE}
AI_BY_SLUG = {agent.slug: agent for agent in AI_AGENTS}
SOURCE_BY_CHANNEL: dict[Channel, Source] = {channel: source for source in SOURCES for channel in source.channels}
