"""Who plans, applies and decides (facts, section 5). Only whoever leads a case for the public agency decides: members
of a provider have no vote in it (DR1), and management sees sketches."""

from service.domain.policy import Action, Basis, Part, involved

READ = involved(Part.ARRANGEMENT)
LEADING = involved(Part.ARRANGEMENT, Basis.ASSIGNMENT)
FAMILY = involved(Part.ARRANGEMENT, Basis.SELF, Basis.REPRESENTATION)
READ_REASONS = LEADING | FAMILY | involved(Part.ARRANGEMENT, Basis.AUDIT)

DRAFT = Action("arrangement.draft", involved(Part.ARRANGEMENT, Basis.ASSIGNMENT, case="id"))
ADD_ELEMENT = Action("element.add", LEADING)
CHANGE_ELEMENT = Action("element.change", LEADING)
START_ELEMENT = Action("element.start", LEADING)
APPLY = Action("element.apply", LEADING | FAMILY)
DECIDE = Action("element.decide", LEADING)
END_ELEMENT = Action("element.end", LEADING)
