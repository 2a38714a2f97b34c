-- H13: the day on which the relation with the bank began. Of 29 February it is the 28th in common years.
SELECT customer_id, next.day::text AS subject, $1::date AS window_from, next.day AS window_to,
    jsonb_build_object('years', extract(year FROM next.day)::int - extract(year FROM began)::int) AS counts,
    '{}'::jsonb AS amounts_fen, ARRAY[next.day] AS days, '{}'::text[] AS ids
FROM (
    SELECT id AS customer_id, opened_on AS began FROM customer WHERE id BETWEEN $2 AND $3
) known
CROSS JOIN LATERAL (
    SELECT (began + make_interval(years => turning))::date AS day
    FROM (SELECT extract(year FROM $1::date)::int - extract(year FROM began)::int AS years) passed
    CROSS JOIN LATERAL (
        SELECT years + ((began + make_interval(years => years))::date < $1)::int AS turning
    ) coming
) next
WHERE next.day <= $1::date + ($4::jsonb ->> 'ahead_days')::int AND extract(year FROM next.day) > extract(year FROM began)
