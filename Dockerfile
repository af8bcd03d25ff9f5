# One image, three uses: web (the default), worker and migrate; compose.yaml shows their commands.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY gunicorn.conf.py ./
COPY migrations ./migrations
COPY nextnest ./nextnest
COPY web ./web

RUN useradd --system --no-create-home app
USER app

EXPOSE 8000
# exec: gunicorn itself must receive the stop signal.
CMD ["sh", "-c", "exec gunicorn --bind 0.0.0.0:${PORT:-8000} 'web:create_app()'"]
