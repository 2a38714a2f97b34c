"""A tier policy as a document: titles, texts of the reasons, and the decision table in JDM, as its author wrote it."""

import hashlib
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contracts.values import RuleBroken, Tier
from services.tiering.rules import Downgrade, RowText

Short = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Cell = Annotated[str, StringConstraints(max_length=200)]

MAX_ROWS = 100
MAX_COLUMNS = 15


class DocumentMalformed(RuleBroken):
    """A policy document that does not have the shape of one; the field names the place."""

    rule = "policy-document-malformed"
    fix = "Send title, currency, texts and a JDM table: one input node, one decision table, one output node, in a line."


class Strict(BaseModel):
    """Types as they are, nothing converted."""

    model_config = ConfigDict(strict=True, frozen=True)


class Text(Strict):
    """The same in Chinese (simplified) and English."""

    zh: Short
    en: Short


ReasonCode = Annotated[str, StringConstraints(pattern=r"^[!-?A-~]{1,60}$")]
"""A reason's name, as events carry it: ASCII without spaces and @."""


class ReasonText(Text):
    """Text of one reason code, and the requirement it follows from."""

    source: Annotated[str, StringConstraints(max_length=40)] = ""


class Column(Strict):
    """A column of the decision table: `id` is its key in the rows, `field` the fact it reads or the output it sets."""

    id: Short
    name: Annotated[str, StringConstraints(max_length=200)] = ""
    field: Short


class TableContent(Strict):
    """The decision table of JDM. A row maps column ids to cells; an empty cell holds for everything."""

    hit_policy: str = Field(alias="hitPolicy")
    inputs: list[Column] = Field(min_length=1, max_length=MAX_COLUMNS)
    outputs: list[Column] = Field(min_length=1, max_length=MAX_COLUMNS)
    rules: list[dict[str, Cell]] = Field(min_length=1, max_length=MAX_ROWS)


class Node(Strict):
    """A node of the JDM graph."""

    id: Short
    type: Short
    content: TableContent | None = None


class Edge(Strict):
    """A connection of two nodes."""

    source: str = Field(alias="sourceId")
    target: str = Field(alias="targetId")


class Jdm(Strict):
    """JSON Decision Model, as GoRules' editor reads and writes it; layout and names are kept but not looked at."""

    content_type: str = Field(default="application/vnd.gorules.decision", alias="contentType")
    nodes: list[Node] = Field(min_length=3, max_length=3)
    edges: list[Edge] = Field(min_length=2, max_length=2)


class DowngradeSetting(Strict):
    """How customers go down: days of grace, and tiers at once."""

    grace_days: int = Field(ge=0, le=366)
    max_steps: int = Field(ge=1, le=2)


class PolicyDocument(Strict):
    """What a bank writes: the table decides, the texts say why, `downgrade` keeps tiers from flapping."""

    title: Text
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    downgrade: DowngradeSetting | None = None
    texts: dict[ReasonCode, ReasonText]
    table: Jdm

    @property
    def downgrades(self) -> Downgrade:
        """The setting as the rules take it; without one, down at once and all the way."""
        return Downgrade() if self.downgrade is None else Downgrade(**self.downgrade.model_dump())

    @property
    def content(self) -> TableContent:
        """The decision table. Raises `DocumentMalformed` where there is none between input and output."""
        nodes = {node.type: node for node in self.table.nodes}
        table = nodes.get("decisionTableNode")
        if set(nodes) != {"inputNode", "decisionTableNode", "outputNode"} or table is None or table.content is None:
            raise DocumentMalformed("the table needs one input node, one decision table and one output node")
        line = {(nodes["inputNode"].id, table.id), (table.id, nodes["outputNode"].id)}
        if {(edge.source, edge.target) for edge in self.table.edges} != line:
            raise DocumentMalformed("the edges must lead from the input through the table to the output")
        return table.content

    def rows(self) -> tuple[RowText, ...]:
        """The rows in order, each with its conditions by fact. Only for a document that passed `publishing.check`."""
        content = self.content
        outputs = {column.field: column.id for column in content.outputs}
        made = []
        for rule in content.rules:
            reason = unquoted(rule[outputs["reason"]])
            text = self.texts[reason]
            cells = {column.field: rule[column.id] for column in content.inputs if rule.get(column.id, "").strip()}
            tier = Tier(unquoted(rule[outputs["tier"]]))
            made.append(RowText(reason=reason, tier=tier, cells=cells, zh=text.zh, en=text.en, source=text.source))
        return tuple(made)


def parse(document: object) -> PolicyDocument:
    """The document, typed. Raises `DocumentMalformed` naming the first wrong place."""
    try:
        return PolicyDocument.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in ("document", *first["loc"]))
        raise DocumentMalformed(f"{place}: {first['msg']}", field=place) from None


def canonical(document: object) -> bytes:
    """The document's canonical bytes: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def digest(document: object) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def unquoted(cell: str) -> str:
    """The text inside a cell that is one quoted string; the cell itself otherwise."""
    text = cell.strip()
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"" else text
