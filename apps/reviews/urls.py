from __future__ import annotations

from django.urls import path

from apps.reviews import setup
from apps.reviews.views import api, automatic, calibration, mine, patterns, rubrics, scoring, second_looks

urlpatterns = [
    path("reviews/drawn/<uuid:pk>/replace", scoring.assignment_replace, name="assignment_replace"),
    path("calibration", calibration.calibrations, name="calibrations"),
    path("calibration/<uuid:pk>", calibration.calibration, name="calibration"),
    path("calibration/<uuid:pk>/begin", calibration.calibration_begin, name="calibration_begin"),
    path("calibration/<uuid:pk>/note", calibration.calibration_note, name="calibration_note"),
    path("calibration/<uuid:pk>/close", calibration.calibration_close, name="calibration_close"),
    path("automatic", automatic.automatic, name="automatic"),
    path("patterns", patterns.patterns, name="patterns"),
    path("patterns/<slug:family>/<slug:line>/<slug:week>", patterns.pattern_behind, name="pattern_behind"),
    path("setup/plans", setup.plans, name="plans"),
    path("setup/plans/<int:pk>", setup.plan, name="plan"),
    path("setup/plans/<int:pk>/draw", setup.plan_draw, name="plan_draw"),
    path("setup/draws/<uuid:pk>", setup.draw, name="draw"),
    path("reviews", scoring.reviews, name="reviews"),
    path("reviews/begin", scoring.review_begin, name="review_begin"),
    path("reviews/<uuid:pk>/draft", scoring.review_save, name="review_save"),
    path("reviews/<uuid:pk>/submit", scoring.review_submit, name="review_submit"),
    path("reviews/<uuid:pk>/result", scoring.review_result, name="review_result"),
    path("reviews/<uuid:pk>/take-back", scoring.review_take_back, name="review_take_back"),
    path("reviews/<uuid:pk>/discard", scoring.review_discard, name="review_discard"),
    path("me/reviews", mine.my_reviews, name="my_reviews"),
    path("me/reviews/<uuid:pk>", mine.my_review, name="my_review"),
    path("me/reviews/<uuid:pk>/acknowledge", mine.review_acknowledge, name="review_acknowledge"),
    path("me/reviews/<uuid:pk>/second-look", mine.second_look_ask, name="second_look_ask"),
    path("setup/rubrics", rubrics.rubric_list, name="rubrics"),
    path("setup/rubrics/new", rubrics.rubric_new, name="rubric_new"),
    path("setup/rubrics/import", rubrics.rubric_import, name="rubric_import"),
    path("setup/rubrics/<int:pk>", rubrics.rubric, name="rubric"),
    path("setup/rubrics/<int:pk>/versions/<int:n>", rubrics.rubric_version, name="rubric_version"),
    path("setup/rubrics/<int:pk>/document", rubrics.rubric_document, name="rubric_document"),
    path("setup/rubrics/<int:pk>/use", rubrics.rubric_use, name="rubric_use"),
    path("reviews/export", scoring.review_export, name="review_export"),
    path("api/v1/reviews", api.ReviewsView.as_view(), name="api_reviews"),
    path("api/v1/reviews/<uuid:pk>", api.ReviewView.as_view(), name="api_review"),
    path("api/v1/rubrics", api.RubricsView.as_view(), name="api_rubrics"),
    path("api/v1/rubrics/<int:pk>", api.RubricView.as_view(), name="api_rubric"),
    path("second-looks", second_looks.second_looks, name="second_looks"),
    path("second-looks/<uuid:pk>", second_looks.second_look, name="second_look"),
]
