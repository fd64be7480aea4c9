from __future__ import annotations

from django.urls import path

from apps.access.views import account, books, masking, notices, sign_in

urlpatterns = [
    path("signin", sign_in.SignIn.as_view(), name="signin"),
    path("signin/code", sign_in.signin_code, name="signin_code"),
    path("signin/second-factor", sign_in.signin_second_factor, name="signin_second_factor"),
    path("account", account.account, name="account"),
    path("account/password", account.account_password, name="account_password"),
    path("account/second-factor", account.account_second_factor, name="account_second_factor"),
    path("account/recovery-codes", account.account_recovery_codes, name="account_recovery_codes"),
    path("here", account.here, name="here"),
    path("masking", masking.masking, name="masking"),
    path("notices", notices.notices, name="notices"),
    path("notices/<int:pk>/seen", notices.notice_seen, name="notice_seen"),
    path("audit", books.audit_trail, name="audit"),
    path("who-sees-what", books.who_sees_what, name="who_sees_what"),
]
