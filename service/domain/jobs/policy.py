"""Who sees and steers long work: those whose work it is. All that is done so far is the controllers'."""

from service.domain.policy import Action, Role, holding_throughout

READ_JOB = holding_throughout(Role.CONTROLLER, Role.AUDITOR)

CANCEL = Action("job.cancel", holding_throughout(Role.CONTROLLER))
RESUME = Action("job.resume", holding_throughout(Role.CONTROLLER))
