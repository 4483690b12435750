"""Social-space teams: who works together for a social space, across the agency and the providers."""
