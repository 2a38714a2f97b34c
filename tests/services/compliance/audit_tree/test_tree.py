"""The pure tree against RFC 6962, against its own definition, and against vectors of others where they are present."""

import base64
import hashlib
import json
import os
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compliance.audit_tree.rules.hashing import EMPTY_ROOT, Frontier, fold, leaf_hash, leaf_hashes, node_hash, root_of
from services.compliance.audit_tree.rules.proofs import ProofBroken, check_consistency, check_inclusion
from services.compliance.audit_tree.rules.tiles import TILE, Stretch, consistency_spans, inclusion_spans, kept_levels, span_hash
from tests.support.servers import ROOT

VECTORS = Path(os.environ.get("STEWARD_SHARED_DATA") or ROOT.parent / "shared" / "data") / "vectors" / "merkle.jsonl"

# The eight leaves that the reference implementations of RFC 6962 test with, and the root after each.
LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


def defined_root(leaves: list[bytes]) -> bytes:
    """The root word for word as RFC 6962 defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def kept_in(leaves: list[bytes]):
    """The kept nodes of a tree, hashed by the definition."""

    def kept(stretch: Stretch) -> list[bytes]:
        width = 1 << stretch.level
        return [defined_root(leaves[index * width : (index + 1) * width]) for index in range(stretch.start, stretch.end)]

    return kept


def inclusion(leaves: list[bytes], position: int) -> list[bytes]:
    return [span_hash(span, kept_in(leaves)) for span in inclusion_spans(position, len(leaves))]


def consistency(leaves: list[bytes], first: int) -> list[bytes]:
    return [span_hash(span, kept_in(leaves)) for span in consistency_spans(first, len(leaves))]


def test_the_roots_are_those_of_the_reference_leaves():
    hashed = leaf_hashes(LEAVES)
    assert [root_of(hashed[:size]).hex() for size in range(1, 9)] == ROOTS
    assert root_of([]) == EMPTY_ROOT


def test_the_proofs_of_the_reference_tree_are_the_known_ones():
    hashed = leaf_hashes(LEAVES)
    assert [node.hex() for node in inclusion(hashed, 5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [node.hex() for node in consistency(hashed, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.lists(st.integers(0, 40), max_size=12))
def test_a_frontier_that_grows_in_any_steps_has_the_root_of_the_definition(steps):
    leaves, frontier = leaves_of(sum(steps)), Frontier()
    for begin, end in pairwise(accumulate(steps, initial=0)):
        frontier.extend(leaves[begin:end])
        assert frontier.root() == defined_root(leaves[:end])
        assert frontier.size == end


@given(st.data(), st.integers(1, 700))
def test_every_entry_of_a_tree_is_proved_and_any_flipped_bit_breaks_the_proof(data, size):
    leaves = leaves_of(size)
    position = data.draw(st.integers(0, size - 1))
    root, proof = defined_root(leaves), inclusion(leaves, position)
    check_inclusion(leaf=leaves[position], position=position, size=size, proof=proof, root=root)
    parts = [leaves[position], root, *proof]
    chosen, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[chosen] = flipped(parts[chosen], bit)
    with pytest.raises(ProofBroken):
        check_inclusion(leaf=parts[0], position=position, size=size, proof=parts[2:], root=parts[1])


@given(st.data(), st.integers(2, 200))
def test_a_proof_serves_for_no_other_place(data, size):
    leaves = leaves_of(size)
    position, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    with pytest.raises(ProofBroken):
        check_inclusion(
            leaf=leaves[position], position=other, size=size, proof=inclusion(leaves, position), root=defined_root(leaves)
        )


def test_each_tree_up_to_64_is_proved_to_be_the_beginning_of_each_later_one():
    leaves = leaves_of(64)
    roots = [defined_root(leaves[:size]) for size in range(65)]
    for second in range(1, 65):
        for first in range(1, second + 1):
            proof = consistency(leaves[:second], first)
            check_consistency(first=first, second=second, first_root=roots[first], second_root=roots[second], proof=proof)
            for wrong in (roots[first - 1], flipped(roots[first], first)):
                with pytest.raises(ProofBroken):
                    check_consistency(first=first, second=second, first_root=wrong, second_root=roots[second], proof=proof)


@given(st.data(), st.integers(2, 700))
def test_any_flipped_bit_breaks_a_consistency_proof(data, second):
    leaves = leaves_of(second)
    first = data.draw(st.integers(1, second - 1))
    parts = [defined_root(leaves[:first]), defined_root(leaves), *consistency(leaves, first)]
    check_consistency(first=first, second=second, first_root=parts[0], second_root=parts[1], proof=parts[2:])
    chosen, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[chosen] = flipped(parts[chosen], bit)
    with pytest.raises(ProofBroken):
        check_consistency(first=first, second=second, first_root=parts[0], second_root=parts[1], proof=parts[2:])


@given(st.data(), st.integers(1, 2**40))
def test_a_proof_reads_few_and_short_stretches_of_what_is_kept(data, size):
    position = data.draw(st.integers(0, size - 1))
    read: list[Stretch] = []
    for span in inclusion_spans(position, size):
        span_hash(span, lambda stretch: [read.append(stretch) or EMPTY_ROOT] * (stretch.end - stretch.start))
    assert all(stretch.level % 8 == 0 and stretch.end - stretch.start < TILE for stretch in read)
    assert len(read) <= 2 * size.bit_length()


def test_kept_levels_are_those_with_a_whole_tile():
    assert [list(kept_levels(size)) for size in (255, 256, 65_535, 65_536)] == [[], [8], [8], [8, 16]]


def test_the_hash_over_no_subtree_is_that_of_the_empty_tree():
    assert fold([]) == EMPTY_ROOT


@pytest.mark.skipif(not VECTORS.exists(), reason="merkle.jsonl is not here; set STEWARD_SHARED_DATA to the folder of vectors/")
def test_the_vectors_of_another_implementation_are_decided_as_it_decides_them():
    cases = [json.loads(line) for line in VECTORS.read_text().splitlines()]
    assert len(cases) == 196
    wrong = [case["name"] for case in cases if accepted(case) is case["wantErr"]]
    assert wrong == []


def accepted(case: dict) -> bool:
    proof = [base64.b64decode(node) for node in case["proof"] or []]
    hashes = {name: base64.b64decode(case[name]) for name in ("root", "root1", "root2", "leafHash") if name in case}
    try:
        if case["kind"] == "inclusion":
            leaf, root = hashes["leafHash"], hashes["root"]
            check_inclusion(leaf=leaf, position=case["leafIdx"], size=case["treeSize"], proof=proof, root=root)
        else:
            first_root, second_root = hashes["root1"], hashes["root2"]
            sizes = {"first": case["size1"], "second": case["size2"]}
            check_consistency(**sizes, first_root=first_root, second_root=second_root, proof=proof)
    except ProofBroken:
        return False
    return True


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value) ^ (1 << bit)).to_bytes(len(value))
