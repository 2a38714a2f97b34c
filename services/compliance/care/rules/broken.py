"""What the care for older customers may refuse, each named after the broken rule."""

from contracts.values import RuleBroken


class CareStateWrong(RuleBroken):
    """The step does not follow from how far the care is."""

    rule = "care-state-wrong"
    fix = "The order is: prompt, acknowledgement, then read-back, trusted contact and second person. Read the care of the sale."


class SaleWithdrawn(RuleBroken):
    """The customer withdrew from the sale."""

    rule = "sale-withdrawn"
    fix = "Begin a new sale if the customer wants the product after all."


class CoolingOffOver(RuleBroken):
    """The hours in which the customer could withdraw here are over."""

    rule = "cooling-off-over"
    fix = "The contract's own terms decide now; cancel there."


class PromptReadTooFast(RuleBroken):
    """The answer came before the prompt could be read (art. 18: more time)."""

    rule = "older-prompt-read-too-fast"
    fix = "Give the customer the time that the answer to the prompt names, and ask again."


class NotByTheCustomer(RuleBroken):
    """Somebody else answers the prompt, or staff without a recording in which the customer says it."""

    rule = "older-prompt-not-by-customer"
    fix = "Let the customer answer, or name the recording of this sale in which they say that they understand."


class WordsMissing(RuleBroken):
    """An answer in own words without words, or a click with some."""

    rule = "own-words-missing"
    fix = "Send the customer's words with own_words, and none with click."


class UnderstandingNotShown(RuleBroken):
    """The customer's own words do not say that they understand, or say that they do not."""

    rule = "own-words-show-no-understanding"
    fix = "Explain the risk again and ask again; if the customer does not understand it, the product is not sold."


class SecondPersonTookPart(RuleBroken):
    """The second person sold, prompted or read back."""

    rule = "second-person-took-part"
    fix = "Let somebody confirm who took no part in the sale."


class StepByCustomer(RuleBroken):
    """A step of staff, done by the customer."""

    rule = "care-step-of-staff"
    fix = "Reading back, the trusted contact and the second person are the bank's to do."


class CareStepOutOfTime(RuleBroken):
    """The step would lie before the one that it follows."""

    rule = "care-step-out-of-time"
    fix = "Check the service's clock; the steps of the care never go back in time."


class OnlineWithoutCustomer(RuleBroken):
    """Staff show the prompt of an online sale, which would leave out what a branch owes."""

    rule = "care-channel-wrong"
    fix = "Say branch where staff take part; online is for sales that customers make by themselves."
