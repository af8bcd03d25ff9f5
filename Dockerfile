# One image, three uses: web (the default), worker and migrate; compose.yaml and deploy/ show their commands.
#
#   docker build -t nextnest .                       web, worker, migrate
#   docker build -t nextnest-sandbox --target sandbox .   the same with the stand-ins for Chatwoot and the model
#
# For a build that is the same next year, give the base image by its digest: --build-arg PYTHON=python:3.13-slim-bookworm@sha256:...
ARG PYTHON=python:3.13-slim-bookworm

# Packages are installed here, so that pip's traces stay behind. Wheels alone: nothing is compiled, no compiler is needed.
FROM ${PYTHON} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv --without-pip /venv
COPY requirements.lock /
RUN pip --python /venv/bin/python install --require-hashes --only-binary :all: -r /requirements.lock

FROM ${PYTHON} AS runtime
# Compiled ahead, because the root file system may be read-only; PYTHONDONTWRITEBYTECODE keeps it from being tried.
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=packages /venv /venv
COPY gunicorn.conf.py ./
COPY migrations ./migrations
COPY nextnest ./nextnest
COPY web ./web
RUN python -m compileall -q nextnest web
# By number: Kubernetes can only tell from a number that it is not root. It owns nothing here, so it can change nothing.
USER 10001:10001

FROM runtime AS sandbox
COPY sandbox ./sandbox

FROM runtime AS app
# A worker touches it and its health check looks at it; /tmp must be writable, nothing else.
ENV NEXTNEST_PULSE_FILE=/tmp/nextnest-worker
EXPOSE 8000
# Web's. A worker has another one (compose.yaml, deploy/kubernetes), and a migration none.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8000)}/healthz', timeout=4)"]
# exec: gunicorn itself must receive the stop signal.
CMD ["sh", "-c", "exec gunicorn --bind 0.0.0.0:${PORT:-8000} 'web:create_app()'"]
