"""The use cases of the case desk (H19).

- `opening.open_case`: a need becomes a case with a 72-hour clock, and gets its team
- `staffing.staff_case`, `staffing.retry_unstaffed`: the team is chosen, or the case waits in the open
- `work.hand_in`, `work.deliver`, `work.close`, `work.escalate`: the steps of a team
- `directory.put_staff`: the staff directory
"""
