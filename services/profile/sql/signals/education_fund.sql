-- H16: purchases for babies in three calendar months in a row, the last being the month of the day or the one before.
WITH months AS (
    SELECT a.customer_id, date_trunc('month', t.day)::date AS month, count(*) AS purchases, sum(t.fen)::bigint AS fen, max(t.day) AS last
    FROM account a
    JOIN transaction t ON t.account_id = a.id AND t.day BETWEEN $1::date - ($4::jsonb ->> 'window_days')::int + 1 AND $1
    WHERE a.customer_id BETWEEN $2 AND $3 AND t.direction = 'debit' AND $4::jsonb -> 'mccs' ? t.mcc
    GROUP BY a.customer_id, date_trunc('month', t.day)
),
runs AS (
    SELECT *, month - make_interval(months => (row_number() OVER (PARTITION BY customer_id ORDER BY month))::int) AS run FROM months
)
SELECT customer_id, '' AS subject, min(month) AS window_from, max(last) AS window_to,
    jsonb_build_object('months', count(*), 'purchases', sum(purchases)) AS counts,
    jsonb_build_object('purchases', sum(fen)) AS amounts_fen,
    array_agg(month ORDER BY month) AS days, '{}'::text[] AS ids
FROM runs
GROUP BY customer_id, run
HAVING count(*) >= ($4::jsonb ->> 'months')::int AND max(month) >= (date_trunc('month', $1::date) - interval '1 month')::date
