"""A table is mapped for writing when it is first written or loaded. What is read is compiled from tables alone, and a
process writes few of them: to map all of them takes a sixth of its start."""

from threading import RLock
from typing import Any

from sqlalchemy import inspection
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.base import _inspect_mapped_class
from sqlalchemy.orm.decl_base import _DeferredDeclarativeConfig
from sqlmodel import SQLModel
from sqlmodel.main import SQLModelMetaclass

_mapping = RLock()
_made = SQLModel.__new__


@inspection._inspects(SQLModelMetaclass)
def mapped(model: type[Any]) -> "Mapper[Any] | None":
    """Asked for by SQLAlchemy of whatever is selected or got."""
    with _mapping:  # whoever comes second waits until it is whole
        if _DeferredDeclarativeConfig.has_cls(model):
            _DeferredDeclarativeConfig.config_for_cls(model).map()
    return _inspect_mapped_class(model)


def _mapped_first(cls: type[Any], *given: Any, **named: Any) -> Any:
    mapped(cls)
    return _made(cls, *given, **named)


SQLModel.__new__ = _mapped_first  # type: ignore[method-assign]
SQLModel._sa_decl_prepare = True  # how SQLAlchemy is told to wait with a class, by its own DeferredReflection, too
