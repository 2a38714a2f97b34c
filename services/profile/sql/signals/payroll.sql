-- H17: a salary that comes every month. Amounts may be half as much again or double in some months (bonus, 13th month), and pay days
-- shift around weekends and holidays, so calendar months with a salary are counted, and a credit is left out only when it
-- is far above the median. Customers who are new need every month since they began.
WITH paid AS (
    SELECT a.customer_id, t.day, t.fen, date_trunc('month', t.day) AS month
    FROM account a
    JOIN transaction t ON t.account_id = a.id AND t.day BETWEEN $1::date - ($4::jsonb ->> 'window_days')::int + 1 AND $1
    WHERE a.customer_id BETWEEN $2 AND $3 AND t.kind = 'salary' AND t.direction = 'credit'
),
usual AS (
    SELECT customer_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY fen) AS fen, min(day) AS first FROM paid GROUP BY customer_id
),
counted AS (
    SELECT p.customer_id, count(DISTINCT p.month) AS months, max(p.day) AS last, min(p.day) AS first, min(u.fen) AS usual,
        array_agg(DISTINCT p.day ORDER BY p.day) AS days
    FROM paid p
    JOIN usual u ON u.customer_id = p.customer_id AND p.fen <= u.fen * ($4::jsonb ->> 'largest_share')::int
    GROUP BY p.customer_id
)
SELECT n.customer_id, '' AS subject, n.first AS window_from, n.last AS window_to,
    jsonb_build_object('months', n.months) AS counts, jsonb_build_object('usual_salary', n.usual) AS amounts_fen,
    n.days, '{}'::text[] AS ids
FROM counted n
JOIN customer c ON c.id = n.customer_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN c.opened_on > $1::date - ($4::jsonb ->> 'window_days')::int
        THEN greatest(
            ($4::jsonb ->> 'months_if_new')::int,
            least(($4::jsonb ->> 'months')::int, ($1::date - c.opened_on) / 31)
        )
        ELSE ($4::jsonb ->> 'months')::int
    END AS months
) needed
WHERE n.months >= needed.months AND n.last > $1::date - ($4::jsonb ->> 'last_paid_within_days')::int
