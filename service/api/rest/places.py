"""Where social spaces lie, over REST: which one holds a place, and all of them as a layer for maps (RFC 7946)."""

import inspect
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.api.body import errors_of, json_of
from service.api.recent import Recent
from service.api.rest.reading import Plans, answered, caching, tagged
from service.api.rest.route import (
    ASKED,
    IT,
    JSON,
    ROUTES,
    Documented,
    asked,
    page_model,
    page_of_model,
    parameters_of,
    shown_model,
    whole,
    with_relations,
)
from service.api.serving import Serving, language_of, require_media_type
from service.domain.act import Command
from service.domain.errors import InvalidInput, Malformed, TooLarge, UnsupportedMediaType
from service.domain.reading import Statement
from service.domain.selection import Constant, Face, Fact, Listing, Nested, Rows, Selection, Single, Site, Value
from service.domain.spaces.locating import (
    CoordinatesOutOfRange,
    CoordinatesSwapped,
    LocatedSocialSpaceView,
    SocialSpaceAreaView,
)
from service.domain.spaces.views import MunicipalityView, RegionView
from service.domain.values import AnyDay, Language
from service.domain.views import LARGEST_PAGE, VIEWS, Arguments, Many, One, View

GEOJSON = "application/geo+json"
_START = len(IT) + 4
_PLACE: dict[str, Any] = {"longitude": 0.0, "latitude": 0.0, "on": None}


class Place(Command):
    """Somewhere, and on which day. It is looked up and written down nowhere: not in a log, nor in the record."""

    longitude: float = Field(strict=True, allow_inf_nan=False, description="Degrees east (WGS 84); comes first.")
    latitude: float = Field(strict=True, allow_inf_nan=False, description="Degrees north (WGS 84); comes second.")
    on: AnyDay | None = Field(None, description="Today, if left out.")


class LayerParameters(BaseModel):
    """Which day a layer is of."""

    model_config = ConfigDict(extra="forbid")

    on: AnyDay | None = Field(None, description="Today, if left out.")


class Outline(BaseModel):
    """What is within, and its holes (RFC 7946, 3.1.6 and 3.1.7)."""

    type: Literal["Polygon", "MultiPolygon"] = Field(description="Whether it is in one piece, or in several.")
    bbox: list[float] = Field(description="West, south, east, north.")
    coordinates: list[Any] = Field(description="Rings of positions; of a MultiPolygon, polygons of such rings.")


class Feature(BaseModel):
    """A social space on a map; its properties say how sure its border is, and who is to be credited."""

    type: Literal["Feature"] = Field(description="What GeoJSON calls this.")
    id: UUID
    properties: dict[str, Any] = Field(description="Of the social space and its border.")
    geometry: Outline


class FeatureCollection(BaseModel):
    """A layer of a map (RFC 7946): longitude before latitude, in degrees (WGS 84)."""

    type: Literal["FeatureCollection"] = Field(description="What GeoJSON calls this.")
    bbox: list[float] = Field(
        default_factory=list, description="West, south, east, north; absent where there is nothing."
    )
    features: list[Feature]


def located(path: str, *, name: str, tag: str) -> None:
    """POST a place, and get the social spaces that hold it."""
    view = VIEWS[LocatedSocialSpaceView]
    plans: Plans = Recent(20)

    async def serve(serving: Serving, request: Request) -> Response:
        desk = await serving.desk(request)
        require_media_type(request, JSON)
        try:
            place = Place.model_validate(await json_of(request))
        except ValidationError as error:
            raise InvalidInput(errors=errors_of(error)) from None
        language = language_of(request)
        arguments = Arguments(LARGEST_PAGE, where=place.model_dump())
        plan, site = plans.get((arguments.shape, language), lambda: made(language))
        answer = await desk.read(plan, {site: arguments})
        # A place is not for caches, whoever asks.
        headers = {"cache-control": "no-store", "content-language": language.value}
        return Response(answer.body[_START:-1], headers=headers, media_type=JSON)

    def made(language: Language) -> Any:
        page: Selection = {"items": Rows({**whole(view), **_around(view)}), "next": Fact("next")}
        site = Listing(view, page, Arguments(LARGEST_PAGE, where=_PLACE))
        return Statement(Face.REST, language).plan({IT: site}), site

    def answers() -> Any:
        region, municipalities = shown_model(VIEWS[RegionView]), page_model(VIEWS[MunicipalityView])
        types = {"region": region | None, "municipalities": municipalities}
        return page_of_model(with_relations(view, types), view.name)

    said = Annotated[Place, Body(media_type=JSON)]
    ROUTES.append(
        Documented(
            "POST",
            path,
            serve,
            name=name,
            description=view.description,
            tag=tag,
            answers=answers,
            refusals=(
                *(InvalidInput, CoordinatesSwapped, CoordinatesOutOfRange),
                *(Malformed, TooLarge, UnsupportedMediaType),
            ),
            parameters=lambda: {"place": inspect.Parameter("place", inspect.Parameter.KEYWORD_ONLY, annotation=said)},
            public=True,
        )
    )


def _around(view: View) -> dict[str, Site]:
    region, municipalities = view.relations["region"], view.relations["municipalities"]
    assert isinstance(region.kind, One)
    assert isinstance(municipalities.kind, Many)
    page: Selection = {"items": Rows(whole(municipalities.target)), "next": Fact("next")}
    return {
        "region": Single(region.target, whole(region.target), region.kind),
        "municipalities": Listing(municipalities.target, page, Arguments(LARGEST_PAGE), municipalities.kind),
    }


def layer(path: str, *, name: str, tag: str) -> None:
    """GET all social spaces' outlines as one GeoJSON document."""
    view = VIEWS[SocialSpaceAreaView]
    plans: Plans = Recent(20)

    async def serve(serving: Serving, request: Request) -> Response:
        desk = await serving.desk(request)
        on, language = parameters_of(LayerParameters, request).on, language_of(request)
        features: list[Any] = []
        after: str | None = None
        while True:  # a county has fewer social spaces than a page has room
            arguments = Arguments(LARGEST_PAGE, after, where={"on": on})
            shape = arguments.shape, language
            plan, site = plans.get(shape, lambda arguments=arguments: made(arguments, language))  # type: ignore[misc]
            page = orjson.loads((await desk.read(plan, {site: arguments})).body)[IT]
            features += page["features"]
            after = page["next"]
            if after is None:
                break
        body = orjson.dumps({"type": "FeatureCollection", **_bounds(features), "features": features})
        return answered(request, body, caching(view, body), language, GEOJSON)

    def made(arguments: Arguments, language: Language) -> Any:
        columns = view.columns
        told = ("social_space_id", "name", "on", "approximate", "source", "valid_from", "valid_to")
        feature: Selection = {
            "type": Constant("Feature"),
            "id": Value(columns["social_space_id"]),
            "properties": Nested({each: Value(columns[each]) for each in told}),
            "geometry": Value(columns["geometry"]),
        }
        site = Listing(view, {"features": Rows(feature), "next": Fact("next")}, arguments)
        return Statement(Face.REST, language).plan({IT: site}), site

    ROUTES.append(
        Documented(
            "GET",
            path,
            serve,
            name=name,
            description=" ".join((FeatureCollection.__doc__ or "").split()),
            tag=tag,
            answers=lambda: FeatureCollection,
            refusals=(InvalidInput,),
            parameters=lambda: {ASKED: asked(LayerParameters)},
            public=True,
            headers=tagged(view),
            media_type=GEOJSON,
        )
    )


def _bounds(features: list[Any]) -> dict[str, list[float]]:
    boxes = [each["geometry"]["bbox"] for each in features]
    if not boxes:
        return {}
    west, south, east, north = zip(*boxes, strict=True)
    return {"bbox": [min(west), min(south), max(east), max(north)]}
