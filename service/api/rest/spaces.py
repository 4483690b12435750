"""Territory over REST, for everybody."""

from service.api.rest.performing import performed
from service.api.rest.places import layer, located
from service.api.rest.reading import listed, page_of, single
from service.domain.spaces import changing as do
from service.domain.spaces.founding import add_region
from service.domain.spaces.locating import SocialSpaceAreaView
from service.domain.spaces.recutting import recut_regions
from service.domain.spaces.views import (
    AuthorityView,
    MunicipalityView,
    RegionChangeView,
    RegionMembershipView,
    RegionSuccessionView,
    RegionView,
    SocialSpaceChangeView,
    SocialSpaceShareView,
    SocialSpaceSuccessionView,
    SocialSpaceView,
    TerritoryLevelView,
)

TAG = "Territory"

listed(AuthorityView, "/authorities", name="list_authorities", tag=TAG)
single(AuthorityView, "/authorities/{authority_id}", name="read_authority", tag=TAG)
listed(TerritoryLevelView, "/territory-levels", name="list_territory_levels", tag=TAG)
single(TerritoryLevelView, "/territory-levels/{territory_level_id}", name="read_territory_level", tag=TAG)
listed(RegionView, "/regions", name="list_regions", tag=TAG)
single(RegionView, "/regions/{region_id}", name="read_region", tag=TAG)
listed(SocialSpaceView, "/social-spaces", name="list_social_spaces", tag=TAG)
single(
    SocialSpaceView,
    "/social-spaces/{social_space_id}",
    name="read_social_space",
    tag=TAG,
    embedded=page_of(SocialSpaceView, "neighbours"),
)
located("/social-spaces/lookup", name="look_up_social_space", tag=TAG)
listed(SocialSpaceAreaView, "/social-space-areas", name="list_social_space_areas", tag=TAG)
layer("/layers/social-spaces.geojson", name="social_space_layer", tag=TAG)
listed(MunicipalityView, "/municipalities", name="list_municipalities", tag=TAG)
single(MunicipalityView, "/municipalities/{municipality_id}", name="read_municipality", tag=TAG)
listed(RegionMembershipView, "/region-memberships", name="list_region_memberships", tag=TAG)
listed(SocialSpaceShareView, "/social-space-shares", name="list_social_space_shares", tag=TAG)
listed(SocialSpaceChangeView, "/social-space-changes", name="list_social_space_changes", tag=TAG)
single(
    SocialSpaceChangeView,
    "/social-space-changes/{social_space_change_id}",
    name="read_social_space_change",
    tag=TAG,
    embedded=page_of(SocialSpaceChangeView, "successions"),
)
listed(SocialSpaceSuccessionView, "/social-space-successions", name="list_social_space_successions", tag=TAG)
listed(RegionChangeView, "/region-changes", name="list_region_changes", tag=TAG)
single(
    RegionChangeView,
    "/region-changes/{region_change_id}",
    name="read_region_change",
    tag=TAG,
    embedded=page_of(RegionChangeView, "successions"),
)
listed(RegionSuccessionView, "/region-successions", name="list_region_successions", tag=TAG)

performed(add_region, "POST", "/regions", tag=TAG)
performed(recut_regions, "POST", "/regions/recut", tag=TAG)
performed(do.merge_social_spaces, "POST", "/social-spaces/merge", tag=TAG)
performed(do.split_social_space, "POST", "/social-spaces/split", tag=TAG)
