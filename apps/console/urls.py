from __future__ import annotations

from django.urls import path

from apps.console import views

urlpatterns = [
    path("", views.home, name="home"),
    path("queues/<uuid:pk>", views.queue, name="queue"),
    path("agents", views.people, name="people"),
    path("agents/<uuid:pk>", views.person, name="person"),
    path("agents/<uuid:pk>/scorecard", views.scorecard, name="scorecard"),
    path("me", views.my_shift, name="my_shift"),
    path("me/scorecard", views.my_scorecard, name="my_scorecard"),
    path("find", views.find, name="find"),
    path("welcome", views.welcome, name="welcome"),
    path("setup/people", views.accounts, name="accounts"),
    path("setup/people/teams", views.agents_placed, name="agents_placed"),
    path("setup/people/<int:pk>", views.account, name="account_of"),
    path("setup/walls", views.walls, name="walls"),
    path("setup/walls/<int:pk>/revoke", views.wall_revoke, name="wall_revoke"),
    path("wall/<str:token>", views.wall, name="wall"),
    path("ai", views.ai, name="ai"),
    path("conversations", views.conversations, name="conversations"),
    path("conversations/<uuid:pk>", views.conversation, name="conversation"),
]
