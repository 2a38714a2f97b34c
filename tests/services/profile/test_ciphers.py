"""Both ciphers, and master keys in a Vault: what is sealed opens in its place only, whoever holds the keys (H20)."""

import pytest

from chassis.ids import new_id
from contracts.values import Role, Scope
from services.profile.ciphers import CipherName, DoesNotOpen, aead
from services.profile.keys import KeysetFile, KeysetUnreadable, create_keyset
from services.profile.main import SERVICE
from services.profile.masters import KeyUnusable, MastersUnavailable, Wrapped
from services.profile.sealing import CiphertextMisplaced, Sealer, new_data_key
from services.profile.transit import TransitMasters
from services.profile.vault import Vault
from tests.services.profile.builders import identity, registration
from tests.services.profile.fake_vault import fake_vault

BOTH = list(CipherName)


@pytest.fixture
def transit():
    with fake_vault() as vault:
        yield vault


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("first\n")
    return path


def masters(vault, token_file):
    return TransitMasters(
        url=vault.url,
        token_file=token_file,
        key="steward-profile",
        mount="transit",
        index_file=token_file.with_name("index.json"),
    )


@pytest.mark.parametrize("cipher", BOTH)
@pytest.mark.parametrize("moved", ["row", "column", "table"])
def test_a_ciphertext_of_either_cipher_opens_in_its_own_row_column_and_table_only(cipher, moved):
    sealer, place = Sealer(new_data_key(), cipher=cipher), {"table": "customer", "column": "phone", "row_id": new_id()}
    sealed = sealer.seal(**place, text="+8613812345678")
    assert sealer.open(**place, sealed=sealed) == "+8613812345678"
    other = {"row": {"row_id": new_id()}, "column": {"column": "name"}, "table": {"table": "account"}}[moved]
    with pytest.raises(CiphertextMisplaced):
        sealer.open(**{**place, **other}, sealed=sealed)


@pytest.mark.parametrize("cipher", BOTH)
def test_changed_bytes_of_either_cipher_do_not_open_and_neither_does_a_cipher_that_is_only_claimed(cipher):
    key, row = new_data_key(), new_id()
    sealed = Sealer(key, cipher=cipher).seal("customer", "name", row, "王小明")
    claimed = bytes([3 - sealed[0]]) + sealed[1:]
    cut = sealed[:10]
    for wrong in (claimed, cut, b"", sealed[:-1] + bytes([sealed[-1] ^ 1]), bytes([9]) + sealed[1:]):
        with pytest.raises(CiphertextMisplaced):
            Sealer(key).open("customer", "name", row, wrong)


def test_after_the_bank_changes_its_cipher_both_stay_readable():
    key, row = new_data_key(), new_id()
    sealers = [Sealer(key, cipher=cipher) for cipher in BOTH]
    for written in sealers:
        for reading in sealers:
            assert reading.open("customer", "name", row, written.seal("customer", "name", row, "王小明")) == "王小明"
    assert len({sealer.seal("customer", "name", row, "王")[0] for sealer in sealers}) == len(BOTH)


def test_sm4_does_not_work_with_the_bare_secret():
    secret = new_data_key()
    with pytest.raises(DoesNotOpen):
        aead(CipherName.SM4_GCM, secret[:16] * 2).open(aead(CipherName.SM4_GCM, secret).seal(b"x", b""), b"")


def test_a_keyset_may_hold_master_keys_of_both_ciphers_and_is_read_again_when_another_process_rotates(tmp_path):
    path, customer, key = tmp_path / "keyset.json", new_id(), new_data_key()
    create_keyset(path)
    one, other = KeysetFile(path), KeysetFile(path)
    old = one.wrap([(customer, key)])
    assert other.rotate(CipherName.SM4_GCM) == 2
    new = one.wrap([(customer, key)])
    assert (new[0].master_version, one.unwrap([*old, *new])) == (2, [key, key])
    other.retire_before(2)
    assert one.versions == (2,)
    with pytest.raises(KeyUnusable):
        one.unwrap(old)


def test_data_keys_wrapped_in_vault_open_for_their_customer_only_and_go_over_in_one_request(transit, token_file):
    held = masters(transit, token_file)
    owners = [(new_id(), new_data_key()) for _ in range(50)]
    asked = transit.requests
    wrapped = held.wrap(owners)
    assert held.unwrap(wrapped) == [key for _, key in owners]
    assert transit.requests == asked + 2
    assert {item.ciphertext[:9] for item in wrapped} == {b"vault:v1:"}
    with pytest.raises(KeyUnusable):
        held.unwrap([Wrapped(new_id(), 1, wrapped[0].ciphertext)])


def test_a_rotated_vault_wraps_under_the_new_version_and_old_ones_open_until_they_are_retired(transit, token_file):
    held, customer, key = masters(transit, token_file), new_id(), new_data_key()
    (old,) = held.wrap([(customer, key)])
    assert held.rotate(CipherName.AES_256_GCM) == 2
    (new,) = held.wrap([(customer, key)])
    assert (new.master_version, new.ciphertext[:9], held.unwrap([old, new])) == (2, b"vault:v2:", [key, key])
    held.retire_before(2)
    assert held.versions == (2,)
    with pytest.raises(KeyUnusable):
        held.unwrap([old])
    assert masters(transit, token_file).index == held.index  # the key of the indexes went over as well


def test_a_refused_token_is_read_again_once_and_the_seal_is_told_without_vaults_words(transit, token_file):
    held, customer = masters(transit, token_file), new_id()
    transit.token = "second"
    with pytest.raises(MastersUnavailable, match="refuses the token"):
        held.wrap([(customer, new_data_key())])
    token_file.write_text("second")
    held.wrap([(customer, new_data_key())])
    transit.sealed = True
    with pytest.raises(MastersUnavailable, match="sealed"):
        held.wrap([(customer, new_data_key())])
    token_file.unlink()
    with pytest.raises(KeysetUnreadable):
        masters(transit, token_file)


def test_a_vault_that_is_not_there_is_told_as_such(token_file):
    with fake_vault() as gone:
        pass
    with pytest.raises(MastersUnavailable, match="does not answer"):
        masters(gone, token_file)


@pytest.mark.parametrize("cipher", BOTH)
def test_a_whole_identity_goes_through_a_vault_in_either_cipher(transit, token_file, cipher):
    vault, customer = Vault(masters(transit, token_file), cipher), new_id()
    key, sealer = vault.new_key(customer)
    sealed = vault.seal(sealer, customer, identity())
    assert vault.sealer(customer, key).open("customer", "name", customer, sealed.name_sealed) == "王小明"


async def test_a_service_on_vault_and_sm4_serves_and_says_when_vault_is_sealed(running, transit, token_file):
    settings = {"masters": "vault", "vault_url": transit.url, "vault_token_file": token_file, "cipher": "sm4-gcm"}
    async with running(SERVICE, keyset=token_file.with_name("service.json"), **settings) as service:
        headers = service.headers(Scope.PROFILE_WRITE, Scope.PROFILE_READ, roles=[Role.ADVISER])
        made = await service.client.post("/v1/customers", json=registration(), headers=headers)
        path = made.headers["location"]
        assert (await service.client.get(path, headers=headers)).json()["name"] == "王**"
        row = await service.database.pool.fetchrow("SELECT name_sealed, wrapped FROM customer c JOIN data_key k ON true")
        assert (row["name_sealed"][0], row["wrapped"][:6]) == (2, b"vault:")
        transit.sealed = True
        problem = (await service.client.get(path, headers=headers)).json()
        assert (problem["status"], problem["rule"]) == (503, "master-keys-unavailable")
