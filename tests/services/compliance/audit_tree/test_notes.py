"""Signed notes, checkpoints and the line of keys."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.compliance.audit_tree.keys import Signer, SigningKey, SigningKeyUnreadable, create_key, open_key, rotate_key
from services.compliance.audit_tree.rules.checkpoints import Checkpoint, CheckpointMalformed
from services.compliance.audit_tree.rules.notes import Note, NoteMalformed, PublicKey
from services.compliance.audit_tree.trust import NotTrusted, Trusted, is_signed

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
ORIGIN = "bank.example/audit"
# The example of the Go implementation of signed notes.
PETER = PublicKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def signing_key(origin: str = ORIGIN) -> SigningKey:
    return SigningKey(Signer.of(Ed25519PrivateKey.generate(), origin))


def checkpoint(key: SigningKey, at: datetime = NOON) -> str:
    return key.signer.sign(Checkpoint(key.signer.key.name, 7, b"r" * 32, at).text())


def test_the_known_note_verifies_under_its_known_key_and_no_other_text_does():
    assert is_signed(Note.parse(NOTE), PETER)
    assert not is_signed(Note.parse(NOTE.replace("answer", "Answer")), PETER)
    assert str(Note.parse(NOTE)) == NOTE
    assert str(PETER) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_checkpoint_has_the_lines_that_the_format_asks_for():
    text = Checkpoint(ORIGIN, 20852163, bytes(range(32)), NOON).text()
    assert text.split("\n") == [
        ORIGIN,
        "20852163",
        base64.b64encode(bytes(range(32))).decode(),
        "signed-at 2026-03-02T04:00:00Z",
        "",
    ]


@given(st.integers(0, 10**18), st.binary(min_size=32, max_size=32), st.integers(0, 10**9))
def test_a_checkpoint_reads_back_as_it_was_written(size, root, seconds):
    written = Checkpoint(ORIGIN, size, root, NOON + timedelta(seconds=seconds))
    assert Checkpoint.parse(written.text()) == written


@pytest.mark.parametrize("line", range(4))
@pytest.mark.parametrize("wrong", ["", "007", "AAAA"])
def test_a_checkpoint_with_a_wrong_line_is_none(line, wrong):
    lines = Checkpoint(ORIGIN, 7, b"r" * 32, NOON).text().split("\n")
    lines[line] = wrong
    if line == 0 and wrong:
        return
    with pytest.raises(CheckpointMalformed):
        Checkpoint.parse("\n".join(lines))


@pytest.mark.parametrize(
    "broken",
    ["", "\n\n", "text", "text\n\n", "text\n\n— name !!\n", "text\n\n- name AAAAAAAA\n", NOTE[:-1], NOTE + "\n", "\x07" + NOTE],
)
def test_a_text_that_is_no_note_is_refused(broken):
    with pytest.raises(NoteMalformed):
        Note.parse(broken)


@pytest.mark.parametrize("broken", ["", "a+b+c", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"])
def test_a_text_that_is_no_key_is_refused(broken):
    with pytest.raises(NoteMalformed):
        PublicKey.parse(broken)


def test_only_the_trusted_key_signs_a_checkpoint():
    ours, other = signing_key(), signing_key()
    assert ours.trusted().checkpoint(checkpoint(ours)).size == 7
    with pytest.raises(NotTrusted):
        ours.trusted().checkpoint(checkpoint(other))
    with pytest.raises(NotTrusted):
        ours.trusted().checkpoint(checkpoint(ours).replace("\n7\n", "\n8\n"))


def test_a_checkpoint_of_another_log_is_refused_though_the_key_signed_it():
    ours = signing_key()
    with pytest.raises(NotTrusted, match="another log"):
        ours.trusted().checkpoint(ours.signer.sign(Checkpoint("bank.example/other", 7, b"r" * 32, NOON).text()))


def test_after_rotations_each_key_of_the_line_is_trusted_for_its_period_from_any_one_key():
    first = signing_key()
    second = first.rotated(NOON + timedelta(days=1))
    third = second.rotated(NOON + timedelta(days=2))
    for pinned in (first, second, third):
        trusted = Trusted.from_line(pinned.signer.key, third.successions)
        for number, key in enumerate((first, second, third)):
            trusted.checkpoint(checkpoint(key, NOON + timedelta(days=number, hours=1)))
            for outside in (-1, 1):
                if 0 <= number + outside <= 2:
                    with pytest.raises(NotTrusted, match="not in use"):
                        trusted.checkpoint(checkpoint(key, NOON + timedelta(days=number + outside, hours=1)))


def test_a_key_that_only_says_it_follows_is_not_trusted():
    ours, thief = signing_key(), signing_key()
    stolen = thief.rotated(NOON)
    (note,) = stolen.successions
    forged = note.replace(str(thief.signer.key), str(ours.signer.key))
    for line in ([note], [forged], [*ours.rotated(NOON).successions, note]):
        with pytest.raises(NotTrusted):
            Trusted.from_line(ours.signer.key, line)


def test_the_file_is_made_once_for_its_owner_alone_and_a_rotation_forgets_the_old_secret(tmp_path):
    path = tmp_path / "keys" / "audit.json"
    made = create_key(path, ORIGIN)
    assert create_key(path, "another").signer.key == made.signer.key
    assert open_key(path).signer.key == made.signer.key
    secret = json.loads(path.read_text())["private"]["d"]
    rotated = rotate_key(path, now=NOON)
    assert open_key(path).signer.key == rotated.signer.key != made.signer.key
    assert secret not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert [one.key for one in rotated.trusted().periods] == [made.signer.key, rotated.signer.key]


@pytest.mark.parametrize("content", ["", "{}", '{"origin": "a", "private": {"d": "AA"}, "successions": []}'])
def test_a_file_that_is_no_key_is_refused_without_showing_it(tmp_path, content):
    path = tmp_path / "audit.json"
    path.write_text(content)
    with pytest.raises(SigningKeyUnreadable) as refusal:
        open_key(path)
    assert str(refusal.value) == f"the file at {path} is no readable signing key"
