"""Events that tiering listens to, translated into its use cases."""

from collections.abc import Sequence

from chassis.database import Session
from chassis.inbox import Context, Reactions, Received
from contracts.events.profile import FeedCompleted, MeasuresComputed
from services.tiering import actions
from services.tiering.rules import Activity, Assets, LifeCycle, Measures, Need

reactions = Reactions()


@reactions.on(MeasuresComputed)
async def on_measures(session: Session, received: Sequence[Received[MeasuresComputed]], context: Context) -> None:
    """New measures: decide about these customers."""
    measured = [_measured(one.event) for one in received]
    await actions.decide_customers(session, measured=measured, now=context.now, today=context.clock.today())


@reactions.on(FeedCompleted)
async def on_feed(session: Session, received: Sequence[Received[FeedCompleted]], context: Context) -> None:
    """The feed is complete to a day: a nightly run may be waiting for it."""
    for one in received:
        event = one.event
        await actions.hear_feed(session, feed=event.feed, version=event.version, day=event.day, now=context.now)


def _measured(event: MeasuresComputed) -> actions.Measured:
    return actions.Measured(
        customer_id=event.customer_id,
        version=event.version,
        as_of=event.as_of,
        branch=event.branch,
        measures=measures_of(event),
    )


def measures_of(event: MeasuresComputed) -> Measures:
    """The four dimensions of H1 in the event."""
    return Measures(
        assets=Assets(
            currency=event.currency,
            days_30=event.assets.days_30,
            days_90=event.assets.days_90,
            days_180=event.assets.days_180,
            growth_180_bp=event.growth_180_bp,
        ),
        activity=Activity(
            dealings_90=event.dealings_90,
            logins_90=event.logins_90,
            channels_90=event.channels_90,
            payroll=event.payroll,
            products=event.products,
            contribution_fen=event.contribution_fen,
            dealings_growth_180_bp=event.dealings_growth_180_bp,
        ),
        need=Need(kind=event.need),
        life_cycle=LifeCycle(
            life_stage=event.life_stage,
            relation_stage=event.relation_stage,
            age=event.age,
            history_days=event.history_days,
        ),
    )
