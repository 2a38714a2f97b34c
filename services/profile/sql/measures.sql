-- The measures of H1 for the customers from $2 to $3 (ids, both included) as of the end of day $1, by policy $4::jsonb (jsonb, amounts in fen).
-- One row for each customer. Windows end on $1 and include it: 90 days are $1 - 89 to $1.
WITH people AS (
    SELECT c.id, c.birth_date, c.occupation, c.opened_on, extract(year FROM age($1::date, c.birth_date))::int AS age
    FROM customer c
    WHERE c.id BETWEEN $2 AND $3
),
-- Everybody of the household, the customer included: their assets count together, and money between them neither grows nor leaves.
family AS (
    SELECT id AS customer_id, id AS member_id FROM customer WHERE id BETWEEN $2 AND $3
    UNION ALL
    SELECT c.id, m.id
    FROM customer c
    JOIN customer m ON m.household_id = c.household_id AND m.id <> c.id
    WHERE c.id BETWEEN $2 AND $3
),
kin AS (
    SELECT f.customer_id, a.account_index, f.member_id <> f.customer_id AS of_mate
    FROM family f
    JOIN account a ON a.customer_id = f.member_id
),
-- The customer's currency is that of most of the accounts; accounts in another one have activity, but no part in any amount.
currencies AS (
    SELECT DISTINCT ON (customer_id) customer_id, currency
    FROM (
        SELECT a.customer_id, a.currency, count(*) AS accounts
        FROM account a
        WHERE a.customer_id BETWEEN $2 AND $3 AND a.opened_on <= $1
        GROUP BY a.customer_id, a.currency
    ) counted
    ORDER BY customer_id, accounts DESC, currency = $4::jsonb ->> 'home_currency' DESC, currency
),
accounts AS (
    SELECT a.id, a.customer_id, p.class, a.closed_on, a.currency, a.currency = k.currency AS counted,
        a.closed_on IS NULL OR a.closed_on > $1 AS open, $4::jsonb -> 'assets' -> 'classes' ? p.class AS asset
    FROM (SELECT DISTINCT member_id FROM family) everyone
    JOIN account a ON a.customer_id = everyone.member_id AND a.opened_on <= $1
    JOIN product p ON p.code = a.product_code
    LEFT JOIN currencies k ON k.customer_id = a.customer_id   -- none for those who are here as somebody's household only
),
-- Sparse closing balances as step functions: each holds from its day to the day before the next, or before the account was closed.
steps AS (
    SELECT a.customer_id, a.class, a.asset, a.currency, a.counted, b.fen, b.day AS first,
        least(
            $1::date,
            a.closed_on - 1,
            lead(b.day) OVER (PARTITION BY b.account_id ORDER BY b.day) - 1
        ) AS last
    FROM accounts a
    JOIN balance b ON b.account_id = a.id AND b.day <= $1
),
-- Fen times days, by account class, in each window; days before the first balance count as 0.
held AS (
    SELECT customer_id, class, asset, currency, counted, min(first) AS known_from,
        sum(fen * greatest(0, last - greatest(first, $1::date - 29) + 1)) AS in_30,
        sum(fen * greatest(0, last - greatest(first, $1::date - 89) + 1)) AS in_90,
        sum(fen * greatest(0, last - greatest(first, $1::date - 179) + 1)) AS in_180,
        sum(fen * greatest(0, least(last, $1::date - 180) - greatest(first, $1::date - 269) + 1)) AS in_90_before
    FROM steps
    GROUP BY customer_id, class, asset, currency, counted
),
balances AS (
    SELECT customer_id, min(known_from) AS known_from,
        min(known_from) FILTER (WHERE asset) AS assets_known_from,
        coalesce(sum(in_30) FILTER (WHERE counted AND asset), 0) AS in_30,
        coalesce(sum(in_90) FILTER (WHERE counted AND asset), 0) AS in_90,
        coalesce(sum(in_180) FILTER (WHERE counted AND asset), 0) AS in_180,
        coalesce(sum(in_90_before) FILTER (WHERE counted AND asset), 0) AS in_90_before,
        coalesce(sum(in_90) FILTER (WHERE counted AND $4::jsonb -> 'need' -> 'invested_classes' ? class), 0) / 90 AS invested,
        coalesce(sum(in_90) FILTER (WHERE counted AND $4::jsonb -> 'need' -> 'debt_classes' ? class), 0) / 90 AS debts,
        coalesce(sum(in_90 / 90 * ($4::jsonb -> 'contribution' -> 'margins_bp' ->> class)::int / 10000) FILTER (WHERE counted), 0) AS margin,
        jsonb_object_agg(class, jsonb_build_object('days_30', floor(in_30 / 30)::bigint, 'days_90', floor(in_90 / 90)::bigint,
            'days_180', floor(in_180 / 180)::bigint)) FILTER (WHERE counted AND asset AND in_180 <> 0) AS by_class
    FROM held
    WHERE customer_id BETWEEN $2 AND $3
    GROUP BY customer_id
),
households AS (
    SELECT f.customer_id, sum(h.in_30) AS in_30, sum(h.in_90) AS in_90, sum(h.in_180) AS in_180
    FROM family f
    JOIN currencies k ON k.customer_id = f.customer_id
    JOIN held h ON h.customer_id = f.member_id AND h.currency = k.currency AND h.asset
    GROUP BY f.customer_id
),
dealings AS (
    SELECT a.customer_id,
        count(*) FILTER (WHERE t.day > $1::date - 90 AND by_customer) AS in_90,
        count(*) FILTER (WHERE t.day > $1::date - 180 AND by_customer) AS in_180,
        count(*) FILTER (WHERE t.day > $1::date - 90 AND by_customer AND k.customer_id IS NULL) AS outside_90,
        count(*) FILTER (WHERE t.day BETWEEN $1::date - 269 AND $1::date - 180 AND by_customer AND k.customer_id IS NULL)
            AS outside_90_before,
        -- fen times days that money between the customer and the household added to each window
        coalesce(sum(moved * greatest(0, $1::date - greatest(t.day, $1::date - 29) + 1)), 0) AS moved_30,
        coalesce(sum(moved * greatest(0, $1::date - greatest(t.day, $1::date - 89) + 1)), 0) AS moved_90,
        coalesce(sum(moved * greatest(0, $1::date - greatest(t.day, $1::date - 179) + 1)), 0) AS moved_180,
        coalesce(sum(moved * greatest(0, $1::date - 180 - greatest(t.day, $1::date - 269) + 1)), 0) AS moved_90_before,
        bool_or(t.day > $1::date - 90 AND t.direction = 'credit' AND t.kind IN ('salary', 'pension')) AS payroll,
        bool_or(t.day > $1::date - 90 AND t.direction = 'credit' AND t.kind = 'pension') AS pension,
        coalesce(sum(t.fen) FILTER (WHERE a.counted AND t.kind = 'fee' AND t.direction = 'debit'), 0) AS fees,
        coalesce(sum(t.fen) FILTER (WHERE a.counted AND t.kind = 'card' AND t.direction = 'debit'), 0) AS card_spending,
        array_agg(DISTINCT t.channel) FILTER (WHERE t.day > $1::date - 90 AND by_customer AND t.channel IS NOT NULL) AS channels
    FROM accounts a
    JOIN transaction t ON t.account_id = a.id AND t.day BETWEEN $1::date - 364 AND $1
    LEFT JOIN kin k ON k.customer_id = a.customer_id AND k.account_index = t.counterparty_index
    CROSS JOIN LATERAL (
        SELECT NOT $4::jsonb -> 'activity' -> 'not_by_customer' ? t.kind AS by_customer,
            CASE WHEN k.of_mate AND a.counted AND a.asset AND t.day >= $1::date - 269
                THEN CASE t.direction WHEN 'credit' THEN t.fen ELSE -t.fen END END AS moved
    ) made
    WHERE a.customer_id BETWEEN $2 AND $3
    GROUP BY a.customer_id
),
behaviours AS (
    SELECT b.customer_id, count(*) AS in_180,
        count(*) FILTER (WHERE recent AND b.kind = 'login') AS logins_90,
        count(*) FILTER (WHERE recent AND b.kind = 'rate_lookup' AND $4::jsonb -> 'need' -> 'loan_topics' ? b.topic) AS loan_lookups,
        count(*) FILTER (WHERE recent AND b.topic = 'insurance') AS insurance_views,
        array_agg(DISTINCT b.channel) FILTER (WHERE recent AND b.channel IS NOT NULL) AS channels
    FROM behaviour b
    CROSS JOIN LATERAL (SELECT b.at >= ($1::date - 89)::timestamp AT TIME ZONE 'Asia/Shanghai' AS recent) at
    WHERE b.customer_id BETWEEN $2 AND $3
        AND b.at >= ($1::date - 179)::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND b.at < ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    GROUP BY b.customer_id
),
products AS (
    SELECT customer_id, array_agg(DISTINCT class ORDER BY class) AS classes
    FROM accounts WHERE open AND customer_id BETWEEN $2 AND $3 GROUP BY customer_id
),
parents AS (
    SELECT DISTINCT f.customer_id
    FROM fact f
    WHERE f.customer_id BETWEEN $2 AND $3 AND f.fact = 'child_birth_date' AND f.value::date <= $1
        AND extract(year FROM age($1::date, f.value::date)) < ($4::jsonb -> 'life_stage' ->> 'adult_age')::int
),
measured AS (
    SELECT p.id AS customer_id, p.age, p.occupation, p.opened_on,
        coalesce(k.currency, $4::jsonb ->> 'home_currency') AS currency,
        floor(coalesce(b.in_30, 0) / 30)::bigint AS assets_30,
        floor(coalesce(b.in_90, 0) / 90)::bigint AS assets_90,
        floor(coalesce(b.in_180, 0) / 180)::bigint AS assets_180,
        floor(coalesce(m.in_30, 0) / 30)::bigint AS household_30,
        floor(coalesce(m.in_90, 0) / 90)::bigint AS household_90,
        floor(coalesce(m.in_180, 0) / 180)::bigint AS household_180,
        coalesce(b.by_class, '{}') AS assets_by_class,
        -- H3: only when the 90 days that ended 180 days earlier are wholly known and hold something to compare to
        CASE WHEN b.assets_known_from <= $1::date - 269 AND b.in_90_before > coalesce(d.moved_90_before, 0)
            THEN trunc((b.in_90 - coalesce(d.moved_90, 0) - b.in_90_before + coalesce(d.moved_90_before, 0)) * 10000
                / (b.in_90_before - coalesce(d.moved_90_before, 0)))::bigint END AS growth_180_bp,
        CASE WHEN b.known_from <= $1::date - 269 AND d.outside_90_before > 0
            THEN trunc((d.outside_90 - d.outside_90_before)::numeric * 10000 / d.outside_90_before)::bigint
            END AS dealings_growth_180_bp,
        -- what the customer would have had without the household's money: that neither comes nor leaves
        floor((coalesce(b.in_30, 0) - coalesce(d.moved_30, 0)) / 30) AS own_30,
        floor((coalesce(b.in_180, 0) - coalesce(d.moved_180, 0)) / 180) AS own_180,
        round(coalesce(b.margin, 0)
            + coalesce(d.fees, 0) * ($4::jsonb -> 'contribution' ->> 'fee_share_bp')::int / 10000
            + coalesce(d.card_spending, 0) * ($4::jsonb -> 'contribution' ->> 'card_spending_bp')::int / 10000)::bigint AS contribution_fen,
        coalesce(d.in_90, 0)::int AS dealings_90,
        coalesce(v.logins_90, 0)::int AS logins_90,
        (SELECT count(DISTINCT channel) FROM unnest(d.channels || v.channels) channel)::int AS channels_90,
        coalesce(d.payroll, false) AS payroll,
        coalesce(s.classes, '{}') AS products,
        coalesce($1::date - b.known_from + 1, 0)::int AS history_days,
        coalesce(d.pension, false) AS pension,
        coalesce(d.in_180, 0) + coalesce(v.in_180, 0) AS active_180,
        coalesce(b.invested, 0) AS invested, coalesce(b.debts, 0) AS debts,
        coalesce(v.loan_lookups, 0) AS loan_lookups, coalesce(v.insurance_views, 0) AS insurance_views,
        h.customer_id IS NOT NULL AS parent
    FROM people p
    LEFT JOIN currencies k ON k.customer_id = p.id
    LEFT JOIN balances b ON b.customer_id = p.id
    LEFT JOIN households m ON m.customer_id = p.id
    LEFT JOIN dealings d ON d.customer_id = p.id
    LEFT JOIN behaviours v ON v.customer_id = p.id
    LEFT JOIN products s ON s.customer_id = p.id
    LEFT JOIN parents h ON h.customer_id = p.id
)
SELECT customer_id, currency, assets_30, assets_90, assets_180, growth_180_bp, contribution_fen, dealings_90, logins_90, channels_90,
    payroll, products,
    CASE
        WHEN debts > invested OR loan_lookups >= ($4::jsonb -> 'need' ->> 'loan_lookups')::int THEN 'borrowing'
        WHEN invested >= ($4::jsonb -> 'need' ->> 'invested_at_least_fen')::bigint THEN 'investing'
        WHEN 'insurance' = ANY(products) OR insurance_views >= ($4::jsonb -> 'need' ->> 'insurance_views')::int THEN 'protecting'
        ELSE 'settling'
    END AS need,
    CASE
        WHEN age < ($4::jsonb -> 'life_stage' ->> 'adult_age')::int THEN 'child'
        WHEN occupation = 'student' THEN 'student'
        WHEN occupation = 'retired' OR pension OR age >= ($4::jsonb -> 'life_stage' ->> 'retired_age')::int THEN 'retired'
        WHEN parent THEN 'family'
        WHEN age <= ($4::jsonb -> 'life_stage' ->> 'starting_out_until_age')::int THEN 'starting_out'
        ELSE 'building_up'
    END AS life_stage,
    CASE
        WHEN opened_on > $1::date - ($4::jsonb -> 'relation_stage' ->> 'new_days')::int THEN 'new'
        WHEN active_180 = 0 THEN 'dormant'
        WHEN own_180 >= ($4::jsonb -> 'relation_stage' ->> 'leaving_from_fen')::bigint
            AND own_30 * 10000 <= own_180 * ($4::jsonb -> 'relation_stage' ->> 'leaving_bp')::int THEN 'leaving'
        WHEN growth_180_bp >= ($4::jsonb -> 'relation_stage' ->> 'growing_bp')::int THEN 'growing'
        ELSE 'mature'
    END AS relation_stage,
    history_days, age, household_30, household_90, household_180, assets_by_class, dealings_growth_180_bp
FROM measured
