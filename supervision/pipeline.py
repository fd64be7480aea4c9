"""Which step follows which fact: the product on one page. Every fact has a row, even an empty one."""

from __future__ import annotations

from apps.alerts import services as alerts
from apps.alerts.facts import AlertActed, AlertsChanged
from apps.analysis import services as analysis
from apps.analysis.facts import MessagesRead
from apps.coaching.facts import FeedbackChanged, NoteChanged, NotesSeen
from apps.connectors import services as connectors
from apps.interactions import services as interactions
from apps.interactions.facts import (
    ConversationsChanged,
    CustomerErased,
    ErasureConfirmed,
    MessagesRedacted,
    OpeningsRefused,
)
from apps.interventions import services as interventions
from apps.interventions.facts import HandoverChanged, InterventionsChanged
from apps.learning import services as learning
from apps.live import topics
from apps.metrics import services as metrics
from apps.reviews.facts import DrawMade, ReviewChanged, SecondLookChanged
from apps.routing.facts import DiversionChanged, HelpChanged
from apps.shared.outbox import Pipeline
from apps.tuning.facts import ProposalChanged

PIPELINE: Pipeline = {
    ConversationsChanged: [
        metrics.mark_dirty,
        analysis.mark_unread,
        alerts.mark_due,
        connectors.read_back,
        topics.conversations_changed,
    ],
    MessagesRead: [metrics.mark_read, alerts.mark_due, topics.messages_read],
    MessagesRedacted: [connectors.mark_redacted],
    ErasureConfirmed: [interactions.carry_out],
    CustomerErased: [
        analysis.forget_customer,
        connectors.mark_erased,
        learning.forget_customer,
        topics.customer_erased,
    ],
    AlertsChanged: [alerts.tell_quality, topics.alerts_changed],
    AlertActed: [interventions.alert_acted],
    OpeningsRefused: [interactions.tell_quality, topics.notices_changed],
    ReviewChanged: [topics.review_changed],
    SecondLookChanged: [topics.second_look_changed],
    DrawMade: [topics.draw_made],
    NoteChanged: [interventions.note_changed, topics.note_changed],
    FeedbackChanged: [interventions.feedback_changed, topics.feedback_changed],
    NotesSeen: [topics.notes_seen],
    DiversionChanged: [connectors.plan_commands, interventions.diversion_changed, topics.routing_changed],
    HelpChanged: [interventions.help_changed, topics.routing_changed],
    ProposalChanged: [interventions.proposal_changed],
    InterventionsChanged: [topics.interventions_changed],
    HandoverChanged: [topics.handover_changed],
}
