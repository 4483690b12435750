# Debian, not Alpine: PostgreSQL's and cryptography's wheels need glibc. The embedded PostgreSQL stays outside.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv .venv
COPY requirements/run.txt requirements/
RUN .venv/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml ./
COPY service service
COPY migrations migrations
COPY openapi/openapi.json openapi/schema.graphql openapi/
RUN .venv/bin/pip install --no-deps --no-build-isolation -e . && .venv/bin/python -m compileall -q service migrations

FROM python:3.13-slim
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SOZIALRAUM_HOST=0.0.0.0 \
    SOZIALRAUM_HOME=/tmp/sozialraum
WORKDIR /app
COPY --from=build /app /app
# A volume that is new takes the owner of what it is mounted over: the worker appends the signed heads there.
RUN mkdir /heads && chown 10001:10001 /heads
USER 10001:10001
EXPOSE 8000 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"SOZIALRAUM_PORT\", 8000)}/livez', timeout=2)"]
STOPSIGNAL SIGTERM
# Needs DATABASE_URL and SOZIALRAUM_DATA_KEYS, and for its worker SOZIALRAUM_SEAL_KEY and SOZIALRAUM_SEAL_HEADS on volumes; or let `sozialraum
# worker` be a container of its own, and set SOZIALRAUM_WORKER=false here. `sozialraum migrate`, with
# DATABASE_OWNER_URL, belongs in a job of its own before it.
CMD ["sozialraum", "run"]
