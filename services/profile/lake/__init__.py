"""The measures where a bank's balances already lie: one expression for any warehouse or lake that Ibis speaks to.

The lake holds tables in the import format (docs/guide/import.md). Only the results come into this service's database.
"""
