"""Which kind of thing an audit entry tells of: by the views that were read, or what was done to it."""

from enum import StrEnum


class Way(StrEnum):
    """What somebody did: read, changed or added something, or was refused."""

    READ = "read"
    CHANGED = "changed"
    REFUSED = "refused"


class Topic(StrEnum):
    """A kind of thing in a case."""

    ACCESS = "access"
    ARRANGEMENT = "arrangement"
    ASSIGNMENTS = "assignments"
    CALENDAR = "calendar"
    CASE = "case"
    CONSULTATIONS = "consultations"
    GOALS = "goals"
    MONEY = "money"
    PEOPLE = "people"
    PROTECTION = "protection"
    RECORD = "record"
    SKETCH = "sketch"
    STEPS = "steps"
    WORDS = "words"


CALENDAR = "Calendar"
"""What stands in the record for the views that a calendar reads. It fetches many times a day, unasked: its looks at a
case are one a day (`0061_calendars.sql`)."""

LOOKING = ("family.ask",)
"""Actions that change nothing: whoever does this only reads."""

# Names of views, and first words of actions.
TOPIC_OF = {
    **dict.fromkeys(
        ("CaseAccess", "AuditRequest", "case_access", "audit_access", "enrolment", "trusted_person"), Topic.ACCESS
    ),
    **dict.fromkeys(
        (
            *("Arrangement", "Element", "ElementChange", "ArrangementMix", "CostShare", "Decision", "Review"),
            *("SettingChange", "Perspective", "arrangement", "element", "review", "setting", "perspective"),
        ),
        Topic.ARRANGEMENT,
    ),
    **dict.fromkeys(("Assignment", "ProviderRecord", "Delivery", "assignment", "note", "progress"), Topic.ASSIGNMENTS),
    CALENDAR: Topic.CALENDAR,
    **dict.fromkeys(
        (
            "Appointment",
            "Case",
            "CaseContact",
            "Change",
            "DueItem",
            "Handover",
            "ConfidentialCounselling",
            "SiblingLink",
            "SituationEntry",
            "Withdrawal",
            "case",
            "handover",
            "confidentiality",
            "siblings",
            "situation",
        ),
        Topic.CASE,
    ),
    **dict.fromkeys(
        (
            "Consultation",
            "ConsultationEntry",
            "ConsultationParticipant",
            "ConsultationSketch",
            "Idea",
            "FamilyDraft",
            "FamilyPlan",
        ),
        Topic.CONSULTATIONS,
    ),
    **dict.fromkeys(("consultation", "family_plan", "family_time"), Topic.CONSULTATIONS),
    **dict.fromkeys(("Goal", "goal"), Topic.GOALS),
    **dict.fromkeys(
        (
            *("Commitment", "ForeseenCommitment", "Booking", "InvoicePayment", "ServiceRecord", "FigurePosting"),
            *("commitment", "foreseen_commitment", "booking", "booking_import", "invoice", "service_record"),
        ),
        Topic.MONEY,
    ),
    **dict.fromkeys(("Participant", "Representation", "FamilyInquiry", "participant", "family"), Topic.PEOPLE),
    **dict.fromkeys(
        (
            *("EndangermentAssessment", "EndangermentOutline", "EndangermentReport", "EndangermentJudgement"),
            *("EndangermentMember", "SafetyPlan", "endangerment"),
        ),
        Topic.PROTECTION,
    ),
    **dict.fromkeys(("Look", "AuditEntry"), Topic.RECORD),
    **dict.fromkeys(("CaseSketch",), Topic.SKETCH),
    **dict.fromkeys(("Step", "NextStep", "TickOff", "step"), Topic.STEPS),
    **dict.fromkeys(("Answer", "Question", "Suggestion", "LifeRating", "question", "life"), Topic.WORDS),
    **dict.fromkeys(("Offer", "Disagreement", "offer", "text"), Topic.WORDS),
}
