"""Steps that every floor knows, as patterns: offering more help, closing, confirming before acting, reporting a failure.

They were written after reading one half of a public set of dialogues whose turns are labelled; see the model card.
"""

from __future__ import annotations

from apps.analysis.adherence import Step

_YES = (
    r"^(?:(?:ok(?:ay)?|alright|all right|sure|great|fine|got it|understood|perfect|yes|certainly|no problem)[,.! ]+)*"
)
_ACT = r"(?:play|watch|hear|buy|purchase|reserve|book|rent|schedule|make|get|put on|transfer|send|pay|request|order|cancel|change)"
# What is acted upon is named: "book 2 tickets", not "book it".
_NAMED = r"(?!(?:the|it|this|that|them|some|tickets?|an?|now|one|your|you|to|with|for|another|reservations?|appointments?|there)\b)\S"
_PLEASANT = r"(?:great|nice|good|wonderful|lovely|fantastic|pleasant|awesome|beautiful|blessed|fabulous|amazing|fine|excellent|safe)"
_TIME = (
    r"(?:day|night|evening|weekend|time|one|trip|journey|flight|morning|afternoon|week|ride|visit|meal|vacation|stay|show|dinner"
    r"|lunch|life|blast|experience)"
)

OFFERS_MORE = Step(
    name="REQ_MORE",
    title="Offers more help",
    patterns=(
        r"(?<!or )(?<!or for )\b(?:any|some) ?thing ?(?:else|more|further|other)\b(?! (?:that |which )?(?:you|i) (?:might|may) (?:like|prefer))",
        r"\b(?:any|some)thing (?:that )?i can (?:still )?(?:help|assist|do)\b",
        r"\b(?:else|any ?more|further|other|additional|another)\b[^.?!]{0,30}\b(?:help|assist\w*|do for you|requests?|tasks?|need(?:s|ed)?|services?|queries|questions?|thing)\b",
        r"\b(?:help|assist\w*|do(?:ing)?|serve|service)\b[^.?!]{0,22}\b(?:else|further|any ?more|other|again|another)\b",
        r"\bwhat (?:else|more)\b|\bhow else\b",
        r"\b(?:will|would) (?:that|this|it) be (?:all|it|everything)\b|\bis (?:that|this) (?:all|it|everything)\b",
        r"^(?:so |ok(?:ay)?,? )?(?:what can|how (?:can|may|else can)|can|may) i (?:help|assist|do)\b[^.?!]{0,15}\??$",
        r"\bneed more\b|\bmore (?:help|assistance)\b",
    ),
    unless=(
        r"\b(?:type|types|kind|prefer\w*|like (?:music|sports)|music|sports|specific|cuisine|city)\b.{0,80}\b(?:any|some)thing else",
        r"\blet me know if you (?:need|require|want)\b",
        r"\bneed (?:some |a few )?(?:additional|more|other|further) (?:information|details)\b",
    ),
)
CLOSES = Step(
    name="GOODBYE",
    title="Closes politely",
    patterns=(
        r"(?:^|[.!,] ?)(?:good ?)?bye\b(?! (?:on|with|in|by))",
        rf"\bhave (?:(?:a|an|the)\b(?! (?:\d|particular|type|specific|preference|preferred|general|city|rating|time (?:in|you|pref)))[^.?!]{{0,22}}\b{_TIME}\b(?! in mind| you| pref)|fun|yourself)\b",
        rf"\b{_PLEASANT} (?:rest of (?:your|the) )?(?:day|night|evening|weekend|afternoon|trip|journey)(?: ahead)?\b",
        r"\b(?:your|the rest of your) (?:day|night|evening|weekend) (?:is|be)\b",
        r"(?:^|[.!,] ?)(?:and |please |hope you |i hope you (?:will )?|you )?enjoy\b[^?]{0,45}[.!]?$",
        r"\btake (?:care|it easy)\b|\bsee you\b|\b(?:i )?wish(?:ing)? you\b|\b(?:my|a) pleasure\b|\bfarewell\b|\bsafe (?:travels|trip|journey|flight)\b",
        r"\b(?:always|happy|glad) (?:here |happy )?to (?:help|assist|be of|have|serve|hear)\b",
        r"\byou(?:['’]re| are) (?:very |most |always )?welcome\b",
        r"^(?:no problem|welcome|anytime|cheers|thank you|thanks)\b[^?]{0,40}$",
        r"\buntil (?:next time|then)\b|\btalk to you (?:later|soon)\b|\bspeak to you\b|\bsame to you\b|\byou (?:too|also|as well)\b[.!]*$",
        r"\blet me know if you (?:need|require|want)\b|\bif you need (?:any|some|more)",
    ),
    unless=(
        r"\b(?:can|may|shall) i (?:help|assist)\b|\bwould you like any\b|\bplease confirm\b|\bhave been reserved\b",
    ),
)
CONFIRMS = Step(
    name="CONFIRM",
    title="Confirms before acting",
    patterns=(
        r"\bconfirm?(?!ed|ation|\w*ing your)\b|\bverify\b|\bconfirming\b|\bcorrect me\b",
        r"\b(?:is|are) (?:that|this|everything|it|all|these|those|the details?|the information|the above|the following)\b[^.?!]{0,30}\b(?:correct|right|ok(?:ay)?|accurate|fine|true)\b",
        r"\b(?:correct|right|yeah|okay|ok|true)\s?\?",
        r"\b(?:check|review)\b[^.?!]{0,25}\b(?:details?|following|these|whether|information|below|once|again)\b",
        r"\blet(?:['’]s| me| us) (?:double.?)?check\b|\blet['’]?s? be (?:clear|sure)\b|\bto review\b",
        r"\b(?:do|does) (?:everything|these|all)\b[^.?!]{0,15}\b(?:look|seem|work|correct|right)\b",
        r"\bjust to (?:be|make|clarify|double)|\bam i (?:correct|right)\b|\bdo i have (?:that|this|it|everything)\b|\bdouble[- ]check|\bmake sure\b",
        rf"{_YES}(?:then )?so,? (?!can we|how|what|where|would you like to|i found|do i)|\bso,? (?:you(?:['’]d| would| want|['’]re| are))\b",
        rf"{_YES}you(?:['’]d| would| want| wish|['’]re| are)\b(?! (?:very |most |always )?(?:welcome|looking|all set)| a (?:great|nice|good|lovely|wonderful))(?! (?:me|tickets?)\b)",
        r"\bi(?:['’]ll| will| am going to|['’]m going to| am about to|['’]m about to) (?:be )?(?:now )?(?:play|book|buy|reserv|purchas|schedul|mak|get|add|set|transfer|send|rent)\w*\b",
        rf"{_YES}(?:please )?(?:play|book|booking|buy(?:ing)?|reserving|purchas\w+|schedul\w+|making|make|transferring|renting|sending) \S",
        rf"\b(?:would you like|do you want|are you wanting|you['’]?d like|shall i|should i|can i|can you|want)(?: me)?(?: to)?(?: proceed to)? {_ACT} {_NAMED}",
        rf"\b{_ACT}\b[^.?!]{{0,60}}\b(?:on (?:the|your) (?:tv|\w+ speakers?)|with(?:out)?(?: \w+)? sub ?titles?)\b",
        r"^[^.?!]{0,60}\bon (?:the|your) (?:tv|\w+ speaker)\s?\?",
        rf"{_YES}(?:a |an )?(?:table|\d+ (?:tickets?|seats?|people|person))\b[^.]*\??$",
    ),
    unless=(
        r"\b(?:successful\w*|has been|have been|was (?:made|booked|confirmed)|(?:is|are|now|been|booking) confirm(?:ed)?|unable|playing the (?:song|movie) now)\b",
        r"\bi(?:['’]ve| have) (?:confirmed|booked|reserved|found|started|made)\b(?!.*\b(?:correct|right)\s?\?)",
        r"^sorry\b|^playing the\b|\bplaying now\b|\bcomplete\b",
    ),
)
REPORTS_FAILURE = Step(
    name="NOTIFY_FAILURE",
    title="Says what did not work",
    patterns=(
        r"\b(?:unfortunately|unable|could ?n['’o]?t|failed|was not (?:successful|able|available)|did ?n['’o]?t (?:go|work))\b",
        r"\bthere was (?:a|an) (?:problem|issue|error)\b|\bsorry,? (?:but )?(?:i|we|your|the|that|it)\b",
    ),
)
GREETS = Step(
    name="GREET",
    title="Greets",
    patterns=(
        r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|welcome|greetings|thank you for (?:calling|contacting|reaching))\b",
    ),
    within_messages=2,
)
STANDARD = (GREETS, CONFIRMS, REPORTS_FAILURE, OFFERS_MORE, CLOSES)
