"""How authorities divide their territory unless they say otherwise: a county in regions, a city in districts."""

from collections.abc import Iterator
from uuid import UUID

from service.domain.access.model import AuthorityKind
from service.domain.spaces.model import Level, TerritoryLevel
from service.domain.values import Language
from service.domain.words import Saying, saying

USUAL: dict[AuthorityKind, dict[Level, Saying]] = {
    AuthorityKind.DISTRICT_COUNTY: {
        Level.REGION: saying("Planungs- und Gestaltungsraum", "planning and design space", "Region"),
        Level.SOCIAL_SPACE: saying("Sozialraum", "social space", "Sozial-Raum"),
        Level.MUNICIPALITY: saying("Gemeinde", "municipality", "Gemeinde"),
    },
    AuthorityKind.CITY: {Level.SOCIAL_SPACE: saying("Stadtbezirk", "city district", "Stadt-Teil")},
}


def usual_levels(authority_id: UUID, kind: AuthorityKind) -> Iterator[TerritoryLevel]:
    for position, (level, names) in enumerate(USUAL[kind].items(), 1):
        yield TerritoryLevel(
            authority_id=authority_id,
            level=level.value,
            position=position,
            name_de=names[Language.DE],
            name_en=names[Language.EN],
            name_de_simple=names[Language.DE_SIMPLE],
        )
