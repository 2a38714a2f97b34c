"""Encryption: a ciphertext opens in its own place only; keys are wrapped, versioned and never made twice (H20)."""

import asyncio
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from services.profile.keys import (
    KeysetUnreadable,
    create_keyset,
    new_keyset,
    open_keyset,
    rotate_keyset,
)
from services.profile.masters import KeyUnusable
from services.profile.sealing import Blinder, CiphertextMisplaced, Sealer, new_data_key
from services.profile.vault import Vault
from tests.services.profile.builders import identity


@given(st.text(max_size=200))
def test_what_was_sealed_opens_again_in_its_place(text):
    sealer, row = Sealer(new_data_key()), new_id()
    assert sealer.open("customer", "name", row, sealer.seal("customer", "name", row, text)) == text


def test_a_ciphertext_moved_to_another_row_column_or_table_does_not_open():
    sealer, row = Sealer(new_data_key()), new_id()
    sealed = sealer.seal("customer", "name", row, "王小明")
    for table, column, other in (("customer", "name", new_id()), ("customer", "phone", row), ("account", "name", row)):
        with pytest.raises(CiphertextMisplaced):
            sealer.open(table, column, other, sealed)


def test_a_ciphertext_of_another_customer_or_key_version_does_not_open():
    row, key = new_id(), new_data_key()
    sealed = Sealer(key).seal("customer", "name", row, "王小明")
    for sealer in (Sealer(new_data_key()), Sealer(key, version=2)):
        with pytest.raises(CiphertextMisplaced):
            sealer.open("customer", "name", row, sealed)


@given(st.data())
def test_a_changed_ciphertext_does_not_open(data):
    sealer, row = Sealer(new_data_key()), new_id()
    sealed = bytearray(sealer.seal("customer", "name", row, "王小明"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CiphertextMisplaced):
        sealer.open("customer", "name", row, bytes(sealed))


def test_the_same_text_never_gives_the_same_ciphertext():
    sealer, row = Sealer(new_data_key()), new_id()
    assert len({sealer.seal("customer", "name", row, "王小明") for _ in range(100)}) == 100


def test_a_wrapped_key_opens_for_its_customer_and_with_its_keyset_only():
    vault, customer = Vault(new_keyset()), new_id()
    key, _ = vault.new_key(customer)
    vault.sealer(customer, key)
    for other_vault, other in ((vault, new_id()), (Vault(new_keyset()), customer)):
        with pytest.raises(KeyUnusable):
            other_vault.sealer(other, key)


def test_after_rotation_old_keys_open_and_new_ones_use_the_new_master(tmp_path):
    path, customer = tmp_path / "keyset.json", new_id()
    before = Vault(create_keyset(path))
    key, sealer = before.new_key(customer)
    sealed = before.seal(sealer, customer, identity())
    after = Vault(rotate_keyset(path))
    assert after.sealer(customer, key).open("customer", "name", customer, sealed.name_sealed) == "王小明"
    assert after.new_key(customer)[0].master_version == key.master_version + 1
    assert after.id_number_index("passport", "E1") == before.id_number_index("passport", "E1")


def test_the_keyset_file_is_private_and_is_never_made_again(tmp_path):
    path = tmp_path / "keys" / "keyset.json"
    first = create_keyset(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert create_keyset(path).as_json() == first.as_json() == open_keyset(path).as_json()
    assert [file.name for file in path.parent.iterdir()] == ["keyset.json"]


async def test_two_processes_that_start_together_end_with_one_keyset(tmp_path):
    path = tmp_path / "keyset.json"
    made = await asyncio.gather(*(asyncio.to_thread(create_keyset, path) for _ in range(8)))
    assert len({keyset.as_json() for keyset in made}) == 1


@pytest.mark.parametrize("content", [None, "", "{}", '{"active": 1, "masters": {"1": "c2hvcnQ="}, "index": "c2hvcnQ="}', "[]"])
def test_a_keyset_that_cannot_be_read_says_so_without_showing_it(tmp_path, content):
    path = tmp_path / "keyset.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(KeysetUnreadable) as failure:
        open_keyset(path)
    assert "c2hvcnQ" not in str(failure.value)


def test_blind_indexes_are_equal_for_equal_values_only_and_need_the_key():
    blinder = Blinder(new_keyset())
    assert blinder.index("phone", "+8613812345678") == blinder.index("phone", "+8613812345678")
    assert blinder.index("phone", "1") != blinder.index("card", "1")
    assert blinder.index("phone", "1") != Blinder(new_keyset()).index("phone", "1")


@given(
    st.lists(st.none() | st.text(max_size=5), min_size=2, max_size=6),
    st.lists(st.none() | st.text(max_size=5), min_size=2, max_size=6),
)
def test_digests_of_different_identities_differ(one, other):
    blinder = Blinder(new_keyset())
    assert (blinder.digest(one) == blinder.digest(other)) == (one == other)


def test_an_identity_does_not_print_itself():
    assert "王" not in repr(identity())
