-- H18, H24: customers of an age at which the bank owes special care.
SELECT id AS customer_id, '' AS subject, (birth_date + make_interval(years => ($4::jsonb ->> 'age')::int))::date AS window_from,
    $1::date AS window_to, jsonb_build_object('age', extract(year FROM age($1::date, birth_date))::int) AS counts,
    '{}'::jsonb AS amounts_fen, '{}'::date[] AS days, '{}'::text[] AS ids
FROM customer
WHERE id BETWEEN $2 AND $3 AND extract(year FROM age($1::date, birth_date)) >= ($4::jsonb ->> 'age')::int
