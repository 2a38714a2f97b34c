-- H26: purchases of high-risk products following each other, without another investment bought in between.
WITH bought AS (
    SELECT a.customer_id, t.day, t.fen, t.transaction_no,
        $4::jsonb -> 'risk_levels' ? coalesce(p.risk_level, '') OR $4::jsonb -> 'classes' ? p.class AS high,
        row_number() OVER (PARTITION BY a.customer_id ORDER BY t.day, t.transaction_no) AS place
    FROM account a
    JOIN transaction t ON t.account_id = a.id AND t.day BETWEEN $1::date - ($4::jsonb ->> 'window_days')::int + 1 AND $1
    JOIN product p ON p.code = t.product_code
    WHERE a.customer_id BETWEEN $2 AND $3 AND t.kind = 'purchase' AND t.direction = 'debit'
),
runs AS (
    SELECT *, place - row_number() OVER (PARTITION BY customer_id ORDER BY place) AS run FROM bought WHERE high
)
SELECT DISTINCT ON (customer_id) customer_id, max(transaction_no) AS subject, min(day) AS window_from, max(day) AS window_to,
    jsonb_build_object('purchases', count(*)) AS counts, jsonb_build_object('purchases', sum(fen)) AS amounts_fen,
    array_agg(DISTINCT day ORDER BY day) AS days, (array_agg(transaction_no ORDER BY place))[:20] AS ids
FROM runs
GROUP BY customer_id, run
HAVING count(*) >= ($4::jsonb ->> 'purchases')::int AND max(day) > $1::date - ($4::jsonb ->> 'last_within_days')::int
ORDER BY customer_id, max(day) DESC
