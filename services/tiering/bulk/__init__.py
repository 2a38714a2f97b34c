"""Deciding about everybody at once from a bank's lake: columns in, decisions out, and only what moved into the database.

See docs/decisions/bulk-retiering.md. A folder of the lake holds

- `holdings.parquet`: customer (int64), day (date), fen (int64): what a customer's financial assets came to at the end of a day,
  sorted by customer and day; a day without a row holds the value before it;
- `customers.parquet`: customer (int64), customer_id (the suite's id, text), and a column for each other fact that the policy
  reads (`services/tiering/rules/facts.py`), sorted by customer.
"""
