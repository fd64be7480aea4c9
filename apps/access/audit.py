"""The audit trail: one function writes, and nothing in the product changes or deletes what it wrote."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Model

from apps.access.masking import mask
from apps.access.models import AuditEntry, User
from apps.access.viewer import Viewer

# Every verb, and how the audit page says it.
VERBS: dict[str, str] = {
    "session.opened": "signed in",
    "session.refused": "was refused at sign-in after too many wrong tries",
    "password.changed": "changed the own password",
    "second_factor.set": "set up a second factor",
    "second_factor.reset": "took the second factor away from",
    "recovery_codes.made": "made new recovery codes",
    "recovery_code.used": "signed in with a recovery code",
    "account.made": "made the account",
    "account.switched_off": "switched off the account",
    "account.switched_on": "switched on the account",
    "agent.linked": "linked an agent to the account",
    "agent.placed": "put agents into the team",
    "role.changed": "changed the role of",
    "grant.given": "gave access to",
    "grant.taken": "took access from",
    "masking.changed": "changed what roles see of masked values",
    "allow_list.changed": "changed the words that are nobody’s name:",
    "phrases.changed": "changed the phrases that replies must not hold:",
    "checklist.changed": "changed the steps that replies are held against:",
    "retention.changed": "changed how long data is kept",
    "hold.placed": "put a legal hold on",
    "hold.lifted": "lifted the legal hold on",
    "erasure.asked": "asked to have erased",
    "copy.asked": "asked for a copy of the data of",
    "tiers.changed": "changed tiers of queues:",
    "request.confirmed": "confirmed the request about",
    "request.withdrawn": "withdrew the request about",
    "customer.sought": "looked for a customer",
    "customer.erased": "erased",
    "customer.copied": "took the copy of the data of",
    "transcript.viewed": "read",
    "value.opened": "opened masked values of",
    "value.shown": "was shown values by the policy of",
    "value.refused": "was refused more masked values this hour",
    "numbers.exported": "took a file of the rows behind",
    "reviews.exported": "took a file of reviews:",
    "goal.set": "set a goal",
    "goal.ended": "ended a goal",
    "goals.seen": "has seen the goals of the day",
    "shift.closed": "closed the own shift",
    "shifts.planned": "planned by the week",
    "shifts.imported": "planned out of a file",
    "calendar.changed": "changed the opening hours of",
    "notice.seen": "looked into too many openings by",
    "coaching.sent": "sent a note to",
    "coaching.withdrawn": "took back a note to",
    "coaching.acknowledged": "acknowledged a note from",
    "coaching.answered": "answered a note from",
    "review.begun": "began to score",
    "review.submitted": "submitted the review of",
    "review.taken_back": "took back the review of",
    "review.discarded": "let go the draft about",
    "review.acknowledged": "acknowledged a review by",
    "second_look.asked": "asked for a second look at",
    "second_look.decided": "decided about a second look:",
    "feedback.cadence": "set how often feedback conversations are due:",
    "feedback.prepared": "prepared a feedback conversation with",
    "feedback.held": "held a feedback conversation with",
    "feedback.acknowledged": "acknowledged a feedback conversation:",
    "feedback.discarded": "let go a feedback conversation with",
    "exemplar.shared": "shared a good example of",
    "exemplar.agreed": "agreed to share a good example of",
    "exemplar.declined": "did not agree to share a good example of",
    "exemplar.withdrawn": "withdrew a good example of",
    "exemplar.viewed": "read a good example of",
    "exemplar.read": "marked as read a good example of",
    "exemplar.ended": "ended a good example:",
    "reading.made": "made the reading list",
    "reading.given": "gave the reading list",
    "reading.taken_back": "took back the reading list",
    "reading.put_away": "put away the reading list",
    "calibration.called": "called a calibration session about",
    "calibration.noted": "wrote down what was agreed in a calibration session",
    "calibration.closed": "closed the calibration session about",
    "plan.saved": "saved the sampling plan",
    "draw.made": "drew for the sampling plan",
    "assignment.replaced": "had replaced what was to be reviewed of",
    "rubric.changed": "made a new version of the rubric",
    "rubric.default": "let reviews begin with the rubric",
    "rubric.retired": "retired the rubric",
    "alert.taken_on": "took on the alert",
    "alert.snoozed": "put aside the alert",
    "alert.resolved": "said it is over, of the alert",
    "alert.judged": "said what it was worth, of the alert",
    "alert.acted": "did something about the alert",
    "alert.undone": "took back what was done, of the alert",
    "silence.made": "silenced",
    "silence.lifted": "lifted the silence of",
    "wish.set": "said how to be told of alerts",
    "endpoint.made": "had told of alerts by webhook",
    "endpoint.switched_off": "switched off the webhook",
    "endpoint.switched_on": "switched on the webhook",
    "rule.saved": "saved the rule",
    "rule.switched_off": "switched off the rule",
    "rule.switched_on": "switched on the rule",
    "routing.moved": "moved people:",
    "routing.diverted": "diverted:",
    "routing.undone": "took back at once:",
    "routing.returned": "returned before time:",
    "routing.help_called": "called for help in",
    "routing.help_ended": "said that help is needed no longer in",
    "tuning.proposed": "proposed a change:",
    "tuning.withdrawn": "took back a proposal for",
    "shift.handed_over": "handed the shift to",
    "source.made": "connected",
    "source.token_rotated": "gave a new token to",
    "source.secret_rotated": "gave a new signing secret to",
    "source.switched_on": "switched on",
    "source.switched_off": "switched off",
    "fact.retried": "had tried again the fact",
    "wall.made": "made the wallboard link",
    "wall.revoked": "revoked the wallboard link",
}


def record(
    *,
    by: Viewer | User | None,
    verb: str,
    at: datetime,
    subject: Model | None = None,
    about: str = "",
    reason: str = "",
    conversation_id: UUID | None = None,
    concerns: Iterable[int] = (),
) -> AuditEntry:
    """Write one line in the caller's transaction: what is not recorded does not happen.

    `about` names what was touched in the product's own words ("card 1", "lead to qa_manager"). `reason` is what a person
    typed, so it is masked. `concerns` are the accounts whose work it is about: they may read the entry. `by` is None for
    the installation itself.
    """
    if verb not in VERBS:
        raise ValueError(f"“{verb}” is no verb of the audit trail. Add it to VERBS with its words.")
    user = by.user if isinstance(by, Viewer) else by
    return AuditEntry.objects.create(
        by=user, role="" if user is None else user.role, verb=verb,
        subject_kind="" if subject is None else subject._meta.model_name or "",
        subject_id="" if subject is None else str(subject.pk),
        about=about, reason=mask(text=reason).text[:500], conversation_id=conversation_id,
        concerns=sorted(set(concerns)), at=at,
    )  # fmt: skip
