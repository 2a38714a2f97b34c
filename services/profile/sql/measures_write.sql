-- Stores the rows of the temporary table `computed` as measures of day $1 and gives those to publish.
-- A row is published when it is the customer's latest day and says something else than the last published one, leaving aside
-- `history_days`, which grows by itself. What is computed for a past day is stored and not published.
WITH head AS (
    SELECT DISTINCT ON (m.customer_id) m.*
    FROM computed c
    JOIN measures m ON m.customer_id = c.customer_id AND m.version IS NOT NULL
    ORDER BY m.customer_id, m.version DESC, m.as_of DESC
),
numbered AS (
    SELECT c.*,
        CASE
            WHEN h.customer_id IS NULL THEN 1
            WHEN h.as_of > $1 THEN NULL
            WHEN (h.currency, h.assets_30, h.assets_90, h.assets_180, h.growth_180_bp, h.contribution_fen, h.dealings_90, h.logins_90,
                    h.channels_90, h.payroll, h.products, h.need, h.life_stage, h.relation_stage, h.age)
                IS NOT DISTINCT FROM
                (c.currency, c.assets_30, c.assets_90, c.assets_180, c.growth_180_bp, c.contribution_fen, c.dealings_90, c.logins_90,
                    c.channels_90, c.payroll, c.products, c.need, c.life_stage, c.relation_stage, c.age) THEN h.version
            ELSE h.version + 1
        END AS version,
        coalesce(h.version, 0) AS published
    FROM computed c
    LEFT JOIN head h ON h.customer_id = c.customer_id
),
written AS (
    INSERT INTO measures (customer_id, as_of, version, currency, assets_30, assets_90, assets_180, growth_180_bp, contribution_fen,
        dealings_90, logins_90, channels_90, payroll, products, need, life_stage, relation_stage, history_days, age)
    SELECT customer_id, $1, version, currency, assets_30, assets_90, assets_180, growth_180_bp, contribution_fen,
        dealings_90, logins_90, channels_90, payroll, products, need, life_stage, relation_stage, history_days, age
    FROM numbered
    ON CONFLICT (customer_id, as_of) DO UPDATE SET
        version = coalesce(EXCLUDED.version, measures.version), currency = EXCLUDED.currency, assets_30 = EXCLUDED.assets_30,
        assets_90 = EXCLUDED.assets_90, assets_180 = EXCLUDED.assets_180, growth_180_bp = EXCLUDED.growth_180_bp,
        contribution_fen = EXCLUDED.contribution_fen, dealings_90 = EXCLUDED.dealings_90, logins_90 = EXCLUDED.logins_90,
        channels_90 = EXCLUDED.channels_90, payroll = EXCLUDED.payroll, products = EXCLUDED.products, need = EXCLUDED.need,
        life_stage = EXCLUDED.life_stage, relation_stage = EXCLUDED.relation_stage, history_days = EXCLUDED.history_days,
        age = EXCLUDED.age
)
SELECT n.*, c.branch
FROM numbered n
JOIN customer c ON c.id = n.customer_id
WHERE n.version > n.published
ORDER BY n.customer_id
