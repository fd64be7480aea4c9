"""How each of the people writes: greeting, thinking aloud, ending. Language to voice to clauses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """One way of writing. Patterns with <given> for the customer and <agent> for the person's first name."""

    greet: tuple[str, ...]
    # Taking over from an AI agent or a colleague: shows that the story was read.
    take_over: tuple[str, ...]
    hold: tuple[str, ...]
    # Said to somebody upset before the answer.
    soothe: tuple[str, ...]
    close: tuple[str, ...]
    sign: str


ENGLISH = {
    "brisk": Voice(
        ("Hi <given>, <agent> here.", "Hello, <agent> at Nordwind.", "Hi. <agent>, billing and orders."),
        ("Hi <given>, <agent> here, I've read the chat.", "<agent> here. I have your details."),
        ("One sec.", "Checking.", "Looking now.", "Give me a minute."),
        ("Understood.", "I get it.", "Right, that's annoying."),
        ("Sorted. Anything else?", "That's it from me.", "All done, have a good day."),
        "Best, <agent>",
    ),
    "warm": Voice(
        ("Hello <given>, lovely to hear from you, I'm <agent>.", "Hi <given>, thanks for your patience, this is <agent>.", "Good to have you here, <given>. My name is <agent>."),
        ("Hello <given>, I'm <agent>, and I've read everything above, so you don't have to repeat it.", "Hi <given>, <agent> here, a real person. I've seen what you wrote."),
        ("Let me have a proper look, it'll take me a moment.", "Bear with me for a minute, please.", "I'll check that for you right away."),
        ("I'm really sorry about that, <given>.", "That must be so frustrating, I'm sorry.", "I completely understand that you're upset."),
        ("It was a pleasure, <given>. Take good care!", "Is there anything else I can do for you today?", "I hope the rest of your day goes well."),
        "Warm wishes, <agent>",
    ),
    "easy": Voice(
        ("Hey <given>, <agent> here", "Hi <given>! It's <agent>.", "Hey there, you've got <agent>."),
        ("Hey <given>, <agent> here, caught up on the chat.", "Hi! <agent>, human this time"),
        ("Hang on a sec, looking it up.", "Give me two minutes.", "Right, let me dig."),
        ("Yeah, that's not okay. Sorry.", "Ugh, sorry about that.", "Fair enough, I'd be cross too."),
        ("All good then? Cheers!", "Shout if anything else comes up.", "Have a good one!"),
        "Cheers, <agent>",
    ),
    "careful": Voice(
        ("Hello <given>, this is <agent>. I'd like to get this right for you.", "Hello, my name is <agent>.", "Good day <given>, this is <agent>."),
        ("Hello <given>, this is <agent>. I have the summary in front of me; please tell me if something is missing.", "Hello, <agent> here. I've gone through the conversation so far."),
        ("I want to be sure before I answer, so one moment please.", "I'm checking both the order and the payment.", "Please give me a moment to read it through."),
        ("I'm sorry, and I'd like to put it right.", "You're right to be upset.", "I apologise that it took this long."),
        ("To sum up: it is all arranged now. Is there anything unclear?", "If anything looks different from what I said, please write to me.", "Thank you for your patience, <given>."),
        "Kind regards, <agent>",
    ),
    "formal": Voice(
        ("Good day, <agent> from Nordwind customer care.", "Good day <given>, you are in touch with <agent>.", "Dear <given>, my name is <agent> and I will assist you."),
        ("Good day <given>, I am <agent>. My colleague's notes are before me.", "Good day, <agent> speaking. I have taken over your request."),
        ("One moment please, I shall look into the matter.", "Kindly allow me a minute.", "I am looking it up for you."),
        ("Please accept our apologies.", "I regret the inconvenience.", "I do understand your displeasure."),
        ("May I help you with anything further?", "Thank you for contacting Nordwind.", "I wish you a pleasant day."),
        "Yours sincerely, <agent>",
    ),
    "plain": Voice(
        ("Hello <given>, <agent>.", "Hi, this is <agent>.", "Hello, <agent> here."),
        ("Hello, <agent>. I've got the notes.", "Hi <given>. I've taken this over, the notes are clear."),
        ("Moment.", "I'll look.", "Let me see."),
        ("Sorry.", "That went wrong on our side.", "Yes, that's our fault."),
        ("Done. Bye!", "That's everything.", "That's it. Write again if it isn't."),
        "Regards, <agent>",
    ),
    "expert": Voice(
        ("Hi <given>, <agent> from the workshop side.", "Hello, <agent>, gear desk.", "<agent> here, let's find out what it is."),
        ("Hi <given>, <agent>. I've read it; the steps you got were general ones.", "<agent> from the gear desk. I see what was tried already."),
        ("I'm pulling up the data sheet.", "Let me compare that with the batch list.", "Checking what we know about that version."),
        ("That shouldn't happen, and I can tell you why it did.", "Annoying, I know. It's fixable.", "I see. Let's not guess any more."),
        ("If it acts up again, note the exact moment, that helps.", "That should hold. Good trip!", "Let me know how it goes out there."),
        "Best from the workshop, <agent>",
    ),
    "cheerful": Voice(
        ("Hi <given>! <agent> here, what can I do?", "Hello hello, this is <agent>!", "Hi <given>, happy to help, I'm <agent>!"),
        ("Hi <given>! <agent> here, I've read along.", "Hello <given>, <agent> here! I know the story already."),
        ("Ooh, let me check!", "Just a moment, nearly there!", "Looking it up, don't go away!"),
        ("Oh no, I'm so sorry!", "Oh dear. Let's fix that.", "That's a bad day, sorry <given>."),
        ("Yay, done! Anything else?", "Enjoy the outdoors!", "Have a lovely day, <given>!"),
        "Sunny greetings, <agent>",
    ),
}  # fmt: skip

GERMAN = Voice(
    (
        "Guten Tag <given>, mein Name ist <agent>.",
        "Hallo <given>, hier ist <agent>.",
        "Hallo, hier ist <agent> vom Nordwind Shop.",
    ),
    (
        "Hallo <given>, hier ist <agent>, ich habe alles gelesen.",
        "Guten Tag <given>, hier ist <agent>. Ich habe das Gespräch übernommen.",
    ),
    ("Einen Moment bitte.", "Ich schaue kurz nach.", "Augenblick, ich prüfe das."),
    ("Das tut mir leid.", "Ich verstehe Ihren Ärger.", "Das ist bei uns schiefgelaufen, Entschuldigung."),
    ("Kann ich sonst noch etwas tun?", "Einen schönen Tag noch!", "Melden Sie sich gern wieder."),
    "Viele Grüße, <agent>",
)
SPANISH = Voice(
    ("Hola, <given>, soy <agent>.", "Buenos días, le atiende <agent>.", "Hola, le atiende <agent>, de Nordwind."),
    ("Hola, <given>, soy <agent>, ya he leído la conversación.", "Hola, <given>, soy <agent> y sigo yo con su caso."),
    ("Un momento, por favor.", "Lo miro ahora mismo.", "Déjeme comprobarlo."),
    ("Lo siento mucho.", "Entiendo su enfado.", "Tiene razón, le pido disculpas."),
    ("¿Le ayudo en algo más?", "¡Que tenga un buen día!", "Gracias por su paciencia."),
    "Un saludo, <agent>",
)


def voice(*, name: str, language: str) -> Voice:
    """Return the way a person writes in a language."""
    return {"de": GERMAN, "es": SPANISH}.get(language) or ENGLISH[name]
