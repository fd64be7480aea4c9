"""The rows of conversations from which cases are observed, and what is left out is told: WITH queries over the same rows."""

from __future__ import annotations

from apps.analysis.queries import trusted_in_sql

# The rows of the conversations. `said` holds public words of customers, people and AI agents, by who speaks and not by what
# the source calls them; surveys and closing lines are sent by machines, whoever signs them. What a number leaves out is
# selected from the same rows.
ROWS = f"""
talk AS MATERIALIZED (
    SELECT id, channel, direction, started_at FROM interactions_conversation WHERE id = ANY(%(ids)s)
), cycle AS MATERIALIZED (
    SELECT conversation_id, n, queue_id, started_at, reply_clock_from, resolved_at, outcome,
           CASE WHEN n = 1 THEN '-infinity'::timestamptz ELSE started_at END AS from_at,
           coalesce(lead(started_at) OVER w, 'infinity'::timestamptz) AS until_at,
           lead(started_by) OVER w AS next_by, lead(started_at) OVER w AS next_at
    FROM interactions_carecycle WHERE conversation_id = ANY(%(ids)s)
    WINDOW w AS (PARTITION BY conversation_id ORDER BY n)
), held AS MATERIALIZED (
    SELECT p.conversation_id, p.n, p.agent_id, p.joined_at, p.left_at, a.kind,
           (p.left_at IS NULL OR p.left_at > p.joined_at) AS is_holding
    FROM interactions_participation p JOIN agents_agent a ON a.id = p.agent_id WHERE p.conversation_id = ANY(%(ids)s)
), said AS MATERIALIZED (
    SELECT m.conversation_id, m.sent_at AS at, m.sequence, m.id, m.agent_id, c.n AS cycle, c.queue_id,
           coalesce(m.sent_at > c.resolved_at, false) AS is_after,
           CASE WHEN m.author_kind = 'customer' THEN 'customer'
                WHEN m.author_kind = 'bot' OR a.kind = 'ai' THEN 'ai' ELSE 'human' END AS who
    FROM interactions_message m
    JOIN cycle c ON c.conversation_id = m.conversation_id AND m.sent_at >= c.from_at AND m.sent_at < c.until_at
    LEFT JOIN agents_agent a ON a.id = m.agent_id
    WHERE m.conversation_id = ANY(%(ids)s) AND m.sent_at >= %(low)s AND m.sent_at <= %(high)s
      AND NOT m.is_private AND m.author_kind <> 'system' AND m.kind NOT IN ('survey_prompt', 'closing')
), survey AS MATERIALIZED (
    SELECT c.conversation_id, c.n AS cycle, c.queue_id, min(m.sent_at) AS at
    FROM interactions_message m
    JOIN cycle c ON c.conversation_id = m.conversation_id AND m.sent_at >= c.from_at AND m.sent_at < c.until_at
    WHERE m.conversation_id = ANY(%(ids)s) AND m.sent_at >= %(low)s AND m.sent_at <= %(high)s
      AND NOT m.is_private AND m.kind = 'survey_prompt'
    GROUP BY c.conversation_id, c.n, c.queue_id
), handed AS MATERIALIZED (
    SELECT conversation_id, n, ai_agent_id, trigger, summary, happened_at FROM interactions_handoff
    WHERE conversation_id = ANY(%(ids)s)
), taken_over AS MATERIALIZED (
    -- Each hand-off with the first public words of a person after it and before the next one.
    SELECT h.*, (SELECT min(s.at) FROM said s WHERE s.conversation_id = h.conversation_id AND s.who = 'human'
                   AND s.at >= h.happened_at AND s.at < h.until_at) AS reply_at
    FROM (SELECT conversation_id, ai_agent_id, happened_at,
                 coalesce(lead(happened_at) OVER (PARTITION BY conversation_id ORDER BY n), 'infinity') AS until_at
          FROM handed) h
), turn AS MATERIALIZED (
    -- Of a fallback the confidence is that of its best real intent, or there is none.
    SELECT conversation_id, agent_id, happened_at, is_fallback, asked_for_human, {trusted_in_sql("t")} AS confidence,
           regexp_replace(lower(details -> 'score' ->> 'name'), '^.*[./:]|[^a-z./:]', '', 'g') AS judged_as,
           CASE jsonb_typeof(details -> 'score' -> 'value') WHEN 'number' THEN (details -> 'score' ->> 'value')::float8 END AS judged
    FROM interactions_botturn t WHERE conversation_id = ANY(%(ids)s)
), rated AS MATERIALIZED (
    SELECT r.conversation_id, c.n AS cycle, c.queue_id, r.happened_at, r.sequence, r.event_id, r.agent_id,
           (r.score - r.lowest) / (r.highest - r.lowest) >= 0.75 AS is_positive
    FROM interactions_rating r
    JOIN cycle c ON c.conversation_id = r.conversation_id AND r.happened_at >= c.from_at AND r.happened_at < c.until_at
    WHERE r.conversation_id = ANY(%(ids)s) AND r.scale IN ('', 'csat', 'thumb') AND r.highest > r.lowest
), felt AS MATERIALIZED (
    -- How the customer feels at the last of their words that could be read, as the readings of their messages say.
    SELECT m.conversation_id, m.score, m.turned_negative_at IS NOT NULL AS has_turned, (
        SELECT max(r.sent_at) FROM analysis_reading r
        WHERE r.conversation_id = m.conversation_id AND r.part = 'sentiment' AND r.score IS NOT NULL) AS at
    FROM analysis_mood m WHERE m.conversation_id = ANY(%(ids)s) AND m.score IS NOT NULL
), counted AS MATERIALIZED (
    SELECT *, count(*) FILTER (WHERE who <> 'customer') OVER (
        PARTITION BY conversation_id, cycle, is_after ORDER BY at, sequence, id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS run
    FROM said
), answer AS MATERIALIZED (
    -- Each public word of a person with the start of the run of customer messages it answers; null when it answers none.
    SELECT * FROM (
        SELECT *, min(at) FILTER (WHERE who = 'customer') OVER (
            PARTITION BY conversation_id, cycle, is_after, run) AS run_from FROM counted
    ) x WHERE who = 'human'
), reply AS MATERIALIZED (
    -- The first public word of a person in each cycle, before it was resolved.
    SELECT DISTINCT ON (conversation_id, cycle) * FROM answer WHERE NOT is_after
    ORDER BY conversation_id, cycle, at, sequence, id
), solved AS MATERIALIZED (
    SELECT c.* FROM cycle c JOIN reply r ON r.conversation_id = c.conversation_id AND r.cycle = c.n
    WHERE c.resolved_at IS NOT NULL AND c.outcome IN ('', 'handled', 'unknown')
), solved_first AS MATERIALIZED (
    SELECT DISTINCT ON (conversation_id) * FROM solved ORDER BY conversation_id, n
), involved AS MATERIALIZED (
    -- The first answer of an AI agent in each conversation: words after the customer's first ones.
    SELECT DISTINCT ON (s.conversation_id) s.conversation_id, s.at, s.queue_id, s.agent_id FROM said s
    JOIN (SELECT conversation_id, min(at) AS at FROM said WHERE who = 'customer' GROUP BY 1) f
      ON f.conversation_id = s.conversation_id AND s.at >= f.at
    WHERE s.who = 'ai' ORDER BY s.conversation_id, s.at, s.sequence, s.id
), ai_talk AS MATERIALIZED (
    -- Public words from the first answer of an AI agent on, each with who spoke next and when.
    SELECT s.conversation_id, s.at, s.sequence, s.id, s.who, lead(s.who) OVER w AS next_who, lead(s.at) OVER w AS next_at
    FROM said s JOIN involved i ON i.conversation_id = s.conversation_id AND s.at >= i.at
    WINDOW w AS (PARTITION BY s.conversation_id ORDER BY s.at, s.sequence, s.id)
), ai_part AS MATERIALIZED (
    -- Until its first word that left the customer without a further word for so long; what comes later is a return.
    SELECT conversation_id, coalesce(min(at) FILTER (
        WHERE who = 'ai' AND next_who = 'customer' AND next_at > at + %(assumed_after)s::interval), 'infinity') AS until_at
    FROM ai_talk GROUP BY conversation_id
), ai_last AS MATERIALIZED (
    -- The last word of that part and the customer's last one, whichever they are.
    SELECT DISTINCT ON (k.conversation_id, is_customer) k.conversation_id, k.who = 'customer' AS is_customer, k.who, k.at, m.text
    FROM ai_talk k JOIN ai_part p ON p.conversation_id = k.conversation_id AND k.at <= p.until_at
    JOIN interactions_message m ON m.id = k.id AND m.sent_at = k.at AND m.sent_at >= %(low)s AND m.sent_at <= %(high)s
    ORDER BY k.conversation_id, is_customer, k.at DESC, k.sequence DESC, k.id DESC
), ai_end AS MATERIALIZED (
    -- How the part of AI agents ended. Who thanks asks for nothing more.
    SELECT i.conversation_id, i.at, i.queue_id, i.agent_id,
           (EXISTS (SELECT 1 FROM handed h WHERE h.conversation_id = i.conversation_id)
            OR EXISTS (SELECT 1 FROM ai_talk k WHERE k.conversation_id = i.conversation_id AND k.who = 'human')) AS is_passed_on,
           EXISTS (SELECT 1 FROM cycle c WHERE c.conversation_id = i.conversation_id AND c.outcome = 'abandoned') AS is_abandoned,
           coalesce(c.text ~* %(affirms)s AND c.text !~* %(doubts)s, false) AS is_affirmed,
           coalesce(c.at > a.at AND NOT (c.text ~* %(thanks)s AND c.text !~* %(doubts)s), false) AS asks_more,
           coalesce(a.at > c.at, true) AND a.text LIKE '%%?%%' AS is_asked,
           p.until_at < 'infinity' AS came_again
    FROM involved i JOIN ai_part p ON p.conversation_id = i.conversation_id
    JOIN ai_last a ON a.conversation_id = i.conversation_id AND NOT a.is_customer
    LEFT JOIN ai_last c ON c.conversation_id = i.conversation_id AND c.is_customer
), busy AS MATERIALIZED (
    -- Each ended stretch of a person's holding: gaps that are short enough to be work, from taking it to their last word.
    SELECT conversation_id, n, agent_id, joined_at, left_at, bool_or(who = 'human') AS has_written,
           coalesce(sum(at - from_at) FILTER (WHERE at - from_at < CASE WHEN who = 'human'
               THEN %(agent_turn)s::interval ELSE %(customer_turn)s::interval END), interval '0') AS gaps
    FROM (
        SELECT h.conversation_id, h.n, h.agent_id, h.joined_at, h.left_at, s.who, s.at,
               coalesce(lag(s.at) OVER (
                   PARTITION BY h.conversation_id, h.n ORDER BY s.at, s.sequence, s.id), h.joined_at) AS from_at
        FROM held h LEFT JOIN said s ON s.conversation_id = h.conversation_id AND s.at >= h.joined_at AND s.at <= h.left_at
          AND (s.who = 'customer' OR (s.who = 'human' AND s.agent_id = h.agent_id))
        WHERE h.kind = 'human' AND h.is_holding AND h.left_at IS NOT NULL
    ) x GROUP BY conversation_id, n, agent_id, joined_at, left_at
), worked AS MATERIALIZED (
    -- The same as handle time: on the telephone the whole stretch, in writing what the gaps say of who wrote.
    SELECT b.conversation_id, b.agent_id, b.joined_at, b.left_at,
           CASE WHEN t.channel = 'voice' THEN b.left_at - b.joined_at ELSE b.gaps END AS spent
    FROM busy b JOIN talk t ON t.id = b.conversation_id WHERE t.channel = 'voice' OR b.has_written
), paused AS MATERIALIZED (
    -- Stretches in which we wait for the customer: until the next status, or the customer's next words.
    SELECT s.conversation_id, s.at, least(s.next_at, (
        SELECT min(w.at) FROM said w WHERE w.conversation_id = s.conversation_id AND w.who = 'customer' AND w.at > s.at
    ), 'infinity') AS until_at
    FROM (
        SELECT conversation_id, happened_at AS at, data ->> 'to' AS status,
               lead(happened_at) OVER (PARTITION BY conversation_id ORDER BY happened_at, sequence, id) AS next_at
        FROM interactions_conversationevent
        WHERE conversation_id = ANY(%(ids)s) AND happened_at >= %(low)s AND happened_at <= %(high)s AND kind = 'status'
    ) s WHERE s.status IN ('pending', 'snoozed')
), credited AS MATERIALIZED (
    -- The last rating of each cycle, with who is credited: the one who was rated, else the last to hold it by then.
    SELECT r.*, a.kind, coalesce(r.agent_id, h.agent_id) AS credited_id FROM (
        SELECT DISTINCT ON (conversation_id, cycle) * FROM rated
        ORDER BY conversation_id, cycle, happened_at DESC, sequence DESC, event_id DESC
    ) r LEFT JOIN LATERAL (
        SELECT agent_id FROM held WHERE held.conversation_id = r.conversation_id AND held.joined_at <= r.happened_at
        ORDER BY is_holding DESC, joined_at DESC, n DESC LIMIT 1
    ) h ON true JOIN agents_agent a ON a.id = coalesce(r.agent_id, h.agent_id)
)
"""  # noqa: S608  # a fixed piece
