"""What reads messages, in plain words: what each reading looks for, how, how well on public texts, and what it is not for."""

from __future__ import annotations

from dataclasses import dataclass

from apps.access import language, tagger
from apps.analysis import (
    adherence,
    artefact,
    asks_for_human,
    complexity,
    handoff,
    intent,
    loops,
    repeat,
    roughness,
    safety,
    sentiment,
    tone,
)
from apps.analysis.queries import SecondTierNow


@dataclass(frozen=True, slots=True)
class Told:
    """One reading as everybody may know it. `is_there` is False where its learnt file is missing and something simpler reads."""

    name: str
    looks_for: str
    how: str
    version: int
    figures: str
    limits: str
    is_there: bool = True
    # Who reads just now, where there is more than one reader; `is_left_out` while the better one does not.
    now: str = ""
    is_left_out: bool = False


def _now(second: SecondTierNow, both: str = "Both readers.") -> str:
    if second.why is None:
        who = "No worker has read a message yet."
    elif second.why:
        who = f"The first reader alone: {second.why}."
    else:
        who = both
    return (
        f"{who} Of the latest {second.latest:,} messages {second.by_both:,} were read by both."
        if second.latest
        else who
    )


def readings(second: SecondTierNow, meant: SecondTierNow, named: SecondTierNow) -> tuple[Told, ...]:
    """Everything that reads messages, in the order in which it does. Figures are those of the model cards."""
    return (
        Told("Masking", "Personal data, before a message is stored.", "Shapes, checksums, words that name what follows, lists of first names, and a tagger that learnt from public texts. "
             "Where it is installed, a second reader of names (spaCy) adds those that it alone sees.",
             tagger.VERSION, "94 of 100 on customers’ turns of a public set; on sentences of a kind it never saw 88, with the second reader 93 (F2). 98 of 100 values where the question for them is known. 8 words too many on 1,000 clean messages.",
             "Names in plain small letters may stay. Outside of English a guess counts where a list knows the name or a capital stands inside a sentence. Words that an admin lists as nobody’s name stay readable.", tagger.tagger() is not None,
             _now(named, "Names by both readers."), bool(named.why)),
        Told("Language", "Which language a message is in.", f"A public model ({language.NAME}).", 1, "98 of 100 English messages are taken for English.",
             "Short messages follow what the same person wrote before. What is not English is not analysed, and never called neutral."),
        Told("Mood", "How the customer feels, from −1 to 1.",
             "Two readers. The first: weights learnt from public tweets over words and their pieces, beside a lexicon. The second, where it is installed: "
             "a small public model of sentences (MiniLM), taught by the same tweets and by what customers ask for. The second is left out when it fails, is too slow or too much waits.",
             sentiment.VERSION if second.why != "" else sentiment.VERSION_OF_BOTH,
             "Of 100 negative messages to airlines the first finds 70, both find 77; of 100 called negative 89 and 90 are.",
             "It knows little of irony. The words it shows are those that speak loudest for the first reader. A mood is the customer’s and says nothing about who answered.",
             sentiment.weights() is not None, _now(second), bool(second.why)),
        Told("Request for a person", "“Can I talk to a human?”", "Phrases, and a guard against telling of a person.", asks_for_human.VERSION,
             "Finds 95 of 100, 95 of 100 alarms are right.", "The phrases were written after reading these messages: expect less elsewhere."),
        Told("Safety of replies", "Rude words and phrases that replies must not hold.", "Word lists, however a word is written, and the phrase lists of this floor: see Reply rules.", safety.VERSION,
             "Finds 94 of 100 rude tweets, 99 of 100 alarms are right. No alarm on 1,075 replies of companies and 5,437 of a bot.", "It does not understand: a quoted word counts like a said one."),
        Told("Roughness of replies", "How much a reply is like texts that people called rude, from 0 to 1.",
             "Weights learnt from public tweets, comments and clean chats over words and their pieces; the roughest sentence counts. It gives no label and raises no alarm. "
             "It only sorts: a sampling plan that asks for it takes an agent’s roughest conversations first, instead of any.", roughness.VERSION,
             "78 of 100 pairs of an offensive and another tweet in the right order (AUC), 63 by the lists. From the score where a look begins are 14 of 1,000 replies of companies and 5 to 7 of 1,000 of bots. "
             "Of 38 rude texts that no list flags among 3,700 clean replies, 13 are among the first 20.",
             "Most of what it puts first on a kind floor is harmless: it knows words and not what is meant, and takes a plain word of a rude matter for rude. Cold or mocking replies in friendly words it does not find. English only.",
             roughness.weights() is not None),
        Told("Tone of replies", "Apology, empathy, ownership; blame, “as I said”, a curt answer to somebody upset.", "Marks with their words.", tone.VERSION,
             "Finds 60 of 100 empathic replies, 78 of 100 that it calls so are.", "Shown with its words. Nobody is ranked by it."),
        Told("Hand-off", "Whether the customer had to say things again.", "Values given again by a keyed mark, whether one of the first three messages after it says what was said before, complaints, "
             "context passed, time to the first human reply. What is said again is found by likeness of words and, where it is installed, by "
             f"likeness of meaning (MiniLM) instead: version {repeat.VERSION if meant.why != '' else repeat.VERSION_OF_SECOND}.",
             handoff.VERSION, "Tells a restatement from another matter in 86 of 100 pairs by words, in 90 to 94 by meaning (AUC).", "Likeness is a guess; a value given again is exact.",
             artefact.loaded(repeat.ARTEFACT) is not None, _now(meant, "The second reader, by meaning."), bool(meant.why)),
        Told("Intent, second opinion", "What the customer wants, beside what the AI agent took it for.", "Learnt once a day from the turns that the AI agent was sure of; no word is kept. Two readers: by words, and, where it is installed, "
             "by the meaning of sentences too (MiniLM).", intent.VERSION if meant.why != "" else intent.VERSION_OF_BOTH,
             "On three real bots words alone are right in 73 of 100 (64 to 81), both in 81 (70 to 90).", "It finds where an AI agent is of another mind than before, not where it always errs: see its page, under AI agents.",
             now=_now(meant), is_left_out=bool(meant.why)),
        Told("Complexity", "Whether a conversation becomes a long one.", "A table of factors that a floor may edit, and words.", complexity.VERSION,
             "79 of 100 pairs in the right order after three messages (AUC).", "Learnt on other floors’ conversations. It is read from the customer’s first four messages and not told again later.", artefact.loaded(complexity.ARTEFACT) is not None),
        Told("Loops", "Whether an AI agent gives the same answer again, or contradicts one.", "Answers held against each other, values left out.", loops.VERSION,
             "Word for word: what is found is there.", "The same in other words is not found. Two answers about one thing, one with “not”, may both be true."),
        Told("Checklist", "Whether steps were taken: greeting, offering more help, closing.", "The floor’s own steps with the message or event that shows each: see Reply rules.", adherence.VERSION,
             "96 to 99 of 100 on the public dialogues it was written after (F1).", "What cannot be judged is “not assessed”, never “failed”."),
    )  # fmt: skip
