"""Territory over REST, for everybody."""

from service.api.rest.reading import listed, single
from service.domain.spaces.views import AuthorityView, MunicipalityView, RegionView, SocialSpaceView

TAG = "Territory"

listed(AuthorityView, "/authorities", name="list_authorities", tag=TAG)
single(AuthorityView, "/authorities/{authority_id}", name="read_authority", tag=TAG)
listed(RegionView, "/regions", name="list_regions", tag=TAG)
single(RegionView, "/regions/{region_id}", name="read_region", tag=TAG)
listed(SocialSpaceView, "/social-spaces", name="list_social_spaces", tag=TAG)
single(SocialSpaceView, "/social-spaces/{social_space_id}", name="read_social_space", tag=TAG)
listed(MunicipalityView, "/municipalities", name="list_municipalities", tag=TAG)
single(MunicipalityView, "/municipalities/{municipality_id}", name="read_municipality", tag=TAG)
