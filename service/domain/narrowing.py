"""Whether all of an answer is about one case that the question names, or about the cases of one page. Row-level
security then looks at these instead of all my cases (docs/decisions/0010-one-case-one-look.md, and
0086-a-page-and-its-cases.md).

Where this is wrong, rows are missing and none is shown too many: the setting narrows, it opens nothing.

What is encrypted is read one case at a time (settled: Access)."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from service.domain.encrypting import places_in
from service.domain.errors import DomainError, Kind
from service.domain.rows import SECURED
from service.domain.rows import Shape as Held
from service.domain.selection import Constant, Listing, Nested, Rows, Selection, Shape, Single, Site
from service.domain.views import Many, One, View

MOVED = ("representation",)  # one that ended as somebody was moved out of the wrong case still names whoever was


@dataclass(eq=False)
class OneCaseAtATime(DomainError):
    kind, code, title = Kind.INVALID, "one-case-at-a-time", "What is encrypted is read one case at a time."
    advice = (
        "Narrow the list by one of `narrow_by`, or read one row by its id. In GraphQL, ask for one such row or list in "
        "a request, or leave these texts out: lists that do not show them need no narrowing."
    )
    narrow_by: list[str]


def refuse_many_cases(show: Selection, said: Callable[[str], str]) -> None:
    """Raises OneCaseAtATime where encrypted texts of several cases could be in one answer. Below a root all is of the
    case that the root is of. `said`: what the face calls a filter."""
    roots = [shape for key, shape in show.items() if places_in({key: shape})]
    for root in roots:
        assert isinstance(root, Single | Listing)
        view = root.view
        cases = {view.subject, "case_id"} & set(view.filters)
        several = isinstance(root, Listing) and not cases & set(view.narrowing(root.arguments))
        if several or len(roots) > 1:
            raise OneCaseAtATime(narrow_by=sorted(said(name) for name in cases if name))


def only_case(show: Selection) -> Site | None:
    """The only root, if its argument of the name of its view's subject says which case everything is of."""
    match _roots(show):
        case [Single() | Listing() as root] if root.view.subject and _stays(root.view, root.show, True):
            return root if root.arguments.where.get(root.view.subject) is not None else None
    return None


def only_page(show: Selection) -> Listing | None:
    """The only root, if it is a list of cases that nothing narrows, and everything is of the cases on its page."""
    match _roots(show):
        case [Listing() as root] if is_case(root.view) and _stays(root.view, root.show, True, MOVED):
            return None if root.view.sought or root.view.narrowing(root.arguments) else root
    return None


def _roots(show: Selection) -> list[Shape]:
    return [shape for shape in show.values() if not isinstance(shape, Constant)]


def _stays(view: View, show: Selection, within: bool, without: Collection[str] = ()) -> bool:
    """`within`: the view's rows are of that case. Content of a case below rows that need not be could be of another.
    `without`: tables whose rows may name others of another case."""
    for site in _sites(show):
        still = within and site.link is not None and leads_within(view, site.link, site.view)
        still = still and view.table.name not in without
        if (is_content(site.view) and not still) or not _stays(site.view, site.show, still, without):
            return False
    return True


def _sites(show: Selection) -> Iterator[Site]:
    for shape in show.values():
        match shape:
            case Single() | Listing():
                yield shape
            case Nested(below) | Rows(below):
                yield from _sites(below)


def leads_within(here: View, link: One | Many, there: View) -> bool:
    """By the column that names the case; or by a key from content to content, which is of one case (a test looks).
    A condition in code is not followed."""
    if not isinstance(link.via, str) or here.subject is None or there.subject is None:
        return False
    if is_case(there):
        return isinstance(link, One) and link.via == here.subject
    if is_case(here):
        return isinstance(link, Many) and link.via == there.subject
    return is_content(here) and is_content(there)


def is_content(view: View) -> bool:
    """A view of the database that tells about cases reads from tables that are."""
    held = SECURED.get(view.table)
    return view.subject is not None if held is None else held[0] in (Held.CASE, Held.CODE)


def is_case(view: View) -> bool:
    return SECURED.get(view.table) == (Held.CASE, "id")
