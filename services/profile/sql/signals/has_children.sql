-- H18: children under age by their days of birth; where none is known, the bare fact that there are children.
SELECT customer_id, '' AS subject, min(since) AS window_from, $1::date AS window_to,
    jsonb_build_object('children', count(*) FILTER (WHERE minor)) AS counts, '{}'::jsonb AS amounts_fen,
    '{}'::date[] AS days, '{}'::text[] AS ids
FROM (
    SELECT customer_id, fact, since,
        fact = 'child_birth_date' AND value::date <= $1
            AND extract(year FROM age($1::date, value::date)) < ($4::jsonb ->> 'under_age')::int AS minor,
        fact = 'has_child' AND value = 'true' AS said
    FROM fact
    WHERE customer_id BETWEEN $2 AND $3 AND fact IN ('child_birth_date', 'has_child') AND since <= $1
) known
GROUP BY customer_id
HAVING bool_or(minor) OR (bool_or(said) AND NOT bool_or(fact = 'child_birth_date'))
