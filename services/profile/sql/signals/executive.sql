-- H17: the role at work that is known latest is an executive's.
SELECT customer_id, '' AS subject, since AS window_from, $1::date AS window_to,
    '{}'::jsonb AS counts, '{}'::jsonb AS amounts_fen, ARRAY[since] AS days, '{}'::text[] AS ids
FROM (
    SELECT DISTINCT ON (customer_id) customer_id, value, since
    FROM fact
    WHERE customer_id BETWEEN $2 AND $3 AND fact = 'employer_role' AND since <= $1
    ORDER BY customer_id, since DESC, value
) latest
WHERE $4::jsonb -> 'roles' ? value
