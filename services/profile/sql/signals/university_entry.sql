-- H10: a child enters university in the year of the day.
SELECT customer_id, value AS subject, min(since) AS window_from, $1::date AS window_to,
    jsonb_build_object('year', value::int) AS counts, '{}'::jsonb AS amounts_fen, '{}'::date[] AS days, '{}'::text[] AS ids
FROM fact
WHERE customer_id BETWEEN $2 AND $3 AND fact = 'child_university_year' AND since <= $1
    AND value = extract(year FROM $1::date)::text
GROUP BY customer_id, value
