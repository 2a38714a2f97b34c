import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compliance.masking import Audience, Masker
from services.compliance.masking.detector import LONGEST
from services.compliance.masking.stream import mask_stream
from tests.services.compliance.masking.labelled import document

MASKER = Masker(Audience.OUTSIDE)


def streamed(data: bytes, chunk_bytes: int):
    sink = io.BytesIO()
    counts = mask_stream(io.BytesIO(data).read, sink.write, MASKER, chunk_bytes=chunk_bytes)
    return sink.getvalue(), counts


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(200, 4_000), st.booleans())
def test_a_stream_gives_what_the_whole_text_gives(seed, chunk_bytes, one_line):
    text, _ = document(seed, 400, facts=0.6)
    if one_line:
        text = text.replace("\n", "")
    masked, found = MASKER.text(text)
    output, counts = streamed(text.encode(), chunk_bytes)
    assert output.decode() == masked
    assert counts.total() == len(found) > 100


@pytest.mark.parametrize(
    "piece", ["户名：王小明，", "8613812345678，", "护照号是E12345678，", "寄到北京市朝阳区建国路88号，", "a@b.cn，"]
)
def test_nothing_is_lost_where_two_pieces_of_a_line_meet(piece):
    masked, _ = MASKER.text(piece)
    for place in range(-2, len(piece) + 3):
        line = "一" * 10 + piece + "二" * (LONGEST - place)
        pieces = iter([line.encode(), b"\xe4\xb8\x89" * 5_000, b""])
        written: list[bytes] = []
        mask_stream(lambda _, pieces=pieces: next(pieces), written.append, MASKER)
        assert b"".join(written).decode() == line.replace(piece, masked) + "三" * 5_000


def test_bytes_and_line_ends_that_need_no_masking_stay():
    data = "第一行\r\n\ufeff\x00第二行\n".encode() + b"\xff\xfe 13812345678\r" + "尾".encode()[:2]
    output, _ = streamed(data, 5)
    assert output == data.replace(b"13812345678", b"138****5678")


def test_a_line_without_end_needs_no_more_memory_than_a_short_one():
    line, _ = document(7, 2_000)
    piece = line.replace("\n", "").encode()
    rest = [200]

    def read(_: int) -> bytes:
        rest[0] -= 1
        return piece if rest[0] >= 0 else b""

    tracemalloc.start()
    mask_stream(read, len, MASKER)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * len(piece) < 200 * len(piece)


def test_a_whole_line_is_written_before_the_next_one_is_read():
    written: list[bytes] = []
    lines = iter(["电话13812345678\n".encode(), b"", b""])

    def read(_: int) -> bytes:
        if written:
            assert b"".join(written).decode() == "电话138****5678\n"
        return next(lines)

    mask_stream(read, written.append, MASKER)
    assert b"".join(written).decode() == "电话138****5678\n"
