"""The two ciphers in which personal data and data keys are sealed (H20), and which byte names each.

AES-256-GCM is the default. SM4-GCM (GB/T 32907, RFC 8998) is for banks that must use it. Both take a 32-byte secret: SM4's
16-byte key is derived from it, so that one secret never serves two ciphers.
"""

import os
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
_TAG_BYTES = 16
_SM4_KEY_BYTES = 16


class CipherName(StrEnum):
    """Values of the setting `cipher`."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"


FORMATS = {1: CipherName.AES_256_GCM, 2: CipherName.SM4_GCM}
"""First byte of a ciphertext: which cipher made it."""
FORMAT_OF = {name: number for number, name in FORMATS.items()}


class DoesNotOpen(Exception):
    """Another key, another place, or changed bytes."""


class Aead(Protocol):
    """A cipher with its key."""

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """Nonce, ciphertext and tag; opens only together with the same `bound_to`."""

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """What was sealed. Raises `DoesNotOpen`."""


def aead(name: CipherName, secret: bytes) -> Aead:
    """The cipher under a 32-byte secret."""
    return _Aes(secret) if name is CipherName.AES_256_GCM else _Sm4(secret)


class _Aes:
    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
        except (InvalidTag, ValueError):  # a nonce cut short is a ValueError
            raise DoesNotOpen from None


class _Sm4:
    def __init__(self, secret: bytes) -> None:
        derived = HKDF(hashes.SM3(), _SM4_KEY_BYTES, salt=None, info=b"steward sm4-gcm").derive(secret)
        self._key = algorithms.SM4(derived)

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound_to)
        return nonce + encryptor.update(plain) + encryptor.finalize() + encryptor.tag

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        nonce, body, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-_TAG_BYTES], sealed[-_TAG_BYTES:]
        try:
            decryptor = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
            decryptor.authenticate_additional_data(bound_to)
            return decryptor.update(body) + decryptor.finalize()
        except (InvalidTag, ValueError):
            raise DoesNotOpen from None
