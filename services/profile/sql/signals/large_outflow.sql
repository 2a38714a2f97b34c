-- H25: a day on which far more left than ever before in the customer's own past, and more than a floor. Money that goes to the
-- customer's own accounts or to the household's does not leave.
WITH leaving AS (
    SELECT a.customer_id, t.day, sum(t.fen)::bigint AS fen, count(*) AS transactions,
        array_agg(t.transaction_no ORDER BY t.fen DESC, t.transaction_no) AS ids,
        array_agg(DISTINCT t.account_id) AS account_ids
    FROM account a
    JOIN customer c ON c.id = a.customer_id
    JOIN transaction t ON t.account_id = a.id
        AND t.day BETWEEN $1::date - ($4::jsonb ->> 'window_days')::int - ($4::jsonb ->> 'past_days')::int + 1 AND $1
    WHERE a.customer_id BETWEEN $2 AND $3 AND t.direction = 'debit' AND $4::jsonb -> 'kinds' ? t.kind
        AND NOT EXISTS (
            SELECT FROM account other
            JOIN customer holder ON holder.id = other.customer_id
            WHERE other.account_index = t.counterparty_index
                AND (holder.id = c.id OR holder.household_id = c.household_id)
        )
    GROUP BY a.customer_id, t.day
),
past AS (
    SELECT customer_id, max(fen) AS largest FROM leaving WHERE day <= $1::date - ($4::jsonb ->> 'window_days')::int GROUP BY customer_id
)
SELECT l.customer_id, l.day::text AS subject, l.day AS window_from, l.day AS window_to,
    jsonb_build_object('transactions', l.transactions) AS counts,
    jsonb_build_object('outflow', l.fen, 'largest_before', coalesce(p.largest, 0)) AS amounts_fen,
    ARRAY[l.day] AS days, l.ids[:20] AS ids, l.account_ids[:20] AS account_ids
FROM leaving l
LEFT JOIN past p ON p.customer_id = l.customer_id
WHERE l.day > $1::date - ($4::jsonb ->> 'window_days')::int
    AND l.fen >= greatest(($4::jsonb ->> 'floor_fen')::bigint, coalesce(p.largest, 0) * ($4::jsonb ->> 'past_multiple')::int)
