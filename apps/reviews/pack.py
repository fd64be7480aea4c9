"""The two rubrics that a portal begins with, one for people and one for AI agents. A person's own version stays as it is."""

from __future__ import annotations

from dataclasses import dataclass

from apps.analysis.opinions import Topic
from apps.reviews.spec import Fails, Family, LineSpec, RubricSpec, Scale, SectionSpec


@dataclass(frozen=True, slots=True)
class Preset:
    """One rubric of the pack."""

    key: str
    name: str
    family: Family
    spec: RubricSpec


_PEOPLE = RubricSpec(sections=(
    SectionSpec(name="Hand-off and listening", lines=(
        LineSpec(
            key="reads-hand-off", text="Reads the hand-off before replying", weight=15,
            reading=Topic.HANDOFF,
            causes=("Not opened", "Summary wrong", "Too busy", "Training"),
            guidance="The first reply uses what the customer already told the AI agent or a colleague. Does not apply where nobody "
            "spoke to the customer before.",
            good_example="I can see that the parcel was to arrive on Tuesday and that you have sent the number. Let me look.",
        ),
        LineSpec(
            key="shows-heard", text="Shows the customer they were heard", weight=10,
            reading=Topic.EMPATHY,
            causes=("Skipped the feeling", "Answered another question", "Script only"),
            guidance="Says back the concern in its own words before the answer.",
            good_example="You paid twice and nobody told you when it comes back: that is what I will settle first.",
        ),
    )),
    SectionSpec(name="Accuracy and policy", lines=(
        LineSpec(
            key="right-answer", text="Gives the right answer", weight=25,
            causes=("Did not know", "Article out of date", "Guessed", "System was down"),
            guidance="The answer is true, whole, and answers what was asked.",
            good_example="The refund left us on the 9th and your bank shows it within five working days.",
        ),
        LineSpec(
            key="follows-policy", text="Follows the policy", scale=Scale.PASS_FAIL, weight=15, fails=Fails.REVIEW,
            reading=Topic.SAFETY,
            causes=("Promised too much", "Skipped identification", "Shared personal data", "Exception not recorded"),
            guidance="Nothing promised that the policy does not give, no data of one customer told to another, identity checked "
            "where it must be.",
        ),
    )),
    SectionSpec(name="Tone", lines=(
        LineSpec(
            key="warm-and-plain", text="Warm, plain, no blame", weight=20,
            reading=Topic.TONE,
            causes=("Curt", "Jargon", "Blames the customer", "Blames a colleague", "Copied text"),
            guidance="Words that the customer uses; sorry where it is due; nobody is blamed.",
            good_example="I’m sorry you had to say it all again.",
        ),
    )),
    SectionSpec(name="Closing", lines=(
        LineSpec(
            key="next-step", text="Agrees a next step with a date", weight=15,
            causes=("No date", "No owner", "Closed too early"),
            guidance="Who does what by when is said before the end. Does not apply where nothing is left to do.",
            good_example="I’ll write to you on Thursday, also if the bank has not answered.",
        ),
    )),
))  # fmt: skip

_AI = RubricSpec(sections=(
    SectionSpec(name="Intent", lines=(
        LineSpec(
            key="understands", text="Understands what is asked", weight=25,
            causes=("Wrong intent", "Half of it", "Missed a detail already given"),
            guidance="Judge the turns, not the outcome: what did it take the customer to want?",
        ),
    )),
    SectionSpec(name="Accuracy", lines=(
        LineSpec(
            key="true-answer", text="Says nothing that is not so", scale=Scale.PASS_FAIL, weight=25, fails=Fails.REVIEW,
            causes=("Made up", "Article out of date", "Mixed up two customers or orders"),
            guidance="Every statement has a ground in the knowledge or the order. One that has none fails.",
        ),
        LineSpec(
            key="complete-answer", text="Answers the whole question", scale=Scale.THREE, weight=10,
            reading=Topic.LOOPS,
            causes=("Only a link", "Left out a part", "Same answer twice"),
        ),
    )),
    SectionSpec(name="Knows when to escalate", lines=(
        LineSpec(
            key="escalates-in-time", text="Hands over before the customer has to ask", weight=15,
            reading=Topic.ASKED,
            causes=("Too late", "Too early", "Not at all", "Without a summary"),
            guidance="After two failed tries, at anger, at anything the policy keeps for people. Does not apply where nothing "
            "called for a person.",
        ),
        LineSpec(
            key="lets-go", text="Lets go at once when a person is asked for", weight=10, shown_if="escalates-in-time",
            shown_at=(1, 2), causes=("Argued", "Asked for a reason", "Did not notice"),
            guidance="Asked only where it did not hand over by itself in time.",
        ),
    )),
    SectionSpec(name="Policy and brand tone", lines=(
        LineSpec(
            key="stays-in-policy", text="Promises nothing beyond the policy", scale=Scale.PASS_FAIL, weight=10,
            fails=Fails.SECTION, reading=Topic.SAFETY, causes=("Promised money", "Promised a date", "Legal or medical advice"),
        ),
        LineSpec(key="brand-tone", text="Sounds like us, and says that it is an AI agent", scale=Scale.THREE, weight=5,
                 reading=Topic.TONE,
            causes=("Stiff", "Overdone", "Hid what it is")),
    )),
))  # fmt: skip

PACK = (
    Preset("people", "Conversation with a person", Family.PEOPLE, _PEOPLE),
    Preset("ai", "Conversation with an AI agent", Family.AI, _AI),
)
