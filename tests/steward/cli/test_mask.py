"""`steward mask` as a person types it."""

import subprocess
import sys

from tests.support.servers import ROOT


def mask(text: bytes, *arguments: str):
    command = [sys.executable, "-m", "steward.cli", "mask", *arguments]
    return subprocess.run(command, input=text, capture_output=True, cwd=ROOT, timeout=60, check=False)


def test_text_goes_through_masked_and_all_else_stays() -> None:
    done = mask("身份证110101199003077512\r\n".encode() + b"\xff 13812345678")
    assert done.stdout == "身份证1****************2\r\n".encode() + b"\xff 138****5678"
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_audience_is_chosen_and_counts_are_told_apart_from_the_text() -> None:
    done = mask("身份证110101199003077512，电话13812345678".encode(), "--audience", "inside", "--counts")
    assert done.stdout.decode() == "身份证110101199003******，电话138****5678"
    assert done.stderr.decode().split("\n") == ["identity_number 1", "phone 1", ""]


def test_an_unknown_audience_is_refused() -> None:
    assert mask(b"", "--audience", "everybody").returncode == 2
