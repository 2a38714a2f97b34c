"""The codes that records may hold, as documented for imports; one place for schemas, validation and tables."""

SEXES = ("f", "m")
ID_TYPES = ("resident_id", "passport", "hk_macau_permit", "taiwan_permit", "none")
OCCUPATIONS = ("student", "employee", "executive", "self_employed", "farmer", "public", "retired", "none")
DIRECTIONS = ("credit", "debit")
TRANSACTION_KINDS = (
    "salary",
    "pension",
    "interest",
    "fee",
    "transfer",
    "card",
    "cash",
    "purchase",
    "redemption",
    "loan_payment",
    "bill",
    "insurance_premium",
    "other",
)
CHANNELS = ("app", "branch", "atm", "card", "counter", "online", "standing_order")
BEHAVIOUR_KINDS = ("login", "rate_lookup", "product_view", "content_view")
FACTS_WITH_DAY = ("child_birth_date", "business_founded_on")
"""Facts whose value is a day that measures and signals reckon with."""
IDENTITY_FIELDS = ("name", "id_number", "phone", "email", "address")
"""Fields of a customer that are stored encrypted only."""
SPOKEN_SOURCES = ("app", "branch_form", "phone_recording", "wecom", "video_recording")
"""Where a customer's word came from."""
CONSENT_SOURCES = (*SPOKEN_SOURCES, "unrecorded", "merge", "legal_hold", "erasure")
"""And what else is in the record: words from before sources were kept, and stops that we ourselves added."""
DUPLICATE_CAUSES = ("identity_number", "phone_and_birth_date")
DISMISSALS = ("relatives", "shared_phone", "other_person", "data_error")
"""Why two records are two persons."""
REVEALABLE = (*IDENTITY_FIELDS, "cards")
