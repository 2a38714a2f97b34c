"""What a record stands for: a customer, one that went into another, or nobody any more. Pure: names of the refusals."""

from contracts.values import RuleBroken


class CustomerUnknown(RuleBroken):
    """There is no such customer."""

    rule = "customer-unknown"
    fix = "Use the id that registering or searching gave."


class CustomerMerged(RuleBroken):
    """The record was one of two of the same person, and went into the other."""

    rule = "customer-merged"
    fix = "Follow Location: it names the record that survived."


class CustomerForgotten(RuleBroken):
    """The customer's identity was erased (PIPL art. 47)."""

    rule = "customer-forgotten"
    fix = "Nothing can be read or done: the person's keys were destroyed."


class CustomerRestricted(RuleBroken):
    """The customer asked to be forgotten while the law keeps the record: only storage and protection go on (PIPL art. 47)."""

    rule = "customer-restricted"
    fix = "Nothing can be agreed to any more; the record is erased on the day that GET …/erasure names."
