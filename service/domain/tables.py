"""All tables, and all that can be read and done: importing this declares them."""

import service.domain.access.operations
import service.domain.assignments.operations
import service.domain.assignments.parting
import service.domain.assignments.uniting
import service.domain.assignments.withdrawing
import service.domain.budgets.agreements
import service.domain.budgets.allocating
import service.domain.budgets.concentration
import service.domain.budgets.exporting
import service.domain.budgets.forecasting
import service.domain.budgets.foreseeing
import service.domain.budgets.frames
import service.domain.budgets.imports.checking
import service.domain.budgets.imports.posting
import service.domain.budgets.invoicing
import service.domain.budgets.long_work
import service.domain.budgets.network
import service.domain.budgets.origins
import service.domain.budgets.paying
import service.domain.budgets.positions
import service.domain.budgets.procedures
import service.domain.budgets.releases
import service.domain.budgets.rules
import service.domain.budgets.settling
import service.domain.budgets.spending
import service.domain.budgets.terms
import service.domain.budgets.transferring
import service.domain.budgets.underspending
import service.domain.budgets.valuing
import service.domain.budgets.without_case
import service.domain.budgets.working_out
import service.domain.cases.access
import service.domain.cases.asking
import service.domain.cases.auditing
import service.domain.cases.completing
import service.domain.cases.correcting
import service.domain.cases.disagreeing
import service.domain.cases.handing_over
import service.domain.cases.leading
import service.domain.cases.leaving
import service.domain.cases.linking
import service.domain.cases.offering
import service.domain.cases.one_person
import service.domain.cases.operations
import service.domain.cases.picturing
import service.domain.cases.planning
import service.domain.cases.recognising
import service.domain.cases.representing
import service.domain.cases.siblings
import service.domain.cases.standing_in
import service.domain.cases.suggesting
import service.domain.cases.ticking_off
import service.domain.cases.withdrawals
import service.domain.consultations.appointments
import service.domain.consultations.calendars
import service.domain.consultations.consulting
import service.domain.consultations.family_time
import service.domain.consultations.following
import service.domain.consultations.methods
import service.domain.consultations.results
import service.domain.consultations.sketching
import service.domain.decisions.activating
import service.domain.decisions.deciding
import service.domain.decisions.due
import service.domain.decisions.official
import service.domain.decisions.sources
import service.domain.dialogues.announcing
import service.domain.dialogues.measures
import service.domain.events
import service.domain.jobs.operations
import service.domain.protection.operations
import service.domain.receipts
import service.domain.spaces.founding
import service.domain.spaces.locating
import service.domain.spaces.recutting
import service.domain.steering.incentives
import service.domain.teams.operations
import service.domain.teams.reaching  # noqa: F401
from service.domain.cases import disagreeing
from service.domain.explaining import attach

disagreeing.attach()
attach()
