"""Other apps use an app through its doors: models, services, queries and facts. What else is public is named here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.contracts.layers import ROOT

DOORS = {"models", "services", "queries", "facts"}

# A module that others may use beside the four doors, and why it is none of them.
MORE_DOORS = {
    "access.audit": "one function, called inside the caller's transaction by whatever must leave a trace",
    "access.allow_list": "words that are nobody's name, which whoever masks what comes in asks for",
    "access.allowed": "the entries of such a list as the mask takes them: one pure function of a text",
    "access.language": "which language a text is in, for the mask and for whoever reads what it masked",
    "access.masking": "the mask is one pure function of a text, used before anything is stored",
    "access.parts": "whether figures of several messages are one number: pure functions of what is kept of them",
    "access.persons": "the second reader of names of this process, heard where texts are taken in",
    "access.policy": "what a role is shown of a masked value, asked wherever one is shown",
    "access.retention": "how long each kind of data is kept, asked by whoever keeps it",
    "access.views": "a page that asks who it is again asks like every other one",
    "access.roles": "the page of roles and permissions",
    "access.sealed": "sealing is a pure function; who may import it is a contract of its own",
    "access.sessions": "a view that scripts ask by themselves says so",
    "access.showing": "the one function that says what a role is shown of a masked text",
    "access.tagger": "which learnt file the mask stands on, told in the open book of what reads messages",
    "access.training": "how well the mask finds is measured beside how well messages are read",
    "access.viewer": "whoever reads or acts is asked through a viewer",
    "agents.reach": "how far back a viewer reads in numbers of people, asked by whatever tells one",
    "analysis.adherence": "what a step of a checklist is and how it went: pure functions of masked texts",
    "analysis.opinions": "what readings say of one part in a conversation: pure functions of masked texts",
    "analysis.complexity": "from which score an opening is called a long one, in the words of a transcript",
    "analysis.loops": "and what an answer in a circle is called",
    "analysis.checklists": "the floor's checklist, held against a conversation beside its transcript",
    "coaching.evidence": "what reviews show of one person, on the page of a feedback conversation",
    "coaching.feedback": "and how long its texts may be",
    "coaching.sheets": "and its verbs, called by the page and by a floor that is set up",
    "coaching.regions": "the agent's bar of notes stands in the pages of the console",
    "interactions.canonical": "the form in which every source speaks",
    "interactions.decoding": "and how it is read and refused, at the door and when it is recorded",
    "interactions.keys": "a pure function from a source's names to our keys",
    "metrics.calendars": "whoever sets a floor up says when its queues are open",
    "interactions.showing": "how every screen shows a masked text of a conversation",
    "interactions.quotes": "a message quoted outside its transcript, as every screen shows it",
    "interactions.reading_role": "a transcript is read in a role of the database, wherever it is read",
    "learning.lists": "reading lists, made for a floor that is set up",
    "metrics.comparing": "two periods of many numbers, for a rule that watches what contradicts itself",
    "metrics.conflicts": "and which pairs do",
    "metrics.small_groups": "of how many people a number may be told",
    "metrics.attention": "who needs time, and why, in the words of every list of people",
    "metrics.ai_cards": "what is counted of one AI agent, on its own pages",
    "metrics.ai_parts": "and the conversations behind what the dictionary does not name",
    "metrics.aims": "how a person stands to a goal, in one word everywhere",
    "metrics.overview": "the people one leads, each with what there is to talk about",
    "metrics.goal_setting": "whoever sets a floor up says what is to be reached",
    "metrics.trends": "one person's numbers week by week, on their own pages",
    "metrics.workdays": "a person's own day, on their own pages",
    "metrics.definitions": "the dictionary of numbers, which whoever judges by one reads",
    "metrics.measures": "and what each of them is counted from",
    "metrics.cards": "and how it is said, on the pages of one person",
    "metrics.floor_goals": "what the floor's numbers are held against",
    "metrics.goals": "and what is to be reached there",
    "metrics.quality_lines": "and how they were marked, line by line",
    "metrics.scorecards": "what is counted of one person",
    "interventions.reports": "the report of a shift, beside the line that the console draws",
    "metrics.day_goals": "the goals of queues on one day, in that report",
    "interventions.regions": "the bar of a shift that was handed over stands on the floor of the console",
    "routing.decision": "the pure rule of who takes a conversation, told to platforms by the connectors",
    "reviews.calibrating": "the verbs about sessions, which build on those of the services",
    "reviews.comparing": "and what a session may be called about",
    "reviews.line_marks": "how people were marked line by line, for the numbers about them",
    "reviews.planning": "the verbs about sampling plans",
    "reviews.drafts": "what a form says, said by a program as by a person",
    "reviews.scoring": "from marks to a score, a pure function",
    "reviews.spec": "what a rubric says, apart from any row",
    "shared.lookups": "a whole list of keys as one parameter, also of a statement by hand",
    "shared.answering": "how doors for programs say no",
    "shared.asking": "a pure function from what a request says to a key, or to none",
    "shared.bulk": "set-based statements have no rows of their own",
    "shared.errors": "refusals",
    "shared.intervals": "pure functions of statistics that every app counts with",
    "shared.moments": "a pure function from what is written for a command to a moment, or to a refusal",
    "shared.pulse": "signs of life of the workers, which have no rows of an app",
    "shared.outbox": "how a fact is announced",
    "shared.reading": "what parts rendered together share",
    "shared.regions": "the contract between screens and the socket",
    "shared.suppression": "a pure function of groups of people, which says what can be shown beside their whole",
    "ui.intervals": "what a value with its band is, ready to be drawn",
    "ui.lines": "pure geometry of small drawings",
    "ui.masked": "the contract between what a role is shown of a text and the tag that draws it",
    "ui.navigation": "the contract between the shell and the screens",
    "ui.units": "how numbers with a unit are written, on every screen",
    "ui.writing": "pure functions from a text to what is shown of it",
    "ui.templatetags": "the tags that screens are written with",
}


def foreign_imports(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (file, "app.module") for each import of another app's module below a folder of apps."""
    for path in sorted(folder.rglob("*.py")):
        own = path.relative_to(folder).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "apps" and len(parts) > 2 and parts[1] != own:
                    yield str(path.relative_to(folder)), ".".join(parts[1:3])


def test_apps_use_each_other_through_their_doors() -> None:
    wrong = {
        f"{file} imports {module}"
        for file, module in foreign_imports(ROOT / "apps")
        if module.split(".")[1] not in DOORS and module not in MORE_DOORS
    }
    assert wrong == set()


def test_no_door_is_named_that_nobody_uses() -> None:
    assert set(MORE_DOORS) - {module for _, module in foreign_imports(ROOT / "apps")} == set()


def test_the_contract_can_fail(tmp_path: Path) -> None:
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "views.py").write_text(
        "from apps.interactions.projection import told\nfrom apps.live import hub\nfrom apps.console import floor\n"
    )
    assert list(foreign_imports(tmp_path)) == [
        ("console/views.py", "interactions.projection"),
        ("console/views.py", "live.hub"),
    ]


def test_no_module_is_called_after_nothing() -> None:
    banned = {"utils", "helpers", "constants", "signals", "common", "misc"}
    found = [str(path.relative_to(ROOT)) for top in ("apps", "supervision") for path in (ROOT / top).rglob("*.py")]
    assert [path for path in found if Path(path).stem in banned] == []
