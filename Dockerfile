# syntax=docker/dockerfile:1

# What builds stays in this stage: uv, hatchling and the sources are not in the image that runs.
FROM python:3.11.15-slim-bookworm AS builder
WORKDIR /build
COPY .ci/tools.lock .ci/tools.lock
RUN pip install --no-cache-dir --root-user-action=ignore --require-hashes -r .ci/tools.lock
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1 UV_PYTHON=/opt/pencilin/bin/python

# The lock also holds what tests need. The service's own part is chosen first; every hash then comes from the lock.
COPY pyproject.toml requirements.lock ./
RUN uv venv --python /usr/local/bin/python /opt/pencilin \
 && uv pip compile --quiet --constraint requirements.lock pyproject.toml -o service.txt \
 && uv pip install --require-hashes --constraint requirements.lock -r service.txt

COPY README.md LICENSE ./
COPY service service
COPY integrations integrations
RUN uv pip install --no-deps --build-constraint .ci/tools.lock .


FROM python:3.11.15-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin pencilin \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=builder /opt/pencilin /opt/pencilin
ENV PATH=/opt/pencilin/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PENCILIN_DATA=/data
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["pencilin"]
CMD ["serve", "--host", "0.0.0.0"]
