"""Quality: what reviewers say, and how far they can be trusted."""

from __future__ import annotations

from apps.metrics.definitions.definition import SHARE, Definition, Direction, Kind, Subject

DOWN, UP, NEUTRAL = Direction.DOWN, Direction.UP, Direction.NEUTRAL
HUMAN, QUEUE = Subject.HUMAN, Subject.QUEUE

# fmt: off
QUALITY = (
    Definition(
        key="category_score", name="Category score", unit="points", kind=Kind.MEAN,
        meaning="How a reviewer judged one category, from 0 to 100.",
        formula="(Chosen minus lowest) divided by (highest minus lowest), times 100.",
        subject=HUMAN, direction=UP, guard="grader_severity", minimum_n=10,
        edge_cases=("Two steps: 0, 100. Three: 0, 50, 100. Four: 0, 33.3, 66.7, 100. Five: 0, 25, 50, 75, 100.",),
        source="Zendesk QA",
    ),
    Definition(
        key="review_score", name="Review score", unit="points", kind=Kind.MEAN,
        meaning="How a reviewer judged one interaction, from 0 to 100.",
        formula="Sum of category score times weight, divided by the weights of the rated categories.",
        subject=HUMAN, direction=UP, guard="grader_severity", minimum_n=10,
        edge_cases=("Not applicable and skipped leave the denominator.", "Weights are whole numbers from 0 to 100."),
        source="Zendesk QA",
    ),
    Definition(
        key="critical_fails", name="Critical category", unit="reviews", kind=Kind.COUNT,
        meaning="How many reviews a critical category brought to nothing.",
        formula="Reviews with a critical category rated below 50; their review score is 0.",
        subject=HUMAN, direction=DOWN, guard="dispute_rate",
        edge_cases=("The raw score is kept too.", "Reports by category ignore the fail."), source="Zendesk QA",
    ),
    Definition(
        key="auto_fail_rate", name="Auto-fail", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of forms failed by one flagged answer.",
        formula="Forms failed by a flagged answer divided by forms.",
        subject=HUMAN, direction=DOWN, guard="dispute_rate", minimum_n=10,
        edge_cases=("A flag fails its section or its form, and rises to what holds it.",), source="Amazon Connect",
    ),
    Definition(
        key="internal_quality_score", name="IQS, internal quality score", unit="points", kind=Kind.MEAN,
        meaning="The mean of people's reviews in the period.",
        formula="Mean of review scores.",
        subject=HUMAN, direction=UP, guard="coverage", minimum_n=10,
        edge_cases=("Calibration reviews and drafts: left out.", "Automatic scores: apart.",
                    "For a person, with its interval and n."),
        source="Zendesk QA; Amazon Connect",
    ),
    Definition(
        key="section_score", name="Weighted section score", unit="points", kind=Kind.MEAN,
        meaning="How a form's sections add up.",
        formula="Section weight times the mean of its questions, over weights that sum to 1.",
        subject=HUMAN, direction=UP, guard="grader_severity", minimum_n=10,
        edge_cases=("Not applicable weighs the rest anew.",), source="Amazon Connect",
    ),
    Definition(
        key="alignment", name="Alignment", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of criteria a grader saw as the benchmark does.",
        formula="Criteria with the same answer divided by criteria, or a difference of at most 10 points.",
        subject=QUEUE, direction=UP, guard="agreement", minimum_n=20, edge_cases=("Weak: chance is not taken out.",),
        source="MaestroQA; supportman",
    ),
    Definition(
        key="agreement", name="Agreement", unit="coefficient", kind=Kind.MEAN,
        meaning="How far graders agree beyond chance.",
        formula="Kappa, weighted kappa or alpha, by the scale.",
        subject=QUEUE, direction=UP, guard="grader_severity", minimum_n=20, edge_cases=("Shown with its interval.",),
        source="ours",
    ),
    Definition(
        key="grader_severity", name="Grader severity", unit="points", kind=Kind.MEAN,
        meaning="How much stricter one grader is than others.",
        formula="The grader's mean minus the mean of peers on the same agents and forms.",
        subject=QUEUE, direction=NEUTRAL, guard="agreement", minimum_n=20, edge_cases=("Adjusted for difficulty.",),
        source="MaestroQA; Qualicore",
    ),
    Definition(
        key="dispute_rate", name="Dispute rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of reviews was disputed.",
        formula="Disputes divided by reviews.",
        subject=QUEUE, direction=NEUTRAL, guard="overturn_rate", minimum_n=10,
        edge_cases=("By category, reviewer and who began it.",), source="Zendesk QA",
    ),
    Definition(
        key="overturn_rate", name="Overturn rate", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of the disputes that ended changed the review.",
        formula="Disputes accepted wholly or in part divided by closed disputes.",
        subject=QUEUE, direction=DOWN, guard="dispute_rate", minimum_n=10, source="Zendesk QA",
    ),
    Definition(
        key="days_to_resolve", name="Days to resolve", unit="days", kind=Kind.MEAN,
        meaning="How long a dispute takes to be settled.",
        formula="Mean days from dispute to decision.",
        subject=QUEUE, direction=DOWN, guard="overturn_rate", minimum_n=10, source="Zendesk QA",
    ),
    Definition(
        key="coverage", name="Coverage", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of what could be reviewed was.",
        formula="Reviewed parts of people in closed conversations, divided by all such parts.",
        subject=QUEUE, direction=UP, guard="agreement", minimum_n=10, edge_cases=(
            "The sampling frame: each person who wrote to the customer in a conversation that is closed, once.",
            "Counted when the conversation last moved.", "Calibration reviews and drafts: no review.", "AI agents: apart.",
        ),
        source="Amazon Connect",
    ),
    Definition(
        key="analysed_coverage", name="Analysed coverage", unit=SHARE, kind=Kind.RATIO,
        meaning="Which share of the conversations in which customers wrote the analysis could read.",
        formula="Conversations with a customer message whose mood could be read, divided by conversations in which the customer wrote.",
        subject=QUEUE, direction=UP, guard="agreement", minimum_n=20, edge_cases=(
            "Another language, or no words: not read, and never neutral.", "Counted at the customer's first words.",
            "Not read yet: not read, until it is.",
        ),
        source="ours; Amazon Connect",
    ),
)
