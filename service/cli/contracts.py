import json
import sys
from typing import Annotated

import typer


def contracts(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say what is out of date.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Write `openapi/` from the code: the OpenAPI document, the GraphQL schema, the access matrix and the errors."""
    from service.api.contracts import differing, write

    changed = differing() if check else write()
    if json_:
        print(json.dumps({"changed": changed, "written": not check}))
    elif check and changed:
        print(
            f"Out of date: {', '.join(changed)}. Run `sozialraum contracts` and look at the difference.",
            file=sys.stderr,
        )
    else:
        print(f"Written: {', '.join(changed)}." if changed else "Up to date.")
    raise typer.Exit(1 if check and changed else 0)
