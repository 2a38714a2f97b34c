"""The report of a bundle: what a person reads first, and what the signature covers beside the checkpoint."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.compliance.audit_tree.rules.checkpoints import Checkpoint, moment
from services.compliance.retention.rules import RetentionPolicy

ENTRIES, CHECKPOINT, CHECKPOINTS, NODES = "entries.jsonl", "checkpoint.txt", "checkpoints.jsonl", "nodes.txt"
KEYS, REPORT = "keys.json", "report.txt"
"""The files of a bundle: each entry's canonical bytes on a line; signed notes as they are, or as one JSON string a line; the
stored hash of each block of 256 entries in hex."""

_HASH_LINE = re.compile(r"^sha256 ([0-9a-f]{64}) (\S+)$", re.MULTILINE)

_RULE = "=" * 78
_COUNTS_HEAD = ("条目 entries", "服务 service", "行为 act", "结果 outcome", "类别 class")
_TEXT = """{rule}
审计日志导出报告 · Audit log export
{rule}

日志 log            {origin}
导出人 exported by  {exporter}
签署时间 signed at  {signed_at} (UTC)
范围 range          {range}
记录时间 recorded   {recorded}
已删除正文 pruned   {pruned} 条 entries (保留期已过，仅存叶哈希 / retention over, leaf hash kept)
根哈希 root         {root} (RFC 6962, SHA-256)
检查点 checkpoints  {checkpoints}

密钥 keys (公钥，最新在后 / public, the newest last)
{keys}

条目统计 entries by service, act and outcome
{counts}

保留类别 retention classes (政策版本 policy version {policy})
{classes}

本报告证明什么 · what this proves
  日志对上述检查点签名时，正是这些条目、按此顺序。
  The entries are those, and in that order, over which the log signed its checkpoint.

如何验证 · how to verify
  公钥须另行取得，不可取自本文件。Take the public key from another source than this file.
    steward audit verify --bundle <this bundle> --key <public key>
  如有先前的检查点（自存或见证人所签），可证其后无删改：
  An earlier checkpoint, your own or the witness's, shows that nothing was taken out or changed since:
    steward audit verify --bundle <this bundle> --key <public key> --since <checkpoint>
  如有先前的导出包，可指出被改动的条目：
  An earlier bundle tells which entries were changed:
    steward audit verify --bundle <this bundle> --key <public key> --against <earlier bundle>

文件 files
{files}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a report tells beside the checkpoint. Texts from services and callers go through `plain` here.

    `counts` are service, act, outcome and entries; `recorded` the times of the first and last entry with a body; `keys` the
    public keys with their periods; `checkpoints` how many there are, and the time of the first.
    """

    exporter: str
    roles: Sequence[str]
    purpose: str
    recorded: tuple[datetime, datetime] | None
    pruned: int
    checkpoints: tuple[int, datetime]
    keys: Sequence[str]
    counts: Sequence[tuple[str, str, str, int]]
    retention: RetentionPolicy


def report(checkpoint: Checkpoint, told: Told, *, files: Mapping[str, str]) -> str:
    """The report's text. `files` are SHA-256 in hex by file name."""
    size = checkpoint.size
    number, since = told.checkpoints
    return _TEXT.format(
        rule=_RULE,
        origin=checkpoint.origin,
        exporter=f"{plain(told.exporter)} ({', '.join(map(plain, told.roles))}; {plain(told.purpose)})",
        signed_at=moment(checkpoint.signed_at),
        range=f"{size} entries, positions 0 to {size - 1}" if size else "0 entries",
        recorded="none" if told.recorded is None else " .. ".join(map(moment, told.recorded)),
        pruned=told.pruned,
        root=checkpoint.root.hex(),
        checkpoints=f"{number}, {moment(since)} .. {moment(checkpoint.signed_at)}",
        keys="\n".join(f"  {line}" for line in told.keys),
        counts=_table([_COUNTS_HEAD, *_counted(told)]),
        policy=told.retention.version,
        classes="\n".join(_class_lines(told.retention)),
        files="\n".join(f"sha256 {digest} {name}" for name, digest in files.items()),
    )


def _counted(told: Told) -> list[tuple[str, ...]]:
    class_of = told.retention.class_of
    rows: list[tuple[str, ...]] = [
        (str(entries), plain(service), plain(act), plain(outcome), class_of(act).name)
        for service, act, outcome, entries in told.counts
    ]
    by_outcome = Counter[str]()
    for _, _, outcome, entries in told.counts:
        by_outcome[plain(outcome)] += entries
    return rows + [(str(entries), "合计 total", "", outcome, "") for outcome, entries in sorted(by_outcome.items())]


def _class_lines(policy: RetentionPolicy) -> list[str]:
    lines = []
    for one in policy.classes:
        lines.append(f"  {one.name}  {one.title}: {one.years} 年 years")
        lines += [f"      {basis.clause}: {basis.years}" for basis in one.bases]
    return [*lines, f"  任何类别不少于 no class below: {policy.least_years} 年 years"]


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows in columns, the first to the right; a Han character takes two places."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *rest in rows:
        cells = [" " * (widths[0] - _width(first)) + first]
        cells += [cell + " " * (width - _width(cell)) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def files_of(text: str) -> dict[str, str]:
    """SHA-256 in hex by file name, as a report names them."""
    return {name: digest for digest, name in _HASH_LINE.findall(text)}


def plain(text: str) -> str:
    """The text without what could break a line or a note: a code that the service wrote may be anything."""
    return "".join(one if one.isprintable() and one != " " else "_" for one in text)
