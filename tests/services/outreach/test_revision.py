"""Revisions of a customer's plan: what goes, what comes, what stays."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.ids import new_id
from contracts.values import Channel, Tier
from services.outreach.policy import shipped
from services.outreach.rules.calendar import SHANGHAI, Calendar
from services.outreach.rules.consents import Consent, refused
from services.outreach.rules.reasons import CalendarState, WithdrawnBecause
from services.outreach.rules.revision import Dossier, Held, Reviser, Revision, Standing, State
from tests.services.outreach.builders import NOW, a_customer, a_moment

BORN = date(1980, 5, 17)


def revise(dossier: Dossier, now: datetime = NOW, calendar: Calendar | None = None) -> Revision:
    policy = shipped()
    today = now.astimezone(SHANGHAI).date()
    reviser = Reviser(cadence=policy.cadence, calendar=calendar or policy.calendar, today=today, new_id=new_id)
    return reviser.revise(dossier, now=now)


def applied(revision: Revision) -> Dossier:
    """The dossier as it would be read again after the revision was written."""
    old = revision.dossier
    gone = {contact.id for contact, _ in revision.withdrawn}
    contacts = [
        replace(contact, calendar=CalendarState.PUBLISHED) if contact.id in revision.confirmed else contact
        for contact in old.contacts
        if contact.id not in gone
    ]
    contacts += [
        Standing(contact_id, one.demand.id, one.demand.kind, one.channel, one.at, one.calendar)
        for contact_id, one in revision.contacts
    ]
    held = {entry.id: entry for entry in (*old.obligations, *revision.obligations)}
    wishes = {entry.id: entry for entry in (*old.wishes, *revision.wishes)}
    return replace(
        old,
        obligations=list(held.values()),
        wishes=list(wishes.values()),
        contacts=contacts,
        plan_version=revision.plan_version,
    )


def planned(dossier: Dossier) -> set[str]:
    return {contact.kind for contact in dossier.contacts}


@pytest.mark.parametrize("tier", list(Tier))
def test_revising_again_at_once_changes_nothing(tier):
    settled = applied(revise(Dossier(a_customer(), tier, BORN)))
    again = revise(settled)
    assert (again.obligations, again.wishes, again.contacts, again.withdrawn) == ([], [], [], [])
    assert again.plan_version == settled.plan_version == 1


def test_a_change_of_tier_takes_back_what_the_old_one_owed_and_plans_what_the_new_one_owes():
    before = applied(revise(Dossier(a_customer(), Tier.VIP, BORN)))
    revision = revise(replace(before, tier=Tier.POTENTIAL))
    assert planned(before) == {"deep_talk"}
    assert {reason for _, reason in revision.withdrawn} == {WithdrawnBecause.TIER_CHANGED}
    assert planned(applied(revision)) == {"value_content", "needs_survey"}
    assert all(held.state is State.WITHDRAWN for held in revision.obligations if held.tier is Tier.VIP)


def test_a_tier_left_and_entered_again_reopens_the_same_obligation():
    before = applied(revise(Dossier(a_customer(), Tier.VIP, BORN)))
    away = applied(revise(replace(before, tier=Tier.ORDINARY)))
    back = applied(revise(replace(away, tier=Tier.VIP)))
    talks = [held for held in back.obligations if held.kind == "deep_talk"]
    assert [held.id for held in talks] == [held.id for held in before.obligations]
    assert {held.state for held in talks} == {State.PLANNED}
    assert planned(back) == {"deep_talk"}


def test_an_obligation_whose_contact_lies_in_the_past_is_not_taken_back_nor_owed_twice():
    before = applied(revise(Dossier(a_customer(), Tier.VIP, BORN), now=a_moment(1)))
    after_it = before.contacts[0].at + timedelta(hours=1)
    away = applied(revise(replace(before, tier=Tier.ORDINARY), now=after_it))
    back = applied(revise(replace(away, tier=Tier.VIP), now=after_it + timedelta(hours=1)))
    november = [held for held in back.obligations if (held.kind, held.period) == ("deep_talk", before.obligations[0].period)]
    assert [held.state for held in november] == [State.PLANNED]
    assert len([contact for contact in back.contacts if contact.origin_id == november[0].id]) == 1


def test_a_refusal_moves_the_contact_to_another_channel_and_refusing_all_leaves_it_open():
    before = applied(revise(Dossier(a_customer(), Tier.ORDINARY, BORN)))
    assert {contact.channel for contact in before.contacts} == {Channel.APP}
    no_app = applied(revise(replace(before, consents=[Consent("service", Channel.APP, granted=False)])))
    assert {contact.channel for contact in no_app.contacts} == {Channel.SMS}
    nothing = applied(revise(replace(no_app, consents=[Consent("service", None, granted=False)])))
    assert nothing.contacts == []
    assert {held.reason for held in nothing.obligations if held.state is State.OPEN} >= {"channels_refused"}


def test_a_refusal_takes_back_nothing_that_lies_in_the_past():
    before = applied(revise(Dossier(a_customer(), Tier.VIP, BORN)))
    refusing = replace(before, consents=[Consent("service", None, granted=False)])
    assert revise(refusing, now=before.contacts[-1].at + timedelta(minutes=1)).withdrawn == []
    assert len(revise(refusing).withdrawn) == len(before.contacts)


def test_a_consent_given_again_brings_the_contact_back():
    refusing = applied(revise(Dossier(a_customer(), Tier.VIP, BORN, consents=[Consent("service", None, granted=False)])))
    assert refusing.contacts == []
    assert planned(applied(revise(replace(refusing, consents=[Consent("service", None, granted=True)])))) == {"deep_talk"}


def test_a_word_on_one_channel_goes_before_the_word_on_all():
    words = [Consent("service", None, granted=False), Consent("service", Channel.APP, granted=True)]
    assert ("service", Channel.APP) not in refused(words)
    assert ("service", Channel.SMS) in refused(words)


def test_an_obligation_whose_period_ended_without_a_contact_made_is_missed():
    before = applied(revise(Dossier(a_customer(), Tier.VIP, BORN)))
    december = applied(revise(before, now=a_moment(1, month=12)))
    states = {held.period: held.state for held in december.obligations}
    assert states["2026-11"] is State.MISSED
    assert "2026-12" in states


def test_a_birthday_brings_one_greeting_however_often_it_is_looked_at():
    dossier = Dossier(a_customer(), Tier.VIP, date(1980, 11, 20))
    once = applied(revise(dossier))
    twice = applied(revise(once, now=NOW + timedelta(days=1)))
    greetings = [contact for contact in twice.contacts if contact.kind == "birthday_greeting"]
    assert [contact.at.date() for contact in greetings] == [date(2026, 11, 20)]


def test_a_child_is_owed_nothing():
    revision = revise(Dossier(a_customer(), Tier.ORDINARY, date(2016, 11, 20)))
    assert (revision.obligations, revision.wishes, revision.contacts) == ([], [], [])


def test_a_tier_without_a_birth_date_waits_and_is_planned_when_the_date_arrives():
    waiting = applied(revise(Dossier(a_customer(), Tier.VIP, None)))
    assert waiting.contacts == []
    assert {held.reason for held in waiting.obligations} == {"recipient_unknown"}
    assert planned(applied(revise(replace(waiting, birth_date=BORN)))) == {"deep_talk"}


def a_flagged_contact(day: datetime, channel: Channel) -> Dossier:
    held = Held(uuid4(), "deep_talk", "2027-02", date(2027, 2, 1), date(2027, 2, 28), day.date(), State.PLANNED, Tier.VIP)
    contact = Standing(uuid4(), held.id, "deep_talk", channel, day, CalendarState.UNPUBLISHED)
    return Dossier(a_customer(), Tier.VIP, BORN, obligations=[held], contacts=[contact])


def test_contacts_on_days_without_a_calendar_are_checked_when_it_is_announced():
    """The Spring Festival of 2027 closes Monday the 8th; until that is announced it passes for a working day."""
    calendar = shipped().calendar
    announced = replace(calendar, last=date(2027, 12, 31), days_off={**calendar.days_off, date(2027, 2, 8): "春节（补假）"})
    now = datetime(2027, 1, 20, 10, tzinfo=a_moment(1).tzinfo)
    closed = a_flagged_contact(datetime(2027, 2, 8, 11, tzinfo=now.tzinfo), Channel.WECOM)
    open_day = a_flagged_contact(datetime(2027, 2, 10, 11, tzinfo=now.tzinfo), Channel.WECOM)
    assert revise(closed, now=now).withdrawn == []
    assert revise(closed, now=now, calendar=announced).withdrawn == [(closed.contacts[0], WithdrawnBecause.CALENDAR_PUBLISHED)]
    assert len(applied(revise(closed, now=now, calendar=announced)).contacts) >= 1
    assert revise(open_day, now=now, calendar=announced).confirmed == [open_day.contacts[0].id]
