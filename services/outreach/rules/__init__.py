"""Pure decisions of outreach: cadence, calendar, budget, opening, planning, revision. No clock, no I/O."""
