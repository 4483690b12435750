"""Figures over REST: of any day for those who work with the money, and as released for everybody."""

from service.api.rest.package import packaged
from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.budgets.figures import (
    BudgetFigureView,
    FigureReleaseView,
    ReleasedAmountView,
    ReleasedFigureView,
)
from service.domain.budgets.origins import FigurePartView, FigurePostingView
from service.domain.budgets.releases import release_figures

TAG = "Budget figures"

listed(BudgetFigureView, "/budget-figures", name="list_budget_figures", tag=TAG)
listed(FigurePartView, "/figure-parts", name="list_figure_parts", tag=TAG)
listed(FigurePostingView, "/figure-postings", name="list_figure_postings", tag=TAG)
listed(ReleasedFigureView, "/released-figures", name="list_released_figures", tag=TAG)
listed(ReleasedAmountView, "/released-amounts", name="list_released_amounts", tag=TAG)
listed(FigureReleaseView, "/figure-releases", name="list_figure_releases", tag=TAG)
single(FigureReleaseView, "/figure-releases/{figure_release_id}", name="read_figure_release", tag=TAG)
packaged("/figure-releases/{figure_release_id}/package", name="read_figure_package", tag=TAG)

performed(release_figures, "POST", "/figure-releases", tag=TAG)
