"""The sample bank: blocks of a thousand customers, each from the seed and its own number alone."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from contracts.values import Tier
from steward.sample import behaviour, causes, facts, holdings, money, people, plants, tables, work
from steward.sample.identity import MAX_BLOCKS, Numbers
from steward.sample.people import Household, Person
from steward.sample.setting import Setting, setting
from steward.sample.steering import steer
from steward.sample.truth import Truth, truths
from steward.sample.writer import TRUTH, FileFormat, Writer

BLOCK = 1_000
MAX_CUSTOMERS = BLOCK * MAX_BLOCKS
FIRST_YEAR, LAST_YEAR = 2010, 2099

Progress = Callable[[str, int, int], None]
"""Called with what is being made, how many are done, and how many there will be."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: rows by kind of file, customers by tier, signals and decoys by label."""

    out: Path
    rows: Mapping[str, int]
    tiers: Mapping[str, int]
    signals: Mapping[str, int]
    decoys: Mapping[str, int]


@dataclass(slots=True)
class Block:
    """A block of people with all that they do."""

    people: list[Person]
    events: list[tuple[str, list[behaviour.Event]]] = field(default_factory=list)
    assessments: list[tuple[str, facts.Assessment]] = field(default_factory=list)
    truth: list[Truth] = field(default_factory=list)


def generate(
    out: Path,
    *,
    customers: int,
    seed: int,
    as_of: date,
    file_format: FileFormat = "parquet",
    progress: Progress | None = None,
) -> Summary:
    """Write a bank of `customers` people in the import format into `out`, with nine months that end on `as_of`.

    The same arguments give the same rows. Memory does not grow with the customers. From 200 customers on, every tier
    and every signal occurs. Raises ValueError for a number of customers or a day that the sample cannot serve.
    """
    if not 1 <= customers <= MAX_CUSTOMERS:
        raise ValueError(f"customers must be between 1 and {MAX_CUSTOMERS}, not {customers}")
    if not FIRST_YEAR <= as_of.year <= LAST_YEAR:
        raise ValueError(f"as_of must be between {FIRST_YEAR} and {LAST_YEAR}, not {as_of.year}")
    shared = setting(seed=seed, customers=customers, as_of=as_of)
    blocks = -(-customers // BLOCK)
    writer = Writer(out, file_format=file_format, blocks=blocks)
    writer.write("products", tables.products(), block=0)
    labels: Counter[tuple[str, str]] = Counter()
    for block in range(blocks):
        size = min(BLOCK, customers - block * BLOCK)
        made = make_block(shared, block=block, size=size)
        _write(writer, made, shared, block)
        labels.update((row.kind, str(row.label)) for row in made.truth)
        if progress is not None:
            progress("customers", block * BLOCK + size, customers)
    return Summary(out, writer.rows, _of(labels, "tier"), _of(labels, "signal"), _of(labels, "decoy"))


def _of(labels: Counter[tuple[str, str]], kind: str) -> dict[str, int]:
    return {label: count for (found, label), count in sorted(labels.items()) if found == kind}


def make_block(shared: Setting, *, block: int, size: int) -> Block:
    """The people of one block and what they do, from nothing but the seed and the block's number."""
    rng = Random(f"block:{shared.seed}:{block}")
    numbers = Numbers(seed=shared.seed, block=block)
    households = people.settle(rng, first=block * BLOCK + 1, count=size, as_of=shared.as_of, numbers=numbers)
    made = Block([person for household in households for person in household.members])
    _characterise(rng, households, made.people, shared, at_least=1 if block == 0 else 0)
    for person in made.people:
        holdings.open_accounts(rng, person, numbers, shared)
        facts.notice_home(person)
        holdings.plan(rng, person, shared.days)
        money.live(rng, person, shared)
    for household in households:
        money.share(rng, household, shared.days)
    for person in made.people:
        money.level_out(rng, person, shared.days)
    played = {
        person.number: _play(rng, person, household, made, shared) for household in households for person in household.members
    }
    for person in made.people:
        steer(rng, person)
    _look_back(rng, made, played, shared)
    return made


def _look_back(rng: Random, made: Block, played: dict[int, int], shared: Setting) -> None:
    """Note what has become true of everybody, give the VIPs their adviser, and assess the investors."""
    for person in made.people:
        found = list(truths(person, played[person.number], shared.days))
        made.truth += found
        if found[0].label == Tier.VIP:
            person.adviser_no = f"S{person.branch.code}{rng.randint(1, 6):02d}"
        made.assessments += [(person.customer_no, one) for one in facts.assess(rng, person, shared.as_of)]


def _characterise(rng: Random, households: list[Household], everybody: list[Person], shared: Setting, *, at_least: int) -> None:
    for person in everybody:
        work.employ(rng, person, shared.employers)
    work.rank(rng, everybody)
    plants.cast(rng, households, at_least=at_least)
    for person in everybody:
        plants.dress(rng, person, shared.as_of, shared.employers)
        facts.learn(rng, person, shared.as_of)


def _play(rng: Random, person: Person, household: Household, made: Block, shared: Setting) -> int:
    """Play the person's part and note what they do in the app; the day on which the part's cause is complete."""
    day, events = causes.play(rng, person, plants.partner_of(person, household), shared.days)
    events += behaviour.browse(rng, person, shared.days)
    made.events.append((person.customer_no, events))
    return day


def _write(writer: Writer, made: Block, shared: Setting, block: int) -> None:
    days = shared.days
    writer.write("customers", tables.customers(made.people, shared.employers), block=block)
    writer.write("accounts", tables.accounts(made.people, days), block=block)
    writer.write("balances", tables.balances(made.people, days), block=block)
    writer.write("transactions", tables.transactions(made.people, days, block=block), block=block)
    writer.write("behaviour", tables.behaviour(made.events, days, block=block), block=block)
    writer.write("facts", tables.facts(made.people), block=block)
    writer.write("assessments", tables.assessments(made.assessments), block=block)
    writer.write(TRUTH, tables.truth(made.truth), block=block)
