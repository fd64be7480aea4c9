"""Who may do what: roles across, permissions down, each with a sentence. Agents read the same page in the product."""

from __future__ import annotations

from enum import StrEnum

from django.db import models


class Role(models.TextChoices):
    """What a person is here for. Nobody has two roles."""

    AGENT = "agent", "Agent"
    QA = "qa", "QA analyst"
    LEAD = "lead", "Team lead"
    QA_MANAGER = "qa_manager", "QA manager"
    OPS = "ops", "Operations leader"
    ADMIN = "admin", "Admin"


class Permission(StrEnum):
    """A thing that can be allowed."""

    VIEW_FLOOR = "view_floor"
    VIEW_PEOPLE = "view_people"
    VIEW_CONVERSATIONS = "view_conversations"
    HEAR_RECORDINGS = "hear_recordings"
    OPEN_VALUES = "open_values"
    VIEW_AUDIT = "view_audit"
    MANAGE_SOURCES = "manage_sources"
    MANAGE_SETUP = "manage_setup"
    MANAGE_MASKING = "manage_masking"
    MANAGE_PRIVACY = "manage_privacy"
    VIEW_HEALTH = "view_health"
    VIEW_NOTICES = "view_notices"
    VIEW_OWN_SCORECARD = "view_own_scorecard"
    VIEW_SCORECARDS = "view_scorecards"
    COACH = "coach"
    BE_COACHED = "be_coached"
    VIEW_ALERTS = "view_alerts"
    VIEW_FLOOR_ALERTS = "view_floor_alerts"
    CARE_FOR_ALERTS = "care_for_alerts"
    REVIEW = "review"
    MANAGE_QUALITY = "manage_quality"
    BE_REVIEWED = "be_reviewed"
    VIEW_PATTERNS = "view_patterns"
    VIEW_EXEMPLARS = "view_exemplars"
    SHARE_EXEMPLARS = "share_exemplars"
    GIVE_READING = "give_reading"
    VIEW_RULES = "view_rules"
    EDIT_RULES = "edit_rules"
    SILENCE = "silence"
    REROUTE = "reroute"
    PROPOSE_TUNING = "propose_tuning"
    VIEW_INTERVENTIONS = "view_interventions"
    EDIT_REPLY_RULES = "edit_reply_rules"


SENTENCES: dict[Permission, str] = {
    Permission.VIEW_FLOOR: "See how the queues are doing, as numbers.",
    Permission.VIEW_PEOPLE: "See who is working and in which state, by name, in the teams one leads.",
    Permission.VIEW_CONVERSATIONS: "Read masked conversations of the queues in one's scope; agents read their own.",
    Permission.HEAR_RECORDINGS: "Listen to recorded calls of conversations one may read.",
    Permission.OPEN_VALUES: "Open a masked value of a conversation one may read: with a reason, for 15 minutes, 20 an hour.",
    Permission.VIEW_AUDIT: "Look up what was done: one's own actions and what concerns one's own work; admins, everything.",
    Permission.MANAGE_SOURCES: "Connect, test and switch off sources of events.",
    Permission.MANAGE_SETUP: "Change teams, queues and people.",
    Permission.MANAGE_MASKING: "Set what each role is shown of each kind of masked value.",
    Permission.MANAGE_PRIVACY: "Set how long data is kept, hold it for a court, and have one customer's data copied or erased "
    "once a second admin confirms it.",
    Permission.VIEW_HEALTH: "See whether the portal itself works, and have tried again what failed.",
    Permission.VIEW_ALERTS: "See what the rules about quality found in one's scope.",
    Permission.VIEW_FLOOR_ALERTS: "See what the rules about running the floor found, too.",
    Permission.CARE_FOR_ALERTS: "Take an alert on, put it aside, say that it is over and what it was worth.",
    Permission.VIEW_RULES: "Read the rules that alerts come from, and try them on the past.",
    Permission.EDIT_RULES: "Change the rules that alerts come from; QA managers, those about quality.",
    Permission.SILENCE: "Have nobody told of some alerts for a time: team leads in their queues for two hours, QA managers of rules "
    "about quality for eight, operations and admins for a day.",
    Permission.REROUTE: "Move people between queues, divert conversations and call for help, for a time, in the queues of one's scope.",
    Permission.PROPOSE_TUNING: "See what AI agents fail at and propose what they should know or be told.",
    Permission.VIEW_INTERVENTIONS: "See what was done about alerts in one's scope, and whether it worked; notes only those one may read.",
    Permission.EDIT_REPLY_RULES: "Change the phrases that replies must not hold and the steps they are held against; everybody may read them.",
    Permission.VIEW_NOTICES: "Be told when somebody wants to open more masked values within an hour than anybody may.",
    Permission.VIEW_OWN_SCORECARD: "See one's own shift and scorecard, each number with its formula and its rows.",
    Permission.VIEW_SCORECARDS: "See the same scorecard of the people one leads, by name and never as a ranking; QA managers, everybody’s.",
    Permission.COACH: "Send private notes to the people one leads, and see what came of them.",
    Permission.BE_COACHED: "Read private notes about one's own work, confirm and answer them.",
    Permission.REVIEW: "Score conversations one may read, never one's own; read one's own reviews, and leads the released ones of "
    "whom they lead.",
    Permission.MANAGE_QUALITY: "Change rubrics, read every submitted review, and decide second looks at reviews of others.",
    Permission.VIEW_PATTERNS: "See what is missed most in reviews, as numbers.",
    Permission.VIEW_EXEMPLARS: "Read good examples of one's library, masked for everybody, and agree that one's own words are shared or not.",
    Permission.SHARE_EXEMPLARS: "Share conversations one may read as good examples, once everybody whose words they are agrees; leads of "
    "whom they lead.",
    Permission.GIVE_READING: "Make reading lists of good examples for the teams one leads, and see who has read them; QA managers for all.",
    Permission.BE_REVIEWED: "Read reviews of one's own work once they are released, and ask for a second look.",
}

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset({Permission.VIEW_CONVERSATIONS, Permission.VIEW_AUDIT, Permission.VIEW_OWN_SCORECARD, Permission.BE_COACHED, Permission.BE_REVIEWED, Permission.VIEW_EXEMPLARS}),
    Role.QA: frozenset({Permission.VIEW_CONVERSATIONS, Permission.OPEN_VALUES, Permission.VIEW_AUDIT, Permission.REVIEW, Permission.VIEW_EXEMPLARS, Permission.SHARE_EXEMPLARS}),
    Role.LEAD: frozenset({
        Permission.VIEW_FLOOR, Permission.VIEW_PEOPLE, Permission.VIEW_CONVERSATIONS, Permission.HEAR_RECORDINGS,
        Permission.OPEN_VALUES, Permission.VIEW_AUDIT, Permission.VIEW_ALERTS, Permission.VIEW_FLOOR_ALERTS,
        Permission.CARE_FOR_ALERTS, Permission.COACH, Permission.REVIEW, Permission.VIEW_RULES, Permission.VIEW_SCORECARDS,
        Permission.SILENCE, Permission.REROUTE, Permission.PROPOSE_TUNING, Permission.VIEW_INTERVENTIONS,
        Permission.VIEW_EXEMPLARS, Permission.SHARE_EXEMPLARS, Permission.GIVE_READING,
    }),
    Role.QA_MANAGER: frozenset({
        Permission.VIEW_FLOOR, Permission.VIEW_CONVERSATIONS, Permission.HEAR_RECORDINGS, Permission.OPEN_VALUES,
        Permission.VIEW_AUDIT, Permission.VIEW_NOTICES, Permission.VIEW_ALERTS, Permission.CARE_FOR_ALERTS, Permission.REVIEW,
        Permission.MANAGE_QUALITY, Permission.VIEW_PATTERNS, Permission.VIEW_RULES, Permission.EDIT_RULES, Permission.VIEW_SCORECARDS,
        Permission.SILENCE, Permission.PROPOSE_TUNING, Permission.VIEW_INTERVENTIONS, Permission.EDIT_REPLY_RULES,
        Permission.VIEW_EXEMPLARS, Permission.SHARE_EXEMPLARS, Permission.GIVE_READING,
    }),
    Role.OPS: frozenset({
        Permission.VIEW_FLOOR, Permission.VIEW_ALERTS, Permission.VIEW_FLOOR_ALERTS, Permission.CARE_FOR_ALERTS, Permission.VIEW_PATTERNS,
        Permission.VIEW_RULES, Permission.SILENCE, Permission.REROUTE, Permission.PROPOSE_TUNING, Permission.VIEW_INTERVENTIONS,
    }),
    Role.ADMIN: frozenset({
        Permission.VIEW_FLOOR, Permission.VIEW_AUDIT, Permission.MANAGE_SOURCES, Permission.MANAGE_SETUP,
        Permission.MANAGE_MASKING, Permission.MANAGE_PRIVACY, Permission.VIEW_HEALTH, Permission.VIEW_ALERTS,
        Permission.VIEW_FLOOR_ALERTS, Permission.VIEW_RULES, Permission.EDIT_RULES, Permission.SILENCE, Permission.EDIT_REPLY_RULES,
    }),
}  # fmt: skip

# Roles whose scope is the whole organisation; every other role sees what was granted to the person.
WHOLE_ORGANISATION = frozenset({Role.QA_MANAGER, Role.OPS, Role.ADMIN})

# Nobody in these roles gets in with a password alone: each of them sees the work of others or changes what they see.
SECOND_FACTOR_ROLES = frozenset(Role) - {Role.AGENT, Role.QA}
