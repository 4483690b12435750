"""What the contract lets through, the field it stands at takes: by its pattern, its lengths and its examples."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

import service.domain.tables  # noqa: F401 (everything that can be done)
from service.domain.act import OPERATIONS

SCHEMAS = orjson.loads(Path("openapi/openapi.json").read_bytes())["components"]["schemas"]
EXPECTED = 12  # kinds of texts with a pattern, at least


def fields(model: type[BaseModel]) -> Iterator[tuple[dict[str, Any], FieldInfo]]:
    for name, info in model.model_fields.items():
        said = SCHEMAS[model.__name__]["properties"][name]
        for each in said.get("anyOf", [said]):
            if each.get("type") == "string" and "pattern" in each and "format" not in each:
                yield each, info


def kinds() -> dict[str, tuple[dict[str, Any], FieldInfo]]:
    """One field for each way of saying what is taken."""
    found = {}
    for operation in OPERATIONS.values():
        if operation.command is not None and operation.command.__name__ in SCHEMAS:
            for said, info in fields(operation.command):
                key = {name: said[name] for name in ("pattern", "minLength", "maxLength") if name in said}
                found[f"{key} {info.annotation} {info.metadata}"] = (said, info)
    return found


KINDS = kinds()


def test_there_are_some() -> None:
    assert len(KINDS) >= EXPECTED


@pytest.mark.parametrize(("said", "info"), KINDS.values(), ids=range(len(KINDS)))
@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_text_that_fits_the_pattern_fits_the_field(
    said: dict[str, Any], info: FieldInfo, data: st.DataObject
) -> None:
    field: Any = Annotated[info.annotation, info]
    taking: TypeAdapter[Any] = TypeAdapter(field)
    for example in said.get("examples", ()):
        taking.validate_python(example)
    text = data.draw(
        st.from_regex(said["pattern"].removesuffix("$") + r"\Z", alphabet=st.characters(exclude_categories=["Cs"]))
        .map(lambda found: found[: said["maxLength"]])
        .filter(lambda found: len(found) >= said.get("minLength", 0))
        .filter(lambda found: fits(said["pattern"], found))
    )
    taking.validate_python(text)


def fits(pattern: str, text: str) -> bool:
    """As ECMA has it, and JSON Schema: `$` is the end, and no line break stands behind it."""
    return re.search(pattern.removesuffix("$") + r"\Z", text) is not None
