"""Territory over REST, for everybody."""

from service.api.rest.places import layer, located
from service.api.rest.reading import listed, page_of, single
from service.domain.spaces.locating import SocialSpaceAreaView
from service.domain.spaces.views import AuthorityView, MunicipalityView, RegionView, SocialSpaceView

TAG = "Territory"

listed(AuthorityView, "/authorities", name="list_authorities", tag=TAG)
single(AuthorityView, "/authorities/{authority_id}", name="read_authority", tag=TAG)
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
