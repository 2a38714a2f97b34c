-- Stores the rows of the temporary table `computed` as measures of day $1, from the feed $2, and gives those to publish.
-- A row is published when it is the customer's latest day and says something else than the last published one, leaving aside
-- `history_days` and the watermark, which move by themselves. What is computed for a past day is stored and not published.
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
                    h.channels_90, h.payroll, h.products, h.need, h.life_stage, h.relation_stage, h.age, h.household_30, h.household_90,
                    h.household_180, h.assets_by_class, h.dealings_growth_180_bp)
                IS NOT DISTINCT FROM
                (c.currency, c.assets_30, c.assets_90, c.assets_180, c.growth_180_bp, c.contribution_fen, c.dealings_90, c.logins_90,
                    c.channels_90, c.payroll, c.products, c.need, c.life_stage, c.relation_stage, c.age, c.household_30, c.household_90,
                    c.household_180, c.assets_by_class, c.dealings_growth_180_bp) THEN h.version
            ELSE h.version + 1
        END AS version,
        coalesce(h.version, 0) AS published,
        (SELECT day FROM watermark WHERE feed = $2) AS data_complete_to
    FROM computed c
    LEFT JOIN head h ON h.customer_id = c.customer_id
),
written AS (
    INSERT INTO measures (customer_id, as_of, version, currency, assets_30, assets_90, assets_180, growth_180_bp, contribution_fen,
        dealings_90, logins_90, channels_90, payroll, products, need, life_stage, relation_stage, history_days, age,
        household_30, household_90, household_180, assets_by_class, dealings_growth_180_bp, data_complete_to)
    SELECT customer_id, $1, version, currency, assets_30, assets_90, assets_180, growth_180_bp, contribution_fen,
        dealings_90, logins_90, channels_90, payroll, products, need, life_stage, relation_stage, history_days, age,
        household_30, household_90, household_180, assets_by_class, dealings_growth_180_bp, data_complete_to
    FROM numbered
    ON CONFLICT (customer_id, as_of) DO UPDATE SET
        version = coalesce(EXCLUDED.version, measures.version), currency = EXCLUDED.currency, assets_30 = EXCLUDED.assets_30,
        assets_90 = EXCLUDED.assets_90, assets_180 = EXCLUDED.assets_180, growth_180_bp = EXCLUDED.growth_180_bp,
        contribution_fen = EXCLUDED.contribution_fen, dealings_90 = EXCLUDED.dealings_90, logins_90 = EXCLUDED.logins_90,
        channels_90 = EXCLUDED.channels_90, payroll = EXCLUDED.payroll, products = EXCLUDED.products, need = EXCLUDED.need,
        life_stage = EXCLUDED.life_stage, relation_stage = EXCLUDED.relation_stage, history_days = EXCLUDED.history_days,
        age = EXCLUDED.age, household_30 = EXCLUDED.household_30, household_90 = EXCLUDED.household_90,
        household_180 = EXCLUDED.household_180, assets_by_class = EXCLUDED.assets_by_class,
        dealings_growth_180_bp = EXCLUDED.dealings_growth_180_bp, data_complete_to = EXCLUDED.data_complete_to
)
SELECT n.*, c.branch
FROM numbered n
JOIN customer c ON c.id = n.customer_id
WHERE n.version > n.published
ORDER BY n.customer_id
