"""Questions whether a family is known: one that was, and one to protect a child, of a family that was not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from service.demo.identity import demo_id
from service.demo.people import PEOPLE
from service.domain.cases.known import FamilyInquiry, InquiryPurpose


def inquiries(today: date) -> Iterator[FamilyInquiry]:
    for number, (who, purpose, because, known) in enumerate(
        (
            ("case_worker", InquiryPurpose.CASE_WORK, "Die Schule hat angerufen.", True),
            ("second_case_worker", InquiryPurpose.PROTECTION, "Meldung eines Nachbarn.", False),
        )
    ):
        yield FamilyInquiry(
            id=demo_id("family_inquiry", str(number)),
            authority_id=PEOPLE[who].authority_id,
            actor_id=PEOPLE[who].actor_id,
            purpose=purpose.value,
            because=because,
            known=known,
            asked_at=datetime.combine(today - timedelta(days=9 - number), time(9, 20), UTC),
        )
