"""Which kind of thing an audit entry tells of: by the views that were read, or what was done to it."""

from enum import StrEnum


class Way(StrEnum):
    """What somebody did: read, changed or added something, or was refused."""

    READ = "read"  # looked at it, and changed nothing
    CHANGED = "changed"  # changed something, or added it
    REFUSED = "refused"  # tried to, and was not let


class Topic(StrEnum):
    """A kind of thing in a case."""

    ACCESS = "access"  # who gets into the case, and on what basis
    ARRANGEMENT = "arrangement"  # who contributes what, decisions, reviews
    ASSIGNMENTS = "assignments"  # what providers are asked to do, and what they report
    CALENDAR = "calendar"  # appointments, fetched by somebody's calendar
    CASE = "case"  # the case itself: its title, its state, whom to turn to
    CONSULTATIONS = "consultations"  # consultations, and what is said in them
    GOALS = "goals"  # what somebody wants to reach
    MONEY = "money"  # what support costs
    PEOPLE = "people"  # who belongs to the case
    PROTECTION = "protection"  # child protection
    RECORD = "record"  # the record of who looked
    SKETCH = "sketch"  # the case without names, for a consultation
    STEPS = "steps"  # who does what, until when
    WORDS = "words"  # answers, and what else people have said


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
