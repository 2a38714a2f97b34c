-- H19: a business (owned, or financed here, or its loan being looked up) together with an interest in family succession.
WITH views AS (
    SELECT b.customer_id,
        count(*) FILTER (WHERE b.topic = $4::jsonb ->> 'succession_topic') AS succession,
        count(*) FILTER (WHERE b.topic = $4::jsonb ->> 'loan_topic' AND b.kind = 'rate_lookup') AS loans
    FROM behaviour b
    WHERE b.customer_id BETWEEN $2 AND $3
        AND b.at >= ($1::date - ($4::jsonb ->> 'window_days')::int + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND b.at < ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND (b.topic = $4::jsonb ->> 'succession_topic' OR b.topic = $4::jsonb ->> 'loan_topic')
    GROUP BY b.customer_id
),
facts AS (
    SELECT customer_id, bool_or(fact = 'owns_business' AND value = 'true') AS owns,
        bool_or(fact = 'succession_interest' AND value = 'true') AS succession
    FROM fact
    WHERE customer_id BETWEEN $2 AND $3 AND fact IN ('owns_business', 'succession_interest') AND since <= $1
    GROUP BY customer_id
),
borrowers AS (
    SELECT DISTINCT a.customer_id
    FROM account a
    JOIN product p ON p.code = a.product_code AND p.class = 'business_loan'
    WHERE a.customer_id BETWEEN $2 AND $3 AND a.opened_on <= $1 AND (a.closed_on IS NULL OR a.closed_on > $1)
)
SELECT c.id AS customer_id, '' AS subject, $1::date - ($4::jsonb ->> 'window_days')::int + 1 AS window_from, $1::date AS window_to,
    jsonb_build_object(
        'succession_views', coalesce(v.succession, 0), 'loan_lookups', coalesce(v.loans, 0),
        'owns_business', coalesce(f.owns, false)::int, 'business_loan', (b.customer_id IS NOT NULL)::int
    ) AS counts, '{}'::jsonb AS amounts_fen, '{}'::date[] AS days, '{}'::text[] AS ids
FROM customer c
LEFT JOIN views v ON v.customer_id = c.id
LEFT JOIN facts f ON f.customer_id = c.id
LEFT JOIN borrowers b ON b.customer_id = c.id
WHERE c.id BETWEEN $2 AND $3
    AND (f.owns OR b.customer_id IS NOT NULL OR v.loans >= ($4::jsonb ->> 'loan_lookups')::int)
    AND (f.succession OR v.succession >= ($4::jsonb ->> 'succession_views')::int)
