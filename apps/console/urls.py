from __future__ import annotations

from django.urls import path

from apps.console.views import ai, feedback, pages, report, reviewing, scorecards

urlpatterns = [
    path("alerts/<uuid:pk>/worst", pages.alert_worst, name="alert_worst"),
    path("", pages.home, name="home"),
    path("queues/<uuid:pk>", pages.queue, name="queue"),
    path("agents", pages.people, name="people"),
    path("agents/<uuid:pk>", pages.person, name="person"),
    path("agents/<uuid:pk>/scorecard", scorecards.scorecard, name="scorecard"),
    path("scorecards", scorecards.scorecard_list, name="scorecards"),
    path("feedback", feedback.feedback, name="feedback"),
    path("agents/<uuid:pk>/feedback", feedback.feedback_new, name="feedback_new"),
    path("feedback/<uuid:pk>", feedback.feedback_sheet, name="feedback_sheet"),
    path("feedback/<uuid:pk>/hold", feedback.feedback_hold, name="feedback_hold"),
    path("feedback/<uuid:pk>/discard", feedback.feedback_discard, name="feedback_discard"),
    path("me/feedback", feedback.my_feedback, name="my_feedback"),
    path("me/feedback/<uuid:pk>/acknowledge", feedback.feedback_acknowledge, name="feedback_acknowledge"),
    path("me", scorecards.my_shift, name="my_shift"),
    path("me/goals", scorecards.goals_seen, name="goals_seen"),
    path("me/close", scorecards.shift_close, name="shift_close"),
    path("me/scorecard", scorecards.my_scorecard, name="my_scorecard"),
    path("find", pages.find, name="find"),
    path("welcome", pages.welcome, name="welcome"),
    path("setup/people", pages.accounts, name="accounts"),
    path("setup/people/teams", pages.agents_placed, name="agents_placed"),
    path("setup/people/<int:pk>", pages.account, name="account_of"),
    path("setup/walls", pages.walls, name="walls"),
    path("setup/walls/<int:pk>/revoke", pages.wall_revoke, name="wall_revoke"),
    path("wall/<str:token>", pages.wall, name="wall"),
    path("ai", pages.ai, name="ai"),
    path("ai/<uuid:pk>", ai.ai_agent, name="ai_agent"),
    path("ai/<uuid:pk>/scorecard", ai.ai_scorecard, name="ai_scorecard"),
    path("ai/<uuid:pk>/conversations", ai.ai_behind, name="ai_behind"),
    path("shifts", report.shift_today, name="shift_today"),
    path("shifts/mail", report.shift_report_wish, name="shift_report_wish"),
    path("shifts/<str:day>", report.shift_report, name="shift_report"),
    path("reviews/<uuid:pk>", reviewing.review, name="review"),
    path("conversations", pages.conversations, name="conversations"),
    path("conversations/<uuid:pk>", pages.conversation, name="conversation"),
]
