-- H15: frequent look-ups of mortgage rates, read together with the deposits at the end of the day.
SELECT l.customer_id, '' AS subject, $1::date - ($4::jsonb ->> 'window_days')::int + 1 AS window_from, $1::date AS window_to,
    jsonb_build_object('lookups', l.lookups) AS counts, jsonb_build_object('deposits', d.fen) AS amounts_fen,
    l.days, '{}'::text[] AS ids
FROM (
    SELECT b.customer_id, count(*) AS lookups,
        array_agg(DISTINCT (b.at AT TIME ZONE 'Asia/Shanghai')::date ORDER BY (b.at AT TIME ZONE 'Asia/Shanghai')::date) AS days
    FROM behaviour b
    WHERE b.customer_id BETWEEN $2 AND $3 AND b.kind = 'rate_lookup' AND b.topic = $4::jsonb ->> 'topic'
        AND b.at >= ($1::date - ($4::jsonb ->> 'window_days')::int + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND b.at < ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    GROUP BY b.customer_id
    HAVING count(*) >= ($4::jsonb ->> 'lookups')::int
) l
JOIN LATERAL (
    SELECT coalesce(sum(latest.fen), 0)::bigint AS fen
    FROM account a
    JOIN product p ON p.code = a.product_code AND $4::jsonb -> 'deposit_classes' ? p.class
    JOIN LATERAL (
        SELECT b.fen FROM balance b WHERE b.account_id = a.id AND b.day <= $1 ORDER BY b.day DESC LIMIT 1
    ) latest ON true
    WHERE a.customer_id = l.customer_id AND (a.closed_on IS NULL OR a.closed_on > $1)
) d ON d.fen >= ($4::jsonb ->> 'deposit_at_least_fen')::bigint
