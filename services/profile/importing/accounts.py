"""Accounts on their way in: their card numbers are sealed under the customer's key, bound to the account's row."""

from uuid import UUID

import polars as pl

from chassis.database import Session, driver
from chassis.ids import new_id
from services.profile.sealing import Sealer
from services.profile.store.customers import lock_registration
from services.profile.vault import Vault, WrappedKey


async def sealed_accounts(session: Session, rows: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Accounts with id, index and sealed card number. Known accounts keep their id, to which the ciphertext is bound, so the
    lock is held until they are written."""
    connection = await driver(session)
    await lock_registration(session, exclusive=True)
    ids = {row["account_no"]: row["id"] for row in await connection.fetch(
        "SELECT account_no, id FROM account WHERE account_no = ANY($1) FOR UPDATE", rows["account_no"].to_list()
    )}  # fmt: skip
    holders = rows.filter(pl.col("card_no").is_not_null())["customer_no"].unique().to_list()
    keys = {row["customer_no"]: row for row in await connection.fetch(
        "SELECT c.customer_no, k.customer_id AS id, k.version, k.master_version, k.wrapped FROM customer c"
        " JOIN data_key k ON k.customer_id = coalesce(c.merged_into, c.id) WHERE c.customer_no = ANY($1)"
        " ORDER BY c.id FOR SHARE OF k", holders,  # no rotation of keys in between
    )}  # fmt: skip
    wrapped = {row["id"]: WrappedKey(row["version"], row["master_version"], bytes(row["wrapped"])) for row in keys.values()}
    sealers = dict(zip(wrapped, await vault.sealers_for(list(wrapped.items())), strict=True))
    holds = {number: sealers[row["id"]] for number, row in keys.items()}
    sealed = [
        _account(number, ids.get(number), card, holds.get(customer), vault)
        for number, customer, card in rows.select("account_no", "customer_no", "card_no").iter_rows()
    ]
    schema = {"id": pl.Binary, "account_index": pl.Binary, "card_no_sealed": pl.Binary, "card_index": pl.Binary}
    return rows.hstack(pl.DataFrame(sealed, schema=schema, orient="row"))


def _account(
    number: str, account_id: UUID | None, card: str | None, sealer: Sealer | None, vault: Vault
) -> tuple[bytes, bytes, bytes | None, bytes | None]:
    account_id = account_id or new_id()
    index = vault.blinder.index("account", number)
    if card is None or sealer is None:  # an unknown customer is reported by the load itself
        return account_id.bytes, index, None, None
    return account_id.bytes, index, sealer.seal("account", "card_no", account_id, card), vault.blinder.index("card", card)
