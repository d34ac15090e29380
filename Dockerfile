# The exporter for a container: user 65532, a read-only root file system, no capability, and no
# network at the start. docs/container.md says how to build and run it.

# Any image whose `python3` is 3.11 or newer and has the module venv (in Debian: python3-venv).
# Pin it by digest where the same build has to give the same image:
# --build-arg BASE_IMAGE=python:3.11-slim-bookworm@sha256:...
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

# Two environments: /build has pip and the build backend, /opt/... is what goes on.
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/entra-credential-exporter

# Before the source, as they change more seldom. All are locked: of the build backend and what it
# needs, the lines of the development lock. Wheels alone, so nothing is compiled or run here.
WORKDIR /source
COPY requirements.txt requirements-dev.txt ./
RUN /build/bin/pip --python /opt/entra-credential-exporter/bin/python install --no-compile \
        --require-hashes --only-binary :all: --requirement requirements.txt
RUN awk '/^[a-z]/ {on = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/} on' \
        requirements-dev.txt > /build/requirements.txt \
    && /build/bin/pip install --require-hashes --only-binary :all: \
        --requirement /build/requirements.txt

COPY pyproject.toml README.md LICENSE ./
COPY dashboards/*.json dashboards/
COPY exporter exporter
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /build/bin/pip --python /opt/entra-credential-exporter/bin/python install --no-compile \
        --no-index --no-deps /wheels/*.whl

# Of msgraph-sdk's 16,000 modules a handful is ever imported: their bytecode is made below.
RUN /opt/entra-credential-exporter/bin/python -m compileall -q -x /msgraph/generated/ \
        /opt/entra-credential-exporter/lib

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
LABEL org.opencontainers.image.title="entra-credential-exporter" \
      org.opencontainers.image.description="Prometheus exporter for the expiry of Microsoft Entra ID (Azure AD) client secrets and certificates" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"

# Where the configuration is mounted, and what `state.dir` may name: a new volume there takes its
# owner from this.
RUN install -d /etc/entra-credential-exporter \
    && install -d -o 65532 -g 65532 -m 0700 /var/lib/entra-credential-exporter

COPY --from=build /opt/entra-credential-exporter /opt/entra-credential-exporter

# The official images of Python have no bytecode of the standard library. On a read-only root it
# would be compiled anew at each start and each health check: an import writes what is missing.
RUN /opt/entra-credential-exporter/bin/python -c 'import exporter.app, exporter.cli'
ENV PATH=/opt/entra-credential-exporter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# Where `check` and `verify` look for config.yaml, too.
WORKDIR /etc/entra-credential-exporter
USER 65532:65532
EXPOSE 10147
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["entra-credential-exporter", "healthcheck"]
ENTRYPOINT ["entra-credential-exporter"]
CMD ["serve", "--config.file=/etc/entra-credential-exporter/config.yaml"]
