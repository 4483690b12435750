"""Who changes the territory: administrators of the whole authority. It gives nobody a right, and takes none."""

from service.domain.policy import Action, Role, holding_throughout

ADD_REGION = Action("region.add", holding_throughout(Role.ADMINISTRATOR, authority="id"))
RECUT_REGIONS = Action("region.recut", holding_throughout(Role.ADMINISTRATOR, authority="id"))
MERGE_SPACES = Action("social_space.merge", holding_throughout(Role.ADMINISTRATOR, authority="id"))
SPLIT_SPACE = Action("social_space.split", holding_throughout(Role.ADMINISTRATOR))
